/**
 * The cache key of RUN. What its mounts bind counts by content, as what COPY takes does; what a cache or a secret holds
 * does not count at all (BuildKit: solver/llbsolver/ops/exec.go, CacheMap).
 */
import { DecantError } from '../../errors.ts';
import { execIdentity } from '../../plan/graph.ts';
import type { ExecOperation, Operation } from '../../plan/operation.ts';
import { resolvePath } from '../../tree/tree.ts';
import type { Tree } from '../../tree/tree.ts';
import { contentKey, keyOf } from '../content-key.ts';
import { execParts } from '../explain/parts.ts';
import { digestsFor } from './copy-source.ts';
import type { SourceKey } from './copy-source.ts';
import { isMadeAgain, keyWithSources } from './file-key.ts';
import type { Work } from './file-key.ts';
import { treeOf } from './layer-handle.ts';
import { once } from './memo.ts';
import { withReason } from './missing-source.ts';
import type { Session } from './session.ts';
import type { StateOf } from './state.ts';

/** What definitions of steps with mounts lead to is kept under this kind. */
const KIND = 'mounted';

/** A part of another tree that a mount shows: bound, or what a new cache begins with. */
export interface MountSource {
  readonly from: Operation;
  /** As written, below the root. */
  readonly source: string;
}

export function execSources({ mounts }: ExecOperation): readonly MountSource[] {
  return mounts.flatMap((mount): MountSource[] => {
    if (mount.type === 'bind') return [mount];
    return mount.type === 'cache' && mount.from ? [{ from: mount.from, source: '' }] : [];
  });
}

export async function execKey(
  session: Session,
  operation: ExecOperation,
  stateOf: StateOf,
  work: Work,
): Promise<string> {
  const { network, hosts, sharedMemory, limits } = session.sandbox;
  const input = stateOf(operation.input);
  const settings = [
    hosts?.map(({ name }) => name) ?? [],
    sharedMemory ?? null,
    limits?.map(({ name, soft, hard }) => [name, soft, hard]) ?? [],
  ];
  const isPlain = settings.every((each) => each === null || (Array.isArray(each) && each.length === 0));
  const identity = [execIdentity(operation), network, ...(isPlain ? [] : [settings])];
  const sources = execSources(operation);
  const parts = execParts(operation);
  if (sources.length === 0) {
    const parent = await input.key();
    const key = keyOf('exec', ...identity, parent);
    session.inputs.note(operation, { key, parent, parts, taken: [] });
    return key;
  }
  return keyWithSources(
    session,
    {
      operation,
      parts,
      kind: KIND,
      identity,
      isUncached: isMadeAgain(
        session,
        operation,
        sources.map(({ from }) => from),
      ),
      input,
      sources: sources.map((from) => () => mountKey(session, from, stateOf)),
    },
    work,
  );
}

async function mountKey(
  session: Session,
  { from, source }: MountSource,
  stateOf: StateOf,
): Promise<SourceKey> {
  const content = once(async () => {
    const tree = await mountedTree(session, from, stateOf);
    const files = session.inputs.files();
    const place = placeIn(session, tree, from, source);
    const found = await contentKey(tree, [place], digestsFor(session, from), undefined, files.add);
    files.keep(found);
    return found;
  });
  if (from.kind === 'source' && from.source.type === 'context') return { label: `/${source}`, content };
  return { label: `/${source}`, definition: [await stateOf(from).key(), source], content };
}

export async function mountedTree(session: Session, from: Operation, stateOf: StateOf): Promise<Tree> {
  if (from.kind === 'source' && from.source.type === 'context') return session.context(from.source.name).tree;
  return treeOf(await stateOf(from).layers());
}

/** Where the source is, links followed. Throws COPY_SOURCE_MISSING. */
export function placeIn(session: Session, tree: Tree, from: Operation, source: string): string {
  const path = resolvePath(tree, source);
  if (path === '' || tree.get(path)) return path;
  const missing = new DecantError('COPY_SOURCE_MISSING', `"/${source}": not found`);
  const isLeftOut = (left: string): boolean =>
    from.kind === 'source' &&
    from.source.type === 'context' &&
    session.context(from.source.name).isLeftOut(left);
  throw withReason(missing, { tree, pattern: source }, isLeftOut);
}
