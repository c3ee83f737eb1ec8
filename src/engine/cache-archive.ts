/** Cache mounts as tar archives: to take one to another machine, or to begin one with what was made elsewhere. */
import { chmodSync, chownSync, createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decompressAuto } from '../codec/compression.ts';
import { DecantError, fromSystemError } from '../errors.ts';
import { unpackLayer } from '../sandbox/unpack.ts';
import { readUpper } from '../sandbox/upper.ts';
import { ARCHIVE_LIMITS } from '../store/archive-limits.ts';
import type { CacheIdentity, CacheMount } from '../store/mounts.ts';
import type { Store } from '../store/store.ts';
import { layerFromTar } from '../tree/from-tar.ts';
import { makeLayer } from '../tree/layer.ts';
import { packLayer } from '../tree/pack.ts';
import { openContents } from '../store/contents.ts';

/** @throws DecantError CACHE_UNKNOWN for none, or for several: then each has to be named */
export function findCache({ mounts }: Pick<Store, 'mounts'>, text: string): CacheMount {
  const all = mounts.list();
  const found = all.filter(({ identity, name }) => identity.id === text || name === text);
  const [cache] = found;
  if (cache && found.length === 1) return cache;
  if (found.length === 0) {
    throw new DecantError('CACHE_UNKNOWN', `there is no cache "${text}"`, {
      hint: all.length > 0 ? '`decant cache ls` lists those that there are' : 'no build has made one yet',
    });
  }
  throw new DecantError('CACHE_UNKNOWN', `there are ${found.length} caches "${text}"`, {
    hint: `with other owners, modes or users; name one: ${found.map(({ name }) => name).join(', ')}`,
  });
}

/** The archive's bytes: owners, modes, links, attributes and times as they are. */
export async function* exportCache(
  store: Store,
  cache: CacheMount,
  userNamespace: boolean,
): AsyncGenerator<Uint8Array> {
  const open = openContents(store, () => Promise.reject(new TypeError('no blob is read')));
  // Times are the files' own: what a tool thinks of as up to date has to stay so.
  const entries = await readUpper(cache.path, { startedAt: Number.POSITIVE_INFINITY, userNamespace });
  yield* packLayer(makeLayer(entries), { open });
}

export interface CacheImport {
  readonly store: Store;
  readonly identity: CacheIdentity;
  readonly archive: AsyncIterable<Uint8Array>;
  /** The archive's name for messages. */
  readonly what: string;
  readonly userNamespace: boolean;
  readonly signal: AbortSignal;
}

/** Replaces the cache. @throws DecantError ARCHIVE_INVALID, ARCHIVE_UNSAFE, STORE_BUSY while a step uses it */
export async function importCache(request: CacheImport): Promise<void> {
  const { store, identity, what, userNamespace, signal } = request;
  const folder = await store.tmp.create();
  try {
    const path = join(folder.path, 'archive.tar');
    const bytes = decompressAuto(request.archive, { ...ARCHIVE_LIMITS, name: what });
    await pipeline(Readable.from(bytes, { objectMode: false }), createWriteStream(path), { signal });
    const layer = await layerFromTar(createReadStream(path), {
      what,
      content: (offset) => ({ kind: 'file', path, offset }),
      whiteouts: false,
      absolute: 'refuse',
    });
    const open = openContents(store, () => Promise.resolve(folder.path));
    await removeOld(store, identity);
    const opened = await store.mounts.open(identity, {
      sharing: 'locked',
      signal,
      async fill(directory) {
        await unpackLayer(layer.entries, open, directory, { userNamespace, signal });
        if (identity.mode !== undefined) chmodSync(directory, identity.mode);
        if (identity.uid !== undefined || identity.gid !== undefined)
          chownSync(directory, identity.uid ?? 0, identity.gid ?? 0);
      },
    });
    opened.release();
  } catch (error) {
    throw fromSystemError(error, `taking in ${what}`);
  } finally {
    await folder.remove();
  }
}

async function removeOld({ mounts }: Store, { id, mode, uid, gid, from }: CacheIdentity): Promise<void> {
  const wanted = JSON.stringify([id, mode, uid, gid, from]);
  const old = mounts.list().filter(({ identity: each }) => {
    return JSON.stringify([each.id, each.mode, each.uid, each.gid, each.from]) === wanted;
  });
  for (const { name } of old) {
    if (await mounts.remove(name)) continue;
    throw new DecantError('STORE_BUSY', `the cache "${id}" is in use`, {
      hint: 'wait until the build is done',
    });
  }
}
