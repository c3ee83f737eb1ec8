/**
 * `RUN --mount=…` with all values put in: targets made absolute, defaults filled in, sources found (Dockerfile
 * reference, "RUN --mount"; defaults as BuildKit's convert_runmount.go and convert_secrets.go have them).
 */
import { resolveMount } from '../dockerfile/mounts.ts';
import type { ResolvedMount, RunMount } from '../dockerfile/mounts.ts';
import { baseName, cleanPath } from '../tree/path.ts';
import type { Dockerfile, Stage } from '../dockerfile/instruction.ts';
import { DecantError } from '../errors.ts';
import type { PlanOptions } from './plan.ts';
import type { ExecMount } from './operation.ts';
import type { Planner, StageState } from './stage-state.ts';
import { expand, invalid } from './stage-state.ts';

export interface PlannedMounts {
  readonly mounts: readonly ExecMount[];
  /** Variables that mounts bring; those of the stage win. */
  readonly env: Readonly<Record<string, string>>;
}

const SECRET_MODE = 0o400;
const SOCKET_MODE = 0o600;

export async function planMounts(
  state: StageState,
  planner: Planner,
  written: readonly RunMount[],
): Promise<PlannedMounts> {
  const mounts: ExecMount[] = [];
  let sockets = 0;
  for (const each of written) {
    const mount = resolveMount(each, (value) => expand(state, planner, value));
    if (mount.type === 'secret') mounts.push(secret(mount));
    else if (mount.type === 'ssh') mounts.push(agent(state, mount, sockets++));
    else mounts.push(await tree(state, planner, mount));
  }
  const [first] = mounts.flatMap((mount) => (mount.type === 'ssh' ? mount.target : []));
  return { mounts, env: first === undefined ? {} : { SSH_AUTH_SOCK: first } };
}

/**
 * Mounts of every step cannot come from a stage: its own steps would need it.
 *
 * @throws DecantError USAGE
 */
export function checkRunMounts(
  { stages }: Dockerfile,
  { runMounts = [] }: PlanOptions,
  replacementOf: (stage: Stage) => unknown,
): void {
  for (const { from, text } of runMounts) {
    if (from === undefined) continue;
    const meant = stages.filter((stage) => stage.name === from.toLowerCase() && !replacementOf(stage));
    if (!/^\d+$/.test(from) && meant.length === 0) continue;
    throw new DecantError(
      'USAGE',
      `--run-mount "${text}": "${from}" is a stage, whose own steps would need it`,
      {
        hint: 'take it from a context or an image: --build-context NAME=DIRECTORY',
      },
    );
  }
}

async function tree(state: StageState, planner: Planner, mount: ResolvedMount): Promise<ExecMount> {
  const { readOnly, mode, uid, gid } = mount;
  const target = absolute(state, mount.target ?? '');
  if (target === '/')
    throw invalid(
      `invalid mount target ${JSON.stringify(target)}`,
      'give the path to mount at: target=/path',
    );
  const source = cleanPath(mount.source ?? '');
  if (mount.type === 'tmpfs') return { type: 'tmpfs', target, size: mount.size };
  const from = mount.from ? await planner.resolveFrom(mount.from, state.stage) : undefined;
  if (mount.type === 'bind')
    return { type: 'bind', target, from: from ?? planner.graph.context(''), source, readOnly };
  const namespace = planner.options.buildArguments.get('BUILDKIT_CACHE_MOUNT_NS') ?? '';
  const id = `${namespace === '' ? '' : `${namespace}/`}${mount.id || cleanTarget(mount.target ?? '')}`;
  return {
    type: 'cache',
    target,
    id,
    sharing: mount.sharing ?? 'shared',
    from,
    source,
    readOnly,
    mode,
    uid,
    gid,
  };
}

/** As Go's path.Clean leaves it: a relative target stays one, so that it is the same cache in every directory. */
function cleanTarget(target: string): string {
  return target.startsWith('/') ? `/${cleanPath(target)}` : cleanPath(target) || '.';
}

function secret(mount: ResolvedMount): ExecMount {
  const id = mount.source || mount.id || baseName(cleanPath(mount.target ?? ''));
  if (id === '') throw invalid('invalid secret mount. one of source, target required');
  const isFile = mount.target !== undefined || mount.env === undefined;
  const target = isFile
    ? `/${cleanPath(mount.target || `/run/secrets/${baseName(cleanPath(id))}`)}`
    : undefined;
  return {
    type: 'secret',
    id,
    target,
    env: mount.env,
    required: mount.required,
    ...owned(mount, SECRET_MODE),
  };
}

function agent(state: StageState, mount: ResolvedMount, index: number): ExecMount {
  const target = mount.target ? absolute(state, mount.target) : `/run/buildkit/ssh_agent.${index}`;
  const { required } = mount;
  return { type: 'ssh', id: mount.id || 'default', target, required, ...owned(mount, SOCKET_MODE) };
}

function owned({ mode, uid = 0, gid = 0 }: ResolvedMount, preset: number) {
  return { mode: mode ?? preset, uid, gid };
}

/** Without a target, or with an empty one, a mount stands at the working directory. */
function absolute(state: StageState, target: string): string {
  return `/${cleanPath(target, cleanPath(state.config.WorkingDir ?? '/'))}`;
}
