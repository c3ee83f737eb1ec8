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
import { unpackDebs } from '../debian/deb/unpack-debs.ts';
import { all, limiter } from '../engine/embedded/memo.ts';
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
  /** Begins with it. What fails is told when the contents are asked for. */
  readonly unpackAhead: (entries: Iterable<Entry>) => Promise<void>;
  /** Waits for what was begun: the folder has to live as long. */
  readonly settled: () => Promise<void>;
  readonly origins: Origins;
}

/** @param digests Of packages that are in the store. Throws what `readDeb` throws. */
export async function openDebs(digests: readonly string[], options: OpenDebsOptions): Promise<OpenedDebs> {
  const { store, folder, open, signal } = options;
  const debs: Deb[] = [];
  const origins = new Map<string, string>();
  /** By the path that data.tar will have: the package. */
  const packed = new Map<string, string>();
  for (const [index, digest] of digests.entries()) {
    const path = join(folder, `data-${randomBytes(8).toString('hex')}.tar`);
    const deb = debOfKept(store.cache.getSync(KIND, digest), path, digest);
    if (!deb) continue;
    debs[index] = deb;
    origins.set(path, digest);
    packed.set(path, store.blobs.path(digest));
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
  const { begin, finish, settled } = unpackOnce(packed, signal);
  const atOnce = limiter(availableParallelism() + 1);
  return {
    debs,
    open: (file, room) => {
      const path = file.content.kind === 'file' && packed.has(file.content.path) && file.content.path;
      if (!path) return open(file, room);
      return after(
        () => atOnce(() => finish([path])),
        () => open(file),
      );
    },
    async unpack(entries) {
      const paths = pathsOf(entries);
      await finish(paths);
      // What is there is opened at once from now on.
      for (const path of paths) packed.delete(path);
    },
    unpackAhead: (entries) => begin(pathsOf(entries)),
    settled,
    origins,
  };
}

interface Unpacking {
  /** Ends when there is nothing to do here until it is all unpacked. */
  readonly begin: (paths: Iterable<string>) => Promise<void>;
  readonly finish: (paths: Iterable<string>) => Promise<void>;
  readonly settled: () => Promise<void>;
}

/** @param packed Packages by the paths that their data.tar will have; those that are not among them are there. */
function unpackOnce(packed: ReadonlyMap<string, string>, signal: AbortSignal): Unpacking {
  const running = new Map<string, Promise<void>>();
  const begin = async (paths: Iterable<string>): Promise<void> => {
    const debs = [...paths].flatMap((target) => {
      const path = running.has(target) ? undefined : packed.get(target);
      return path === undefined ? [] : [{ path, target }];
    });
    if (debs.length === 0) return;
    const started = unpackDebs(debs, signal);
    const done = started.then((begun) => begun.done);
    // Who asks for the contents is told.
    done.catch(() => undefined);
    for (const { target } of debs) running.set(target, done);
    await Promise.allSettled([started]);
  };
  return {
    begin,
    async finish(paths) {
      const wanted = [...paths];
      await begin(wanted);
      await all([...new Set(wanted.flatMap((path) => running.get(path) ?? []))]);
    },
    async settled() {
      await Promise.allSettled(running.values());
    },
  };
}

function pathsOf(entries: Iterable<Entry>): ReadonlySet<string> {
  return new Set(contentsOf(entries).map(({ path }) => path));
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
