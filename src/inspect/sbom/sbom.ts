/**
 * Bills of materials: what is in an image, in the forms that other tools read. The same image gives the same bytes:
 * times are the image's own, and names that must be unique come of what they name.
 */
import type { PackageList } from '../packages/package.ts';
import { spdxDocument } from './spdx.ts';
import { spdx3Document } from './spdx3.ts';

export const SBOM_FORMATS = ['spdx-json', 'spdx3-json', 'cyclonedx-json'] as const;
export type SbomFormat = (typeof SBOM_FORMATS)[number];

/** Media types by which attestations and registries name the documents (IANA; SPDX 3 has none of its own yet). */
export const SBOM_MEDIA_TYPES: Readonly<Record<SbomFormat, string>> = {
  'spdx-json': 'application/spdx+json',
  'spdx3-json': 'application/spdx+json',
  'cyclonedx-json': 'application/vnd.cyclonedx+json',
};

/** Predicate types by which in-toto statements name the documents. */
export const SBOM_PREDICATE_TYPES: Readonly<Record<SbomFormat, string>> = {
  'spdx-json': 'https://spdx.dev/Document',
  'spdx3-json': 'https://spdx.dev/Document',
  'cyclonedx-json': 'https://cyclonedx.org/bom',
};

/** The image that a bill of materials is of. */
export interface SbomSubject {
  /** What it is called: a familiar name (`debian:bookworm`), or a digest. */
  readonly name: string;
  /** Of its manifest, `sha256:…`; of its config where there is no manifest yet. */
  readonly digest: string;
  /** `linux/amd64` */
  readonly platform: string;
  /** RFC 3339, as the image's config has it. Without it the document is of the epoch. */
  readonly created?: string | undefined;
  /** Of decant. */
  readonly toolVersion: string;
}

/** The document's text, with a line feed at its end. */
export async function sbomDocument(
  format: SbomFormat,
  subject: SbomSubject,
  list: PackageList,
): Promise<string> {
  if (format === 'cyclonedx-json') {
    const { cyclonedxDocument } = await cyclonedx();
    return `${cyclonedxDocument(subject, list)}\n`;
  }
  const document = format === 'spdx-json' ? spdxDocument(subject, list) : spdx3Document(subject, list);
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** For whoever has time before there is a document to write. */
export async function loadSbom(format: SbomFormat): Promise<void> {
  if (format === 'cyclonedx-json') await cyclonedx();
}

/** The library takes a while to load, and nobody else needs it. */
const cyclonedx = () => import('./cyclonedx.ts');
