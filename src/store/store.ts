/**
 * The store: one object that offers its parts. Opening it is cheap, and writes nothing; the folder is made when
 * something is first put into it.
 */
import { readdirSync, statSync } from 'node:fs';

import { DecantError } from '../errors.ts';
import { type Blobs, blobsOf, type Supply } from './blobs.ts';
import { type Cache, cacheOf } from './cache.ts';
import { prune, pruneBlobs, type Parts, type PruneOptions, type PruneReport } from './collect.ts';
import { type Images, imagesOf, nameAmong } from './images.ts';
import { indexFileOf } from './index-file.ts';
import { type Layers, layersOf } from './layers.ts';
import { openLayout } from './layout.ts';
import { type Locks, locksOf, type Release, type WaitOptions } from './locks.ts';
import { type Builds, buildsOf } from './builds.ts';
import { cacheMountsOf, type CacheMounts } from './mounts.ts';
import { type Origins, originsOf } from './origins.ts';
import { type Referrers, referrersOf } from './referrers.ts';
import { treeSize } from './remove-tree.ts';
import type { Counted } from './sweep.ts';
import { type TemporaryFolders, temporaryFolders } from './tmp.ts';
import { type Transfer, transferOf } from './transfer.ts';

export interface Store extends Transfer {
  /** Absolute path. */
  readonly root: string;
  /** A path of the store's own parts, made to exist. Throws STORE_UNWRITABLE. */
  readonly folder: (name: 'builds' | 'mounts' | 'pipes') => string;
  readonly blobs: Blobs;
  /** Where blobs are to be had that are not here. */
  readonly origins: Origins;
  readonly images: Images;
  /** What is about images: bills of materials, attestations. */
  readonly referrers: Referrers;
  readonly cache: Cache;
  readonly layers: Layers;
  readonly mounts: CacheMounts;
  readonly builds: Builds;
  readonly tmp: TemporaryFolders;
  readonly locks: Locks;
  /**
   * Whoever writes blobs, layers or records, or relies on some that no image names, holds this meanwhile, so that
   * `prune` stays away. Gives the function that releases it.
   */
  readonly use: (options?: WaitOptions) => Promise<Release>;
  /** Throws STORE_BUSY while others use the store. */
  readonly prune: (options?: PruneOptions) => Promise<PruneReport>;
  /**
   * Takes one name away, or (by digest or id) the image with all its names, and frees the blobs that nothing else
   * needs; while others use the store that is left to `prune`. Throws IMAGE_UNKNOWN.
   */
  readonly removeImage: (text: string) => Promise<RemoveReport>;
  readonly usage: () => Promise<Usage>;
  /** Removes this process's temporary folder. The store may be used on. */
  readonly close: () => Promise<void>;
}

export interface RemoveReport {
  /** Familiar names that are gone. */
  readonly untagged: readonly string[];
  /** The manifest's digest when the image is gone too. */
  readonly deleted?: string;
  readonly freedBytes: number;
}

/** Bytes on disk. */
export interface Usage {
  readonly images: number;
  readonly blobs: Counted;
  readonly layers: Counted;
  readonly cache: Counted;
  readonly totalBytes: number;
}

export interface StoreOptions {
  /** Gets blobs that were left in a registry when somebody reads them. Without it that is an error, OFFLINE. */
  readonly supply?: Supply | undefined;
}

/** Opens the store at `root` (see `storeRoot`). Throws STORE_VERSION, STORE_DAMAGED. */
export function openStore(root: string, options: StoreOptions = {}): Promise<Store> {
  return Promise.resolve().then(() => open(root, options));
}

function open(root: string, { supply }: StoreOptions): Store {
  const layout = openLayout(root);
  const locks = locksOf(layout);
  const tmp = temporaryFolders(layout);
  const origins = originsOf(layout, tmp);
  const blobs = blobsOf(layout, tmp, origins, supply);
  const cache = cacheOf(layout, tmp);
  const layers = layersOf(layout, tmp);
  const index = indexFileOf(layout, locks, tmp);
  const images = imagesOf(index, blobs, locks);
  const mounts = cacheMountsOf(layout, locks, tmp);
  const builds = buildsOf(layout, tmp);
  const parts: Parts = { layout, tmp, blobs, origins, cache, layers, mounts, builds, index };
  return {
    root: layout.root,
    folder: (name) => {
      layout.ensure();
      return layout.path(name);
    },
    blobs,
    origins,
    images,
    referrers: referrersOf(index, blobs, locks),
    cache,
    layers,
    mounts,
    builds,
    tmp,
    locks,
    use: locks.use,
    prune: async (options = {}) => {
      const release = await locks.exclusive(options);
      try {
        return await prune(parts, options);
      } finally {
        release();
      }
    },
    removeImage: async (text) => {
      const { descriptor, names } = await images.get(text);
      const name = nameAmong(names, text);
      const untagged = name === undefined ? await images.drop(descriptor.digest) : [name];
      if (name !== undefined) await images.untag(name);
      if (name !== undefined && names.length > 1) return { untagged, freedBytes: 0 };
      return { untagged, deleted: descriptor.digest, freedBytes: await freeBlobs(locks, parts) };
    },
    usage: () => usage(parts, images),
    ...transferOf({ layout, blobs, images, locks, tmp }),
    close: tmp.close,
  };
}

async function freeBlobs(locks: Locks, parts: Parts): Promise<number> {
  try {
    const release = await locks.exclusive();
    try {
      return (await pruneBlobs(parts)).bytes;
    } finally {
      release();
    }
  } catch (error) {
    // In use, or another image is damaged: the image is out of the list, and that is what was asked for.
    if (error instanceof DecantError && (error.code === 'STORE_BUSY' || error.code === 'IMAGE_DAMAGED'))
      return 0;
    throw error;
  }
}

async function usage({ layout, cache, layers }: Parts, images: Images): Promise<Usage> {
  const blobs = blobUsage(layout.path('blobs', 'sha256'));
  let count = 0;
  let bytes = 0;
  for (const entry of cache.entries()) {
    count += 1;
    bytes += entry.size;
  }
  const unpacked = layers.list();
  let unpackedBytes = 0;
  for (const id of unpacked) unpackedBytes += (await treeSize(layers.path(id))).bytes;
  return {
    images: (await images.list()).length,
    blobs,
    layers: { count: unpacked.length, bytes: unpackedBytes },
    cache: { count, bytes },
    totalBytes: blobs.bytes + unpackedBytes + bytes,
  };
}

function blobUsage(folder: string): Counted {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    return { count: 0, bytes: 0 };
  }
  let bytes = 0;
  for (const name of names) bytes += statSync(`${folder}/${name}`, { throwIfNoEntry: false })?.size ?? 0;
  return { count: names.length, bytes };
}
