/**
 * What ADD and named contexts take from elsewhere. Each source is asked for its key first: a commit, or the digest of
 * a file; it is only fetched for somebody who wants to see its files.
 */
import { join } from 'node:path';
import type { GitReference } from '../../dockerfile/git-reference.ts';
import { DecantError } from '../../errors.ts';
import type { RemoteSource } from '../../plan/operation.ts';
import type { Tree } from '../../tree/tree.ts';
import { keyOf } from '../content-key.ts';
import { once } from '../embedded/memo.ts';
import { displayAddress } from '../../net/address.ts';
import { checkOut, findCommit, gitIdentity } from './git-source.ts';
import { fileTree } from './file-tree.ts';
import { gitTree } from './git-tree.ts';
import { fetchFile } from './http-source.ts';
import type { HttpOptions } from './http-source.ts';

export interface Remote {
  /** What its files depend on. Asks the server, where the source does not say it itself. */
  readonly key: () => Promise<string>;
  readonly tree: () => Promise<Tree>;
  /** What it is, for the record of a build: without credentials. */
  readonly identity: () => Promise<Identity>;
  /** When it was made, in seconds: the commit, or what the server says of the file. */
  readonly time: () => Promise<number | undefined>;
}

/** An address, and the digest of what was there (in-toto, ResourceDescriptor). */
export interface Identity {
  readonly uri: string;
  readonly digest: Readonly<Record<string, string>>;
}

export interface RemoteOptions extends HttpOptions {
  /** A folder that stays until the build is done. */
  readonly temporary: () => Promise<string>;
}

/** One object for each source of a build: what several steps add is fetched once. */
export function openRemotes(options: RemoteOptions): (source: RemoteSource) => Remote {
  const opened = new Map<string, Remote>();
  return (source) => {
    const id = JSON.stringify(source);
    let remote = opened.get(id);
    if (!remote) {
      remote =
        source.type === 'git'
          ? gitRemote(source.reference, keyOf(id).slice(0, 16), options)
          : httpRemote(source, options);
      opened.set(id, remote);
    }
    return remote;
  };
}

function gitRemote(reference: GitReference, id: string, { temporary, signal }: RemoteOptions): Remote {
  const { directory, keepGitDir = false, submodules = true, commitTimes = false } = reference;
  const commit = once(() => findCommit(reference, signal));
  const checkout = once(async () =>
    checkOut(reference, await commit(), join(await temporary(), `git-${id}`), signal),
  );
  return {
    async key() {
      const { commit: found } = await commit();
      const kept = keepGitDir && directory === '' ? [reference.remote, reference.ref ?? null] : [];
      return keyOf('git', found, directory, submodules ? reference.remote : null, commitTimes, kept);
    },
    identity: async () => gitIdentity(reference, await commit()),
    time: async () => (await checkout()).time,
    tree: once(async () => {
      const tree = gitTree(await checkout(), { directory, keepGitDir, commitTimes });
      if (tree) return tree;
      throw new DecantError('COPY_SOURCE_MISSING', `the git repository has no directory "${directory}"`, {
        hint: 'the directory stands after the colon: repository.git#branch:directory',
      });
    }),
  };
}

function httpRemote(
  { url, name, checksum }: RemoteSource & { readonly type: 'http' },
  options: RemoteOptions,
): Remote {
  const file = once(() => fetchFile(url, checksum, options));
  return {
    async key() {
      if (checksum !== undefined) return keyOf('http', checksum, name);
      const { digest, mtime } = await file();
      return keyOf('http', digest, name, mtime);
    },
    async identity() {
      const [algorithm = '', hex = ''] = (checksum ?? (await file()).digest).split(':');
      return { uri: displayAddress(url), digest: { [algorithm]: hex } };
    },
    time: async () => (await file()).mtime || undefined,
    async tree() {
      const { digest, size, mtime } = await file();
      const content = { kind: 'file', path: options.store.blobs.path(digest) } as const;
      return fileTree({
        type: 'file',
        path: name,
        mode: 0o600,
        uid: 0,
        gid: 0,
        mtime,
        size,
        content,
        digest,
      });
    },
  };
}
