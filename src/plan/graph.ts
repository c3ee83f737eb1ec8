/**
 * Making operations. An operation's digest is over its definition and its inputs' digests, and one digest is one
 * object: two stages that begin alike share what they have in common, and it is done once.
 */
import { createHash } from 'node:crypto';
import type { Place } from '../errors.ts';
import type {
  CopyAction,
  ExecMount,
  ExecOperation,
  FileOperation,
  MakeDirectoryAction,
  MergeOperation,
  Operation,
  RemoteSource,
  ResolvedImage,
  SourceOperation,
} from './operation.ts';

/** An operation without what the graph adds. */
type Bare<T extends Operation> = Omit<T, 'digest' | 'kind' | 'place'>;

export interface Graph {
  scratch(): SourceOperation;
  image(image: ResolvedImage): SourceOperation;
  context(name: string): SourceOperation;
  remote(source: RemoteSource, place: Place): SourceOperation;
  exec(definition: Bare<ExecOperation>, place: Place): ExecOperation;
  file(definition: Bare<FileOperation>, place: Place): FileOperation;
  merge(definition: Bare<MergeOperation>, place: Place): MergeOperation;
}

export function createGraph(): Graph {
  const known = new Map<string, Operation>();
  const add = <T extends Operation>(operation: Omit<T, 'digest'>, definition: unknown): T => {
    const digest = createHash('sha256').update(JSON.stringify(definition)).digest('hex');
    const existing = known.get(digest);
    if (existing) return existing as T;
    const made = { ...operation, digest } as T;
    known.set(digest, made);
    return made;
  };
  return {
    scratch: () => add<SourceOperation>({ kind: 'source', source: { type: 'scratch' } }, ['scratch']),
    image: (image) =>
      add<SourceOperation>({ kind: 'source', source: { type: 'image', image } }, ['image', image.digest]),
    context: (name) =>
      add<SourceOperation>({ kind: 'source', source: { type: 'context', name } }, ['context', name]),
    remote: (source, place) => add<SourceOperation>({ kind: 'source', source, place }, ['remote', source]),
    exec: (definition, place) =>
      add<ExecOperation>({ kind: 'exec', ...definition, place }, execDefinition(definition)),
    file: (definition, place) =>
      add<FileOperation>({ kind: 'file', ...definition, place }, [
        'file',
        definition.input.digest,
        actionDefinition(definition.action),
      ]),
    merge: (definition, place) =>
      add<MergeOperation>({ kind: 'merge', ...definition, place }, [
        'merge',
        definition.input.digest,
        definition.upper.digest,
      ]),
  };
}

/** What identifies an exec, its inputs aside: proxies do not. */
export function execIdentity(exec: Bare<ExecOperation>): unknown {
  const env = Object.entries(exec.env).sort(([a], [b]) => (a < b ? -1 : 1));
  const identity = [exec.args, env, exec.cwd, exec.user, exec.network];
  if (exec.mounts.length === 0 && exec.security === 'sandbox') return identity;
  return [...identity, exec.security, exec.mounts.map(mountIdentity)];
}

/** Where a mount is and what kind it is counts; what a cache or a secret holds does not, nor how a cache is shared. */
function mountIdentity(mount: ExecMount): unknown {
  const { type, target } = mount;
  switch (mount.type) {
    case 'bind':
      return [type, target, mount.readOnly];
    case 'cache':
      return [type, target, mount.readOnly];
    case 'tmpfs':
      return [type, target, mount.size ?? null];
    case 'secret':
      return [type, target ?? null, mount.id, mount.env ?? null, mount.mode, mount.uid, mount.gid];
    case 'ssh':
      return [type, target, mount.mode, mount.uid, mount.gid];
    case 'script':
      return [type, target, mount.text];
  }
}

/** What identifies a file action, its sources' contents aside. */
export function actionIdentity(action: CopyAction | MakeDirectoryAction): unknown {
  if (action.type === 'mkdir') return ['mkdir', action.path, action.owner];
  const { destination, owner, chmod, exclude, unpack } = action;
  return ['copy', destination, owner ?? null, chmod ?? null, exclude, unpack];
}

function execDefinition(exec: Bare<ExecOperation>): unknown {
  const sources = exec.mounts.flatMap((mount): unknown[] => {
    if (mount.type === 'bind') return [[mount.from.digest, mount.source]];
    if (mount.type === 'cache')
      return [
        [mount.id, mount.sharing, mount.from?.digest ?? null, mount.source, mount.mode, mount.uid, mount.gid],
      ];
    return 'required' in mount ? [[mount.required, mount.id]] : [];
  });
  return ['exec', exec.input.digest, execIdentity(exec), ...sources];
}

function actionDefinition(action: CopyAction | MakeDirectoryAction): unknown {
  if (action.type === 'mkdir') return actionIdentity(action);
  const sources = action.sources.map((source) =>
    source.type === 'path'
      ? [source.from.digest, source.pattern, source.below ?? null, source.isPacked ?? false]
      : [source.name, source.text],
  );
  return [actionIdentity(action), sources];
}
