/**
 * Packages as layers, for composing: what the store kept of a package is enough to merge it, so it is unpacked only when
 * its contents are asked for. Which bases a package is in does not change it, and most of a base is packed already.
 */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Deb } from '../debian/deb/deb.ts';
import { debOfKept, keptDeb } from '../debian/deb/kept-deb.ts';
import { readDebs } from '../debian/deb/read-debs.ts';
import { unpackDeb } from '../debian/deb/read-deb.ts';
import { all, limiter, once } from '../engine/embedded/memo.ts';
import { keepRecord } from '../store/layer-entries.ts';
import type { Store } from '../store/store.ts';
import type { Entry } from '../tree/entry.ts';
import type { OpenContent } from '../tree/pack.ts';
import type { Origins } from './packed-layers.ts';

const KIND = 'deb-entries';

export interface OpenDebsOptions {
  readonly store: Store;
  /** It lives as long as contents are read. */
  readonly folder: string;
  readonly open: OpenContent;
  readonly signal: AbortSignal;
}

export interface OpenedDebs {
  /** In the order of their digests. */
  readonly debs: readonly Deb[];
  /** As the one given, for contents of these packages as well. */
  readonly open: OpenContent;
  /** Unpacks side by side what these entries have contents in; without it, each package is when the first is opened. */
  readonly unpack: (entries: Iterable<Entry>) => Promise<void>;
  readonly origins: Origins;
}

/** @param digests Of packages that are in the store. Throws what `readDeb` throws. */
export async function openDebs(digests: readonly string[], options: OpenDebsOptions): Promise<OpenedDebs> {
  const { store, folder, open, signal } = options;
  const debs: Deb[] = [];
  const origins = new Map<string, string>();
  const packed = new Map<string, () => Promise<void>>();
  const atOnce = limiter(availableParallelism() + 1);
  for (const [index, digest] of digests.entries()) {
    const path = join(folder, `data-${randomBytes(8).toString('hex')}.tar`);
    const deb = debOfKept(store.cache.getSync(KIND, digest), path, digest);
    if (!deb) continue;
    debs[index] = deb;
    origins.set(path, digest);
    packed.set(
      path,
      once(() => atOnce(() => unpackDeb(store.blobs.path(digest), path, { signal }))),
    );
  }
  const unknown = [...digests.keys()].filter((index) => !debs[index]);
  const read = await readDebs(
    unknown.map((index) => store.blobs.path(digests[index] as string)),
    { temporary: () => Promise.resolve(folder), signal },
  );
  for (const [at, deb] of read.entries()) {
    const index = unknown[at] as number;
    const digest = digests[index] as string;
    debs[index] = deb;
    for (const { path } of contentsOf(deb.layer.entries)) origins.set(path, digest);
    await keepRecord(store, KIND, digest, keptDeb(deb), { blobs: [digest] });
  }
  return {
    debs,
    open: (file) => {
      const unpack = file.content.kind === 'file' ? packed.get(file.content.path) : undefined;
      return unpack ? after(unpack, () => open(file)) : open(file);
    },
    async unpack(entries) {
      const paths = new Set(contentsOf(entries).map(({ path }) => path));
      await all([...paths].flatMap((path) => packed.get(path)?.() ?? []));
      // What is there is opened at once from now on.
      for (const path of paths) packed.delete(path);
    },
    origins,
  };
}

function contentsOf(entries: Iterable<Entry>): readonly { readonly path: string }[] {
  return [...entries].flatMap((entry) =>
    entry.type === 'file' && entry.content.kind === 'file' ? [entry.content] : [],
  );
}

async function* after(
  ready: () => Promise<void>,
  open: () => ReturnType<OpenContent>,
): AsyncGenerator<Uint8Array> {
  await ready();
  const content = open();
  if (content instanceof Uint8Array) yield content;
  else yield* content;
}
