/** A bill of materials as SPDX 2.3 in JSON. */
import type { Package, PackageList } from '../packages/package.ts';
import { creationTime, documentUuid, imagePurl } from './identity.ts';
import { licenseStatement } from './license.ts';
import type { SbomSubject } from './sbom.ts';

const DOCUMENT = 'SPDXRef-DOCUMENT';
const IMAGE = 'SPDXRef-Image';
const SYSTEM = 'SPDXRef-OperatingSystem';
const UNKNOWN = 'NOASSERTION';

export function spdxDocument(subject: SbomSubject, list: PackageList): object {
  const extracted = new Map<string, string>();
  const identifiers = identifiersOf(list.packages);
  const packages = list.packages.map((one) => spdxPackage(one, identifiers.get(one) ?? '', extracted));
  const byPurl = new Map(list.packages.map((one) => [one.purl, identifiers.get(one) ?? '']));
  const system = systemPackage(list);
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: DOCUMENT,
    name: subject.name,
    documentNamespace: `urn:uuid:${documentUuid('spdx-2.3', subject, list)}`,
    creationInfo: {
      created: creationTime(subject),
      creators: [`Tool: decant-${subject.toolVersion}`],
    },
    packages: [imagePackage(subject), ...(system ? [system] : []), ...packages],
    ...(extracted.size > 0 && {
      hasExtractedLicensingInfos: [...extracted].toSorted(byFirst).map(([licenseId, name]) => ({
        licenseId,
        name,
        extractedText: `The package's record names this licence "${name}"; its text was not read.`,
      })),
    }),
    relationships: [
      relationship(DOCUMENT, 'DESCRIBES', IMAGE),
      ...(system ? [relationship(IMAGE, 'CONTAINS', SYSTEM)] : []),
      ...list.packages.map((one) => {
        const whole = one.partOf === undefined ? undefined : byPurl.get(one.partOf);
        return relationship(whole ?? IMAGE, 'CONTAINS', identifiers.get(one) ?? '');
      }),
    ],
  };
}

function byFirst([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}

function relationship(spdxElementId: string, relationshipType: string, relatedSpdxElement: string): object {
  return { spdxElementId, relationshipType, relatedSpdxElement };
}

/** Letters, digits, `.` and `-` are all that an identifier may have; a number tells those apart that become the same. */
function identifiersOf(packages: readonly Package[]): ReadonlyMap<Package, string> {
  const taken = new Map<string, number>();
  return new Map(
    packages.map((one) => {
      const plain = `SPDXRef-Package-${one.manager}-${one.name}-${one.version}`.replaceAll(
        /[^A-Za-z0-9.-]+/g,
        '-',
      );
      const count = (taken.get(plain) ?? 0) + 1;
      taken.set(plain, count);
      return [one, count === 1 ? plain : `${plain}-${count}`];
    }),
  );
}

function imagePackage(subject: SbomSubject): object {
  return {
    SPDXID: IMAGE,
    name: subject.name,
    versionInfo: subject.digest,
    downloadLocation: UNKNOWN,
    filesAnalyzed: false,
    checksums: [{ algorithm: 'SHA256', checksumValue: subject.digest.slice('sha256:'.length) }],
    licenseConcluded: UNKNOWN,
    licenseDeclared: UNKNOWN,
    copyrightText: UNKNOWN,
    primaryPackagePurpose: 'CONTAINER',
    externalRefs: [purlReference(imagePurl(subject))],
  };
}

function systemPackage({ distribution }: PackageList): object | undefined {
  if (!distribution) return undefined;
  return {
    SPDXID: SYSTEM,
    name: distribution.id,
    ...(distribution.versionId !== undefined && { versionInfo: distribution.versionId }),
    ...(distribution.name !== undefined && { summary: distribution.name }),
    downloadLocation: UNKNOWN,
    filesAnalyzed: false,
    licenseConcluded: UNKNOWN,
    licenseDeclared: UNKNOWN,
    copyrightText: UNKNOWN,
    primaryPackagePurpose: 'OPERATING-SYSTEM',
  };
}

function spdxPackage(one: Package, identifier: string, extracted: Map<string, string>): object {
  const { name, version, source, supplier, homepage, licenses, path, purl, digest } = one;
  const license = licenseStatement(licenses);
  for (const [reference, text] of license?.extracted ?? []) extracted.set(reference, text);
  const origin = source ? `; built from the source package ${source.name} ${source.version}` : '';
  return {
    SPDXID: identifier,
    name,
    ...(version !== '' && { versionInfo: version }),
    ...(supplier !== undefined && { supplier: supplierOf(supplier) }),
    downloadLocation: UNKNOWN,
    filesAnalyzed: false,
    ...(digest !== undefined && {
      checksums: [{ algorithm: 'SHA256', checksumValue: digest.slice('sha256:'.length) }],
    }),
    ...(homepage !== undefined && isAddress(homepage) && { homepage }),
    sourceInfo: `recorded in /${path}${origin}`,
    licenseConcluded: UNKNOWN,
    licenseDeclared: license?.expression ?? UNKNOWN,
    copyrightText: UNKNOWN,
    externalRefs: [purlReference(purl)],
  };
}

/** `Name <address>` → `Person: Name (address)`; groups and addresses of lists are not told from people, as in records. */
function supplierOf(supplier: string): string {
  const [, name = supplier, address] = /^([^<]*?)\s*<([^>]*)>/.exec(supplier.replaceAll(/\s+/g, ' ')) ?? [];
  const kind = /\b(?:team|maintainers?|developers|group|project|foundation|inc\.?)\b/i.test(name)
    ? 'Organization'
    : 'Person';
  return address ? `${kind}: ${name || address} (${address})` : `${kind}: ${name.replaceAll(/\s+/g, ' ')}`;
}

export function isAddress(text: string): boolean {
  return /^https?:\/\/\S+$/.test(text) && URL.canParse(text);
}

function purlReference(purl: string): object {
  return { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl };
}
