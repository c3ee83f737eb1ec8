/** A bill of materials as CycloneDX 1.6 in JSON, by CycloneDX's own library. */
import * as Enums from '@cyclonedx/cyclonedx-library/Enums';
import * as Models from '@cyclonedx/cyclonedx-library/Models';
import * as Serialize from '@cyclonedx/cyclonedx-library/Serialize';
import * as Spec from '@cyclonedx/cyclonedx-library/Spec';
import type { Package, PackageList } from '../packages/package.ts';
import { creationTime, documentUuid, imagePurl } from './identity.ts';
import { licenseStatement } from './license.ts';
import type { SbomSubject } from './sbom.ts';
import { isAddress } from './spdx.ts';

export function cyclonedxDocument(subject: SbomSubject, list: PackageList): string {
  const image = imageComponent(subject);
  const bom = new Models.Bom({
    serialNumber: `urn:uuid:${documentUuid('cyclonedx-1.6', subject, list)}`,
    metadata: new Models.Metadata({
      timestamp: new Date(creationTime(subject)),
      tools: new Models.Tools({
        components: new Models.ComponentRepository([
          new Models.Component(Enums.ComponentType.Application, 'decant', { version: subject.toolVersion }),
        ]),
      }),
      component: image,
    }),
  });
  if (list.distribution) {
    const { id, versionId } = list.distribution;
    const system = new Models.Component(Enums.ComponentType.OperatingSystem, id, {
      bomRef: 'operating-system',
      ...(versionId !== undefined && { version: versionId }),
    });
    bom.components.add(system);
    image.dependencies.add(system.bomRef);
  }
  addPackages(bom, image, list.packages);
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return serializer.serialize(bom, { sortLists: true, space: 2 });
}

function imageComponent(subject: SbomSubject): Models.Component {
  return new Models.Component(Enums.ComponentType.Container, subject.name, {
    bomRef: 'image',
    version: subject.digest,
    purl: imagePurl(subject),
    hashes: sha256Of(subject.digest),
  });
}

function sha256Of(digest: string): Models.HashDictionary {
  return new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], digest.slice('sha256:'.length)]]);
}

/** What is a part of a distribution's package stands inside of it. */
function addPackages(bom: Models.Bom, image: Models.Component, packages: readonly Package[]): void {
  const byPurl = new Map<string, Models.Component>();
  const components = packages.map((one, index) => {
    const component = packageComponent(one, `package-${index + 1}`);
    byPurl.set(one.purl, component);
    return { one, component };
  });
  for (const { one, component } of components) {
    const whole = one.partOf === undefined ? undefined : byPurl.get(one.partOf);
    (whole ?? bom).components.add(component);
    if (!whole) image.dependencies.add(component.bomRef);
  }
}

function packageComponent(one: Package, bomRef: string): Models.Component {
  const { manager, version, purl, supplier, homepage, source, path, architecture, digest } = one;
  const [group, name] = groupAndName(one);
  const properties = [
    new Models.Property('decant:package:manager', manager),
    new Models.Property('decant:package:path', `/${path}`),
    ...(architecture === undefined ? [] : [new Models.Property('decant:package:architecture', architecture)]),
    ...(source
      ? [
          new Models.Property('decant:package:source', source.name),
          new Models.Property('decant:package:source-version', source.version),
        ]
      : []),
  ];
  return new Models.Component(Enums.ComponentType.Library, name, {
    bomRef,
    ...(group !== undefined && { group }),
    ...(version !== '' && { version }),
    purl,
    ...(digest !== undefined && { hashes: sha256Of(digest) }),
    ...(supplier !== undefined && {
      supplier: new Models.OrganizationalEntity({ name: supplier.replace(/\s*<.*$/s, '') || supplier }),
    }),
    ...(homepage !== undefined &&
      isAddress(homepage) && {
        externalReferences: new Models.ExternalReferenceRepository([
          new Models.ExternalReference(homepage, Enums.ExternalReferenceType.Website),
        ]),
      }),
    licenses: licensesOf(one),
    properties: new Models.PropertyRepository(properties),
  });
}

function groupAndName({ manager, name }: Package): readonly [group: string | undefined, name: string] {
  const separator = manager === 'java' ? ':' : manager === 'npm' || manager === 'go' ? '/' : undefined;
  const at = separator === undefined ? -1 : name.lastIndexOf(separator);
  return at <= 0 ? [undefined, name] : [name.slice(0, at), name.slice(at + 1)];
}

/** An expression stands alone; names that are none of SPDX's make a list. */
function licensesOf({ licenses }: Package): Models.LicenseRepository {
  const statement = licenseStatement(licenses);
  if (!statement) return new Models.LicenseRepository();
  return statement.extracted.size === 0
    ? new Models.LicenseRepository([new Models.LicenseExpression(statement.expression)])
    : new Models.LicenseRepository(licenses.map((license) => new Models.NamedLicense(license)));
}
