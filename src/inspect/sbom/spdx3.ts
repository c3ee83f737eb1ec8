/** A bill of materials as SPDX 3.0.1 in JSON-LD: profiles core, software and simpleLicensing. */
import type { Package, PackageList } from '../packages/package.ts';
import { creationTime, documentUuid, imagePurl } from './identity.ts';
import { licenseStatement } from './license.ts';
import type { SbomSubject } from './sbom.ts';
import { isAddress } from './spdx.ts';

const CONTEXT = 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld';
const CREATION = '_:creationInfo';

type Element = Readonly<Record<string, unknown>> & { readonly spdxId: string };

export function spdx3Document(subject: SbomSubject, list: PackageList): object {
  const space = `urn:uuid:${documentUuid('spdx-3.0', subject, list)}#`;
  const element = (id: string, type: string, rest: object): Element => ({
    spdxId: `${space}${id}`,
    type,
    creationInfo: CREATION,
    ...rest,
  });
  const agent = element('agent', 'SoftwareAgent', { name: `decant-${subject.toolVersion}` });
  const image = imageElement(subject, element);
  const packages = list.packages.map((one, index) => ({ one, element: packageElement(one, index, element) }));
  const licenses = licenseElements(packages, element);
  const elements = [agent, image, ...packages.map((each) => each.element), ...licenses];
  const contains = containment(image, packages, element);
  const all = [...elements, ...contains];
  const sbom = element('sbom', 'software_Sbom', {
    name: subject.name,
    software_sbomType: ['analyzed'],
    rootElement: [image.spdxId],
    element: all.map(({ spdxId }) => spdxId),
  });
  const document = element('document', 'SpdxDocument', {
    name: subject.name,
    profileConformance: ['core', 'software', 'simpleLicensing'],
    rootElement: [sbom.spdxId],
    element: [sbom.spdxId, ...all.map(({ spdxId }) => spdxId)],
  });
  const creation = {
    '@id': CREATION,
    type: 'CreationInfo',
    specVersion: '3.0.1',
    created: creationTime(subject),
    createdBy: [agent.spdxId],
  };
  return { '@context': CONTEXT, '@graph': [creation, document, sbom, ...all] };
}

type MakeElement = (id: string, type: string, rest: object) => Element;

function imageElement(subject: SbomSubject, element: MakeElement): Element {
  return element('image', 'software_Package', {
    name: subject.name,
    software_packageVersion: subject.digest,
    software_packageUrl: imagePurl(subject),
    software_primaryPurpose: 'container',
    verifiedUsing: [{ type: 'Hash', algorithm: 'sha256', hashValue: subject.digest.slice('sha256:'.length) }],
  });
}

function packageElement(one: Package, index: number, element: MakeElement): Element {
  const { name, version, homepage, purl, source, path, digest } = one;
  const origin = source ? `; built from the source package ${source.name} ${source.version}` : '';
  return element(`package-${index + 1}`, 'software_Package', {
    name,
    ...(version !== '' && { software_packageVersion: version }),
    software_packageUrl: purl,
    ...(homepage !== undefined && isAddress(homepage) && { software_homePage: homepage }),
    ...(digest !== undefined && {
      verifiedUsing: [{ type: 'Hash', algorithm: 'sha256', hashValue: digest.slice('sha256:'.length) }],
    }),
    software_sourceInfo: `recorded in /${path}${origin}`,
  });
}

interface PackageElement {
  readonly one: Package;
  readonly element: Element;
}

/** One element a licence, and one relationship for all packages that declare it. */
function licenseElements(packages: readonly PackageElement[], element: MakeElement): readonly Element[] {
  const declared = new Map<string, { extracted: ReadonlyMap<string, string>; from: string[] }>();
  for (const each of packages) {
    const statement = licenseStatement(each.one.licenses);
    if (!statement) continue;
    const { expression, extracted } = statement;
    const known = declared.get(expression) ?? { extracted, from: [] };
    declared.set(expression, known);
    known.from.push(each.element.spdxId);
  }
  return [...declared].flatMap(([expression, { extracted, from }], index) => {
    const texts = [...extracted].map(([reference, text]) =>
      element(`license-text-${index + 1}-${reference}`, 'simplelicensing_SimpleLicensingText', {
        name: reference,
        simplelicensing_licenseText: `The package's record names this licence "${text}"; its text was not read.`,
      }),
    );
    const license = element(`license-${index + 1}`, 'simplelicensing_LicenseExpression', {
      simplelicensing_licenseExpression: expression,
      ...(texts.length > 0 && {
        simplelicensing_customIdToUri: texts.map(({ name, spdxId }) => ({
          type: 'DictionaryEntry',
          key: name,
          value: spdxId,
        })),
      }),
    });
    const declares = from.map((spdxId, each) =>
      element(`license-${index + 1}-of-${each + 1}`, 'Relationship', {
        relationshipType: 'hasDeclaredLicense',
        from: spdxId,
        to: [license.spdxId],
      }),
    );
    return [...texts, license, ...declares];
  });
}

/** The image contains what belongs to no package in it; such a package contains what is a part of it. */
function containment(
  image: Element,
  packages: readonly PackageElement[],
  element: MakeElement,
): readonly Element[] {
  const byPurl = new Map(packages.map((each) => [each.one.purl, each.element.spdxId]));
  const parts = new Map<string, string[]>([[image.spdxId, []]]);
  for (const { one, element: part } of packages) {
    const whole = (one.partOf === undefined ? undefined : byPurl.get(one.partOf)) ?? image.spdxId;
    parts.set(whole, [...(parts.get(whole) ?? []), part.spdxId]);
  }
  return [...parts]
    .filter(([, to]) => to.length > 0)
    .map(([from, to], index) =>
      element(`contains-${index + 1}`, 'Relationship', {
        relationshipType: 'contains',
        from,
        to,
        completeness: from === image.spdxId ? 'complete' : 'noAssertion',
      }),
    );
}
