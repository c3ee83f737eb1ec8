/**
 * A git repository's files at one commit, as BuildKit's git source takes them: the commit that a reference leads to,
 * fetched without its history, checked out with its submodules.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitReference } from '../../dockerfile/git-reference.ts';
import { DecantError } from '../../errors.ts';
import { git, GitFailure } from './git-program.ts';
import type { GitOptions } from './git-program.ts';

export interface GitCommit {
  /** Its digest in hexadecimal. */
  readonly commit: string;
  /** The branch or tag that led to it, as a full name; absent where a commit was asked for. */
  readonly name?: string;
}

export interface Checkout {
  /** A folder with the files; it has the repository too (`.git`) where that was asked for. */
  readonly root: string;
  /** When the commit was made, in seconds. */
  readonly time: number;
}

const COMMIT = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/** The commit that a reference leads to now. A commit's own digest is not asked for. @throws DecantError GIT_FAILED, … */
export async function findCommit(reference: GitReference, signal?: AbortSignal): Promise<GitCommit> {
  const { remote, ref, checksum } = reference;
  if (ref !== undefined && COMMIT.test(ref)) return checked({ commit: ref }, reference);
  if (ref === undefined && checksum !== undefined && COMMIT.test(checksum)) return { commit: checksum };
  const patterns = ref === undefined ? ['HEAD'] : [ref, `${ref}^{}`];
  const listed = await told(reference, 'read', () =>
    git(['ls-remote', '--symref', '--', shown(remote), ...patterns], network(reference, signal)),
  );
  const found = choose(listed, ref);
  if (!found)
    throw new DecantError(
      'GIT_FAILED',
      `${shown(remote)} has no ${ref === undefined ? 'HEAD' : `"${ref}"`}`,
      {
        hint: 'give a branch, a tag or a whole commit digest after #',
      },
    );
  return checked(found, reference);
}

/** As `git checkout` chooses: the name as given, then a branch, then a tag, taken for the commit behind it. */
function choose(listed: string, ref: string | undefined): GitCommit | undefined {
  const commits = new Map<string, string>();
  let head: string | undefined;
  for (const line of listed.split('\n')) {
    const [value = '', name = ''] = line.split('\t');
    if (value.startsWith('ref: ')) head = value.slice('ref: '.length);
    else if (COMMIT.test(value)) commits.set(name, value);
  }
  if (ref === undefined) {
    const commit = commits.get('HEAD');
    return commit === undefined ? undefined : { commit, ...(head === undefined ? {} : { name: head }) };
  }
  const bare = ref.replace(/^refs\//, '');
  const names = [`refs/${bare}`, `refs/heads/${ref.replace(/^refs\/heads\//, '')}`];
  names.push(`refs/tags/${ref.replace(/^refs\/tags\//, '')}`);
  for (const name of names) {
    const commit = commits.get(`${name}^{}`) ?? commits.get(name);
    if (commit !== undefined) return { commit, name };
  }
  return undefined;
}

/** The repository without credentials, and the name that led to the commit behind `#`. */
export function gitIdentity({ remote, ref }: GitReference, { commit, name }: GitCommit) {
  const at = name ?? ref;
  return {
    uri: at === undefined ? shown(remote) : `${shown(remote)}#${at}`,
    digest: { [commit.length === 64 ? 'sha256' : 'sha1']: commit },
  };
}

function checked(found: GitCommit, { remote, ref, checksum }: GitReference): GitCommit {
  if (checksum === undefined || found.commit.startsWith(checksum)) return found;
  throw new DecantError(
    'CHECKSUM_MISMATCH',
    `${shown(remote)} has commit ${found.commit} at "${ref ?? 'HEAD'}", expected ${checksum}`,
  );
}

/**
 * Fetches the commit and checks it out below `folder`, which must not be there.
 *
 * @throws DecantError GIT_FAILED, CHECKSUM_MISMATCH, INTERRUPTED
 */
export async function checkOut(
  reference: GitReference,
  found: GitCommit,
  folder: string,
  signal?: AbortSignal,
): Promise<Checkout> {
  const workTree = join(folder, 'tree');
  const keeps = reference.keepGitDir === true && reference.directory === '';
  const gitDirectory = keeps ? join(workTree, '.git') : join(folder, 'git');
  await mkdir(workTree, { recursive: true });
  const here: GitOptions = { gitDirectory, workTree, signal };
  const format = found.commit.length === 64 ? ['--object-format=sha256'] : [];
  return told(reference, 'check out', async () => {
    await git(['-c', 'init.defaultBranch=master', 'init', '--quiet', ...format], here);
    await fetchCommit(reference, found, { ...network(reference, signal), gitDirectory, workTree });
    await git(['checkout', '--quiet', '--detach', '--force', found.commit], here);
    if (reference.submodules !== false) {
      const update = ['submodule', '--quiet', 'update', '--init', '--recursive', '--depth=1'];
      await git(['config', 'remote.origin.url', shown(reference.remote)], here);
      await git(update, { ...network(reference, signal), gitDirectory, workTree });
    }
    const time = Number(await git(['show', '--no-patch', '--format=%ct', found.commit], here));
    if (keeps) await tidy(reference, here, gitDirectory);
    return { root: workTree, time };
  });
}

/** The commit alone, or where the server gives no single commits, the branch or tag, or everything. */
async function fetchCommit(
  { remote }: GitReference,
  { commit, name }: GitCommit,
  options: GitOptions,
): Promise<void> {
  const fetch = ['fetch', '--quiet', '--no-tags', '--update-head-ok', '--no-recurse-submodules'];
  const ways = [
    [...fetch, '--depth=1', '--', shown(remote), name === undefined ? commit : `${name}:${name}`],
    ...(name === undefined ? [] : [[...fetch, '--depth=1', '--', shown(remote), commit]]),
    [...fetch, '--', shown(remote), '+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'],
  ];
  let failure: unknown;
  for (const way of ways) {
    try {
      await git(way, options);
      await git(['cat-file', '-e', `${commit}^{commit}`], options);
      return;
    } catch (error) {
      if (!(error instanceof GitFailure)) throw error;
      failure ??= error;
    }
  }
  throw failure;
}

/** Leaves in a repository that is kept nothing of this machine and this moment. */
async function tidy(reference: GitReference, here: GitOptions, gitDirectory: string): Promise<void> {
  await git(['config', 'remote.origin.url', shown(reference.remote)], here);
  await git(['config', 'remote.origin.fetch', '+refs/heads/*:refs/remotes/origin/*'], here);
  await rm(join(gitDirectory, 'FETCH_HEAD'), { force: true });
  // An index that knows no inodes and times of this machine's files.
  await git(['read-tree', 'HEAD'], here);
  await git(['submodule', '--quiet', 'foreach', '--recursive', 'git read-tree HEAD'], here);
}

function network({ remote }: GitReference, signal: AbortSignal | undefined): GitOptions {
  const [, scheme, user] = /^(https?:\/\/)([^/@]*@)/.exec(remote) ?? [];
  const host = shown(remote).slice(0, shown(remote).indexOf('/', 'https://'.length) + 1);
  const login =
    scheme === undefined ? undefined : { with: host.replace(scheme, `${scheme}${user}`), without: host };
  return { asUser: true, allowFiles: remote.startsWith('file:'), login, signal };
}

async function told<T>({ remote }: GitReference, doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    throw new DecantError('GIT_FAILED', `cannot ${doing} the git repository ${shown(remote)}`, {
      output: error.output,
      hint: 'try `git ls-remote` with this address: decant uses the same keys and credential helpers, and never asks',
    });
  }
}

/** Without a user and password; the user of ssh is no secret. */
function shown(remote: string): string {
  return remote.replace(/^(https?:\/\/)[^/@]*@/, '$1');
}
