/**
 * Bills of materials of what was composed, SPDX and CycloneDX, made of the packages' own records and of the digests
 * that they were verified by. They stand beside the image (OCI image-spec, manifest.md, "subject"), so its digest is the
 * same with and without them.
 */
import { findPackages } from '../inspect/packages/packages.ts';
import type { PackageList } from '../inspect/packages/package.ts';
import { loadSbom, SBOM_MEDIA_TYPES, sbomDocument } from '../inspect/sbom/sbom.ts';
import type { PoolFile } from '../debian/pool.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { MEDIA_TYPE } from '../oci/media-types.ts';
import { formatPlatform, type Platform } from '../oci/platform.ts';
import type { Store } from '../store/store.ts';
import type { Compared } from '../tree/compare.ts';

export const BILL_FORMATS = { spdx: 'spdx-json', cyclonedx: 'cyclonedx-json' } as const;
export type BillFormat = keyof typeof BILL_FORMATS;

const FILE_NAMES: Readonly<Record<BillFormat, string>> = {
  spdx: 'sbom.spdx.json',
  cyclonedx: 'sbom.cdx.json',
};

export interface Bill {
  readonly format: BillFormat;
  readonly mediaType: string;
  /** Of the document, which is a blob of the store. */
  readonly digest: string;
  /** Of the manifest that says which image it is of. */
  readonly manifest: string;
}

export interface ListRequest extends Compared {
  /** That it was composed of. */
  readonly packages: readonly PoolFile[];
  readonly signal: AbortSignal;
}

export interface BillRequest {
  readonly store: Store;
  /** As `listForBills` gives it. */
  readonly list: PackageList;
  /** What was composed: the name of the recipe, whatever the image is called. */
  readonly name: string;
  /** Of the image's manifest. */
  readonly image: Descriptor;
  readonly platform: Platform;
  readonly created: string | undefined;
  /** The version of decant, for the documents' list of tools. */
  readonly toolVersion: string;
}

export async function attachBills(request: BillRequest): Promise<readonly Bill[]> {
  const { store, list, name, image, platform, created, toolVersion } = request;
  const subject = { name, digest: image.digest, platform: formatPlatform(platform), created, toolVersion };
  const config = await store.blobs.putBytes(Buffer.from('{}'));
  const bills: Bill[] = [];
  for (const format of Object.keys(BILL_FORMATS) as BillFormat[]) {
    const mediaType = SBOM_MEDIA_TYPES[BILL_FORMATS[format]];
    const text = await sbomDocument(BILL_FORMATS[format], subject, list);
    const { digest, size } = await store.blobs.putBytes(Buffer.from(text));
    const title = { 'org.opencontainers.image.title': FILE_NAMES[format] };
    const about = await store.referrers.put({
      mediaType: MEDIA_TYPE.manifest,
      artifactType: mediaType,
      config: { mediaType: MEDIA_TYPE.empty, ...config },
      layers: [{ mediaType, digest, size, annotations: title }],
      subject: { mediaType: image.mediaType, digest: image.digest, size: image.size },
      ...(created !== undefined && { annotations: { 'org.opencontainers.image.created': created } }),
    });
    bills.push({ format, mediaType, digest, manifest: about.digest });
  }
  return bills;
}

/**
 * All that bills need before the image has its digest: packages as dpkg's records in the tree have them, with the digests of
 * their files.
 */
export async function listForBills({ tree, open, packages, signal }: ListRequest): Promise<PackageList> {
  await Promise.all(Object.values(BILL_FORMATS).map(loadSbom));
  const list = await findPackages({ tree, open, signal, languages: false });
  const key = (one: { name: string; version: string; architecture?: string }): string =>
    `${one.name} ${one.version} ${one.architecture ?? ''}`;
  const digests = new Map(packages.map((file) => [key(file), file.digest]));
  return {
    ...list,
    packages: list.packages.map((one) => {
      const digest = digests.get(key(one));
      return digest === undefined ? one : { ...one, digest };
    }),
  };
}
