/**
 * What RUN mounts, made ready for the sandbox: trees as unpacked layers, caches of the store with their locks, secrets
 * and agents. Whoever asks calls `release` when the process has ended.
 */
import { chmodSync, chownSync } from 'node:fs';
import { DecantError } from '../../errors.ts';
import type { ExecMount, ExecOperation, Operation } from '../../plan/operation.ts';
import type { ImageView, Mount } from '../../sandbox/mounts.ts';
import { unpackLayer } from '../../sandbox/unpack.ts';
import type { Entry, Node } from '../../tree/entry.ts';
import { baseName, cleanPath } from '../../tree/path.ts';
import { plainDirectory, resolvePath, stack, walk } from '../../tree/tree.ts';
import type { Tree } from '../../tree/tree.ts';
import { contentKey } from '../content-key.ts';
import { digestsFor } from './copy-source.ts';
import { mountedTree, placeIn } from './exec-key.ts';
import { all } from './memo.ts';
import { openInside } from './mount-inside.ts';
import { secretOf } from './secrets.ts';
import type { Session } from './session.ts';
import type { StateOf } from './state.ts';
import { filesOf, unpackIntoStore } from './unpack.ts';

export interface ReadyMounts {
  readonly mounts: readonly Mount[];
  readonly env: Readonly<Record<string, string>>;
  /** Values that what the step says must not show. */
  readonly secrets: readonly Uint8Array[];
  readonly release: () => Promise<void>;
}

export interface MountRequest {
  readonly session: Session;
  readonly exec: ExecOperation;
  readonly stateOf: StateOf;
  /** The private directory of the run. */
  readonly scratch: string;
}

type Release = () => void | Promise<void>;

/** @throws DecantError COPY_SOURCE_MISSING, EXEC_FAILED for a secret or an agent that is required and not there */
export async function readyMounts(request: MountRequest): Promise<ReadyMounts> {
  const releases: Release[] = [];
  const caches = new Map<string, Promise<string>>();
  const release = async (): Promise<void> => {
    for (const each of releases.splice(0).reverse()) await each();
  };
  const mounts: Mount[] = [];
  const env: Record<string, string> = {};
  const secrets: Uint8Array[] = [];
  try {
    // In one order for all steps, so that two that want the same locks do not wait for each other.
    for (const mount of inLockOrder(request.exec.mounts)) {
      if (mount.type === 'secret') {
        const bytes = secretOf(request.session, mount);
        if (!bytes) continue;
        secrets.push(bytes);
        if (mount.env !== undefined) env[mount.env] = Buffer.from(bytes).toString('utf8');
        if (mount.target !== undefined) mounts.push({ ...mount, type: 'data', target: mount.target, bytes });
      } else {
        mounts.push(...(await ready({ ...request, caches }, mount, releases)));
      }
    }
    return { mounts, env, secrets, release };
  } catch (error) {
    await release();
    throw error;
  }
}

interface CacheRequest extends MountRequest {
  /** Those that this run has opened, with their directories. */
  readonly caches: Map<string, Promise<string>>;
}

function inLockOrder(mounts: readonly ExecMount[]): readonly ExecMount[] {
  const key = (mount: ExecMount): string => (mount.type === 'cache' ? mount.id : '');
  return mounts.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

async function ready(
  request: CacheRequest,
  mount: Exclude<ExecMount, { readonly type: 'secret' }>,
  releases: Release[],
): Promise<readonly Mount[]> {
  switch (mount.type) {
    case 'tmpfs':
      return [
        { type: 'tmpfs', target: mount.target, ...(mount.size === undefined ? {} : { size: mount.size }) },
      ];
    case 'script':
      return [
        { type: 'data', target: mount.target, bytes: Buffer.from(mount.text), mode: 0o755, uid: 0, gid: 0 },
      ];
    case 'ssh': {
      const agent = await (await request.session.agents()).forward(mount, request.scratch);
      if (!agent) return [];
      releases.push(agent.close);
      return [{ type: 'bind', source: agent.path, directory: false, target: mount.target, readOnly: false }];
    }
    case 'cache':
      return [await cache(request, mount, releases)];
    case 'bind':
      return [await bound(request, mount)];
  }
}

async function bound(
  { session, stateOf }: MountRequest,
  { from, source, target, readOnly }: ExecMount & { readonly type: 'bind' },
): Promise<Mount> {
  const tree = await mountedTree(session, from, stateOf);
  const path = placeIn(session, tree, from, source);
  const common = { type: 'tree', target, readOnly } as const;
  if (from.kind === 'source' && from.source.type === 'context') {
    // The context's own files belong to whoever checked them out, and the ignore file hides some: they are copied.
    const { lower, files } = await contextLayer(session, from, tree, path);
    return { ...common, lowers: [lower], image: viewOf(files), ...place(files, tree, path) };
  }
  const directories = await all((await stateOf(from).layers()).map((layer) => layer.directory()));
  const lowers = directories
    .filter((id) => id !== undefined)
    .map((id) => filesOf(session.store.layers.path(id)))
    .reverse();
  return { ...common, lowers, image: viewOf(tree), source: path, directory: isDirectory(tree, path) };
}

function place(files: Tree, tree: Tree, path: string) {
  const directory = isDirectory(tree, path);
  return { source: directory ? '' : (files.list('')[0] ?? ''), directory };
}

/** A part of the context as an unpacked layer of the store, by its content: unchanged, it is there from the last time. */
async function contextLayer(session: Session, from: Operation, tree: Tree, path: string) {
  const directory = isDirectory(tree, path);
  const entries = [...walk(tree, path)].map((node): Entry => ({
    ...node,
    path: directory ? node.path.slice(path === '' ? 0 : path.length + 1) : baseName(path),
  }));
  const layer = { entries: entries.filter((entry) => entry.path !== '') };
  const id = `c${(await contentKey(tree, [path], digestsFor(session, from))).slice('sha256:'.length, 'sha256:'.length + 15)}`;
  const root = tree.get(path);
  await unpackIntoStore(
    session,
    id,
    layer,
    root?.type === 'directory' ? { ...root, path: '' } : plainDirectory(''),
  );
  return { lower: filesOf(session.store.layers.path(id)), files: stack([layer]) };
}

async function cache(
  request: CacheRequest,
  mount: ExecMount & { readonly type: 'cache' },
  releases: Release[],
): Promise<Mount> {
  const { session, stateOf, exec, caches } = request;
  const { id, mode, uid, gid, from, source, target, readOnly } = mount;
  const identity = { id, mode, uid, gid, from: from && (await stateOf(from).key()) };
  const open = async (): Promise<string> => {
    const opened = await session.store.mounts.open(identity, {
      sharing: sharingOf(exec, id),
      signal: session.signal,
      onWait: () =>
        session.steps.output(exec, 'stderr', `waiting for the cache ${id}, which another step uses\n`),
      async fill(directory) {
        if (from) await fill(session, await mountedTree(session, from, stateOf), directory);
        if (mode !== undefined) chmodSync(directory, mode);
        if (uid !== undefined || gid !== undefined) chownSync(directory, uid ?? 0, gid ?? 0);
      },
    });
    releases.push(opened.release);
    return opened.path;
  };
  const key = JSON.stringify(identity);
  const opening = caches.get(key) ?? open();
  caches.set(key, opening);
  const path = await opening;
  const place = source === '' ? path : openInside(path, source);
  return { type: 'bind', source: place, directory: true, target, readOnly };
}

/**
 * The strictest of the run's mounts of one cache: it must not wait for itself. A part of a cache is had alone, since
 * somebody else in it could put a link in the place of the part just when it is mounted.
 */
function sharingOf({ mounts }: ExecOperation, id: string): 'shared' | 'private' | 'locked' {
  const found = mounts.flatMap((mount) => (mount.type === 'cache' && mount.id === id ? mount : []));
  if (found.some(({ sharing }) => sharing === 'private')) return 'private';
  return found.some(({ sharing, source }) => sharing === 'locked' || source !== '') ? 'locked' : 'shared';
}

async function fill(session: Session, tree: Tree, directory: string): Promise<void> {
  const userNamespace = session.privileges === 'namespace';
  await unpackLayer(walk(tree), session.open, directory, { userNamespace, signal: session.signal });
}

function viewOf(tree: Tree): ImageView {
  return { lookup: tree.get, resolve: (path) => resolvePath(tree, path) };
}

function isDirectory(tree: Tree, path: string): boolean {
  const node: Node | undefined = tree.get(path);
  if (node?.type === 'directory' || path === '') return true;
  if (node?.type === 'file') return false;
  throw new DecantError(
    'EXEC_FAILED',
    `cannot bind "/${cleanPath(path)}": it is neither a file nor a directory`,
  );
}
