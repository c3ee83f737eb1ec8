/** The last step of composing, whatever was composed: its layers packed, a config, names, all in the store. */
import type { PoolFile } from '../debian/pool.ts';
import { openContents } from '../store/contents.ts';
import { all } from '../engine/embedded/memo.ts';
import type { PackSession } from '../engine/embedded/pack-layer.ts';
import type { Emit } from '../events.ts';
import type { ImageConfig } from '../oci/config.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { imageDocuments, makeImage } from '../oci/image.ts';
import type { PackageList } from '../inspect/packages/package.ts';
import type { LayerDescriptor } from '../oci/image.ts';
import type { Platform } from '../oci/platform.ts';
import type { Store } from '../store/store.ts';
import type { OpenContent } from '../tree/pack.ts';
import { stack } from '../tree/tree.ts';
import { attachBills, type Bill, listForBills } from './bills.ts';
import type { NamedLayer } from './layering.ts';
import type { OpenedDebs } from './open-debs.ts';
import { packAll } from './packed-layers.ts';
import type { SeenContents } from './seen-contents.ts';

export interface IntoStoreRequest {
  readonly store: Store;
  /** The solved or locked packages. */
  readonly packages: readonly PoolFile[];
  readonly names: readonly string[];
  /** SOURCE_DATE_EPOCH, in seconds; the newest file of the packages without it. */
  readonly epoch?: number | undefined;
  /** The version of decant that bills of materials name; none are made without it. */
  readonly toolVersion?: string | undefined;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

export interface Composed {
  readonly descriptor: Descriptor;
  readonly imageId: string;
  readonly names: readonly string[];
  readonly packedSize: number;
  readonly packages: readonly PoolFile[];
  /** Kept beside the image, whose digest does not depend on them. */
  readonly bills: readonly Bill[];
}

export interface Made {
  /** From the lowest up. */
  readonly layers: readonly NamedLayer[];
  /** When, for which platform; its history is that of the layers. */
  readonly config: Omit<ImageConfig, 'rootfs'>;
  /** The packages that contents are from; layers of which all is known are packed once. */
  readonly contents?: Pick<OpenedDebs, 'open' | 'origins' | 'unpack' | 'settled'>;
  readonly seen?: SeenContents;
  /** Is told what the layers were packed to. */
  readonly packed?: (layers: readonly LayerDescriptor[]) => Promise<void>;
}

/** @param make Is given a folder that stays until the layers are packed, and a way to open contents. */
export async function intoStore(
  request: IntoStoreRequest,
  make: (folder: string, open: OpenContent) => Promise<Made>,
): Promise<Composed> {
  const { store, signal, emit, epoch, names, packages, toolVersion } = request;
  const release = await store.use({ signal });
  const folder = await store.tmp.create();
  let settled: (() => Promise<void>) | undefined;
  try {
    const plain = openContents(store, () => Promise.resolve(folder.path));
    const { layers, config, contents, seen, packed: keepPacked } = await make(folder.path, plain);
    settled = contents?.settled;
    const { open = plain, origins = new Map<string, string>(), unpack } = contents ?? {};
    const session: PackSession = { store, open, epoch, compression: 'gzip', signal, emit };
    // What bills take is worked out while threads compress.
    const tree = stack(layers.map(({ layer }) => layer));
    const listed =
      toolVersion === undefined
        ? undefined
        : listForBills({ tree, open: seen?.open ?? open, packages, signal });
    const [packed, list] = await all([packAll(session, layers, origins, unpack), listed] as const);
    const documents = imageDocuments(makeImage(config, packed));
    await store.blobs.putBytes(documents.config);
    await store.blobs.putBytes(documents.manifest);
    await store.images.tag(names, documents.manifestDescriptor);
    const { manifestDescriptor: descriptor, configDescriptor } = documents;
    const bills = list ? await billsOf(request, list, layers, descriptor, config) : [];
    await seen?.keep();
    await keepPacked?.(packed);
    return {
      descriptor,
      imageId: configDescriptor.digest,
      names,
      packedSize: packed.reduce((sum, { descriptor: { size } }) => sum + size, 0),
      packages,
      bills,
    };
  } finally {
    await settled?.();
    await folder.remove();
    release();
  }
}

async function billsOf(
  { store, toolVersion = '' }: IntoStoreRequest,
  list: PackageList,
  layers: readonly NamedLayer[],
  image: Descriptor,
  { created, os, architecture, variant }: Made['config'],
): Promise<readonly Bill[]> {
  return attachBills({
    store,
    list,
    name: layers.at(-1)?.name ?? 'base',
    image,
    platform: { os, architecture, ...(variant !== undefined && { variant }) },
    created,
    toolVersion,
  });
}

/** What a config says of its making, layer by layer. @param time Seconds since 1970. */
export function createdBy(
  layers: readonly NamedLayer[],
  platform: Platform,
  time: number,
): Omit<ImageConfig, 'rootfs'> {
  const created = new Date(time * 1000).toISOString().replace(/\.\d{3}Z$/, 'Z');
  return {
    created,
    architecture: platform.architecture,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    os: platform.os,
    history: layers.map(({ name }) => ({
      created,
      created_by: `decant base build ${name}`,
      comment: 'decant',
    })),
  };
}
