/** The sweep phase of garbage collection: each part of the store rid of what does not stay, and what that freed. */
import { readdirSync } from 'node:fs';

import type { Blobs } from './blobs.ts';
import type { Builds } from './builds.ts';
import type { Cache } from './cache.ts';
import { removeFile } from './files.ts';
import type { Layers } from './layers.ts';
import type { StoreLayout } from './layout.ts';
import type { CacheMounts } from './mounts.ts';
import { treeSize } from './remove-tree.ts';

/** What the logs of all builds may take together. */
const MAX_LOG_BYTES = 256 * 1024 * 1024;

export interface Counted {
  readonly count: number;
  /** Bytes on disk. */
  readonly bytes: number;
}

interface SweptCache {
  readonly cache: Cache;
  readonly blobs: Blobs;
  readonly layers: Layers;
}

/** Removes records that are old, have no room, or refer to what is gone; gives what the others refer to. */
export function sweepCache(
  { cache, blobs, layers }: SweptCache,
  age: number,
  within: ReadonlySet<string> | undefined,
): { readonly removed: Counted; readonly blobs: ReadonlySet<string>; readonly layers: ReadonlySet<string> } {
  const live = { blobs: new Set<string>(), layers: new Set<string>() };
  const oldest = Date.now() - age;
  let count = 0;
  let bytes = 0;
  for (const { path, size, usedMs, record } of cache.entries()) {
    const refs = record?.refs;
    const useful =
      refs !== undefined &&
      usedMs >= oldest &&
      (within?.has(path) ?? true) &&
      (refs.blobs ?? []).every(blobs.has) &&
      (refs.layers ?? []).every(layers.has);
    if (useful) {
      for (const digest of refs.blobs ?? []) live.blobs.add(digest);
      for (const id of refs.layers ?? []) live.layers.add(id);
    } else if (removeFile(path)) {
      count += 1;
      bytes += size;
    }
  }
  return { removed: { count, bytes }, ...live };
}

/** Cache mounts are kept and removed by the rules for records of the build cache. */
export async function sweepMounts(
  mounts: CacheMounts,
  age: number,
  within: ReadonlySet<string> | undefined,
): Promise<Counted> {
  const oldest = Date.now() - age;
  let count = 0;
  let bytes = 0;
  for (const { name, usedMs } of mounts.list()) {
    if (usedMs >= oldest && (within?.has(name) ?? true)) continue;
    const size = await mounts.sizeOf(name);
    if (!(await mounts.remove(name))) continue;
    count += 1;
    bytes += size;
  }
  return { count, bytes };
}

/** The same for records of builds; and the oldest go where their logs have grown too large. */
export async function sweepBuilds(builds: Builds, age: number): Promise<Counted> {
  const oldest = Date.now() - age;
  let [count, bytes, kept] = [0, 0, 0];
  for (const id of builds.list()) {
    const size = await builds.sizeOf(id);
    kept += size;
    if (builds.writtenMs(id) >= oldest && kept <= MAX_LOG_BYTES) continue;
    kept -= size;
    if (!(await builds.remove(id))) continue;
    count += 1;
    bytes += size;
  }
  return { count, bytes };
}

export async function sweepBlobs(
  { blobs, layout }: { readonly blobs: Blobs; readonly layout: StoreLayout },
  live: ReadonlySet<string>,
): Promise<Counted> {
  let count = 0;
  let bytes = 0;
  for (const name of readdirSync(layout.path('blobs', 'sha256'))) {
    // Other tools put their temporary files here; they are theirs.
    if (!/^[0-9a-f]{64}$/.test(name) || live.has(`sha256:${name}`)) continue;
    const size = blobs.stat(`sha256:${name}`)?.size ?? 0;
    if (!(await blobs.remove(`sha256:${name}`))) continue;
    count += 1;
    bytes += size;
  }
  return { count, bytes };
}

export async function sweepLayers(layers: Layers, live: ReadonlySet<string>): Promise<Counted> {
  let count = 0;
  let bytes = 0;
  for (const id of layers.list()) {
    if (live.has(id)) continue;
    const size = await treeSize(layers.path(id));
    if (!(await layers.remove(id))) continue;
    count += 1;
    bytes += size.bytes;
  }
  return { count, bytes };
}
