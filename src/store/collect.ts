/**
 * Garbage collection: what no image and no record of the build cache refers to goes. It runs only while nobody else
 * uses the store (see locks.ts), since a build refers to what it made only when it is done.
 */
import { statfsSync } from 'node:fs';

import type { Descriptor } from '../oci/descriptor.ts';
import { isNamed } from '../oci/names.ts';
import type { Blobs } from './blobs.ts';
import type { Builds } from './builds.ts';
import type { Cache } from './cache.ts';
import type { IndexFile } from './index-file.ts';
import type { Layers } from './layers.ts';
import type { StoreLayout } from './layout.ts';
import { keepWithin } from './limit.ts';
import type { Kept } from './limit.ts';
import type { CacheMounts } from './mounts.ts';
import type { Origins } from './origins.ts';
import { addReferrers, reachable } from './reachable.ts';
import { isReferrer } from './referrers.ts';
import { treeSize } from './remove-tree.ts';
import { sweepBlobs, sweepBuilds, sweepCache, sweepLayers, sweepMounts } from './sweep.ts';
import type { Counted } from './sweep.ts';
import type { TemporaryFolders } from './tmp.ts';

export interface PruneReport {
  /** Images that had no name. */
  readonly images: number;
  readonly blobs: Counted;
  readonly layers: Counted;
  readonly cache: Counted;
  /** Cache mounts. */
  readonly mounts: Counted;
  /** Records of builds, with their logs. */
  readonly builds: Counted;
  readonly freedBytes: number;
}

export interface PruneOptions {
  /** The whole build cache goes, not only what was not used for a while. */
  readonly all?: boolean | undefined;
  /** Records of the build cache not used for this long go, in milliseconds. Default: seven days. */
  readonly olderThan?: number | undefined;
  /**
   * The most that the build cache may take, cache mounts included, in bytes; what was not used for longest goes. What images
   * need does not count. Where it is given and `olderThan` is not, age does not matter.
   */
  readonly maxBytes?: number | undefined;
  /** The disk is to have this much free space, in bytes: as much of the build cache goes as that takes. */
  readonly minFreeBytes?: number | undefined;
  /** What the build cache may keep for all that. */
  readonly reservedBytes?: number | undefined;
  /** Images without a name stay, with what they need. */
  readonly keepUnnamed?: boolean | undefined;
  /** How long to wait until nobody uses the store, in milliseconds. Default: not at all. */
  readonly timeout?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Parts {
  readonly layout: StoreLayout;
  readonly tmp: TemporaryFolders;
  readonly blobs: Blobs;
  readonly origins: Origins;
  readonly cache: Cache;
  readonly layers: Layers;
  readonly mounts: CacheMounts;
  readonly builds: Builds;
  readonly index: IndexFile;
}

export const DEFAULT_PRUNE_AGE_MS = 7 * 24 * 60 * 60 * 1000;

/** The caller holds `locks.exclusive()`. Throws IMAGE_DAMAGED before anything is removed when an image cannot be read. */
export async function prune(parts: Parts, options: PruneOptions = {}): Promise<PruneReport> {
  const { index, tmp } = parts;
  const stays = options.keepUnnamed ? () => true : isNamed;
  const live = await reachable(parts.blobs, index.read().filter(stays));
  const about = await addReferrers(parts.blobs, parts.index, live);
  await tmp.sweep();
  let images = 0;
  await index.change((entries) => {
    const kept = entries.filter((entry) => stays(entry) || about.has(entry.digest));
    const digests = (of: readonly Descriptor[]): number => new Set(of.map(({ digest }) => digest)).size;
    const own = entries.filter((entry) => !isReferrer(entry));
    images = digests(own) - digests(own.filter(stays));
    return kept.length < entries.length ? kept : entries;
  });
  const { olderThan } = options;
  const limit = limitOf(parts, options);
  const age = options.all
    ? -Infinity
    : (olderThan ?? (limit === undefined ? DEFAULT_PRUNE_AGE_MS : Infinity));
  const within = limit === undefined ? undefined : await choose(parts, live, age, limit);
  const kept = sweepCache(parts, age, within);
  for (const digest of kept.blobs) live.add(digest);
  parts.origins.keep(live);
  const blobs = await sweepBlobs(parts, live);
  const layers = await sweepLayers(parts.layers, kept.layers);
  const cache = kept.removed;
  const mounts = await sweepMounts(parts.mounts, age, within);
  const builds = await sweepBuilds(parts.builds, age);
  const freedBytes = [blobs, layers, cache, mounts, builds].reduce((sum, { bytes: each }) => sum + each, 0);
  return { images, blobs, layers, cache, mounts, builds, freedBytes };
}

type Limit = (total: number) => number;

function limitOf({ layout }: Parts, options: PruneOptions): Limit | undefined {
  const { maxBytes = Infinity, minFreeBytes = 0, reservedBytes = 0 } = options;
  if (options.maxBytes === undefined && options.minFreeBytes === undefined) return undefined;
  const { bavail, bsize } = statfsSync(layout.root);
  const missing = Math.max(0, minFreeBytes - bavail * bsize);
  return (total) => Math.max(reservedBytes, Math.min(maxBytes, total - missing));
}

/** Removes blobs that neither an image nor a record refers to, and nothing else. */
export async function pruneBlobs(parts: Parts): Promise<Counted> {
  const live = await reachable(
    parts.blobs,
    parts.index.read().filter((entry) => !isReferrer(entry)),
  );
  const about = await addReferrers(parts.blobs, parts.index, live);
  await parts.index.change((entries) => {
    const kept = entries.filter((entry) => !isReferrer(entry) || about.has(entry.digest));
    return kept.length < entries.length ? kept : entries;
  });
  for (const { record } of parts.cache.entries()) {
    for (const digest of record?.refs.blobs ?? []) live.add(digest);
  }
  parts.origins.keep(live);
  return sweepBlobs(parts, live);
}

/** Paths of records and names of cache mounts that are recent enough and have room together. */
async function choose(
  { cache, blobs, layers, mounts }: Parts,
  live: ReadonlySet<string>,
  age: number,
  limit: Limit,
): Promise<ReadonlySet<string>> {
  const items: Kept<string>[] = [];
  const sizes = new Map<string, number>();
  for (const { path, size, usedMs, record } of cache.entries()) {
    const { blobs: digests = [], layers: ids = [] } = record?.refs ?? {};
    items.push({ item: path, usedMs, bytes: size, refs: [...digests, ...ids] });
    for (const digest of digests) sizes.set(digest, live.has(digest) ? 0 : (blobs.stat(digest)?.size ?? 0));
    for (const id of ids)
      if (!sizes.has(id)) sizes.set(id, layers.has(id) ? (await treeSize(layers.path(id))).bytes : 0);
  }
  for (const { name, usedMs } of mounts.list())
    items.push({ item: name, usedMs, bytes: await mounts.sizeOf(name), refs: [] });
  const oldest = Date.now() - age;
  const recent = items.filter(({ usedMs }) => usedMs >= oldest);
  return keepWithin(recent, (ref) => sizes.get(ref) ?? 0, limit);
}
