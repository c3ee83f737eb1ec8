/**
 * A full Debian system from packages, with dpkg and apt configured: unpacked as a layer with dpkg's records, finished
 * by dpkg itself in the sandbox, and one layer again. Unlike a base without a package manager, this runs programs of
 * the packages, so it needs a machine of their architecture.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Deb } from '../../debian/deb/deb.ts';
import { needUnpackedLayers } from '../../engine/embedded/namespace.ts';
import type { Privileges } from '../../engine/embedded/session.ts';
import { stepOutput } from '../../engine/embedded/step-output.ts';
import { DecantError } from '../../errors.ts';
import { runInSandbox } from '../../sandbox/run.ts';
import { unpackLayer } from '../../sandbox/unpack.ts';
import { readUpper } from '../../sandbox/upper.ts';
import type { Layer, Node } from '../../tree/entry.ts';
import { makeLayer } from '../../tree/layer.ts';
import type { OpenContent } from '../../tree/pack.ts';
import { plainDirectory, resolvePath, stack, walk } from '../../tree/tree.ts';
import { fullStatus } from '../merge/full-status.ts';
import { mergePackages, type Merged } from '../merge/merge-packages.ts';
import { textFile } from '../merge/status-d.ts';
import { CONFIGURE_ENVIRONMENT, configureScript } from './configure-script.ts';
import { isLeftover } from './leftovers.ts';
import { isLeftOutOfSlim, SLIM_CONFIGURATION, SLIM_CONFIGURATION_PATH, SLIM_LEAVES_OUT } from './slim.ts';

export interface SystemRequest {
  readonly debs: readonly Deb[];
  /** Debian's name for it: `amd64`. */
  readonly architecture: string;
  /** Without documentation, manuals and translations. */
  readonly slim?: boolean;
  /** A file below `/etc/apt/sources.list.d` (sources.list(5), deb822 style), its path in tree form. */
  readonly aptSources?: { readonly path: string; readonly text: string };
  /** SOURCE_DATE_EPOCH, in seconds; the time of the newest file of the packages without it. */
  readonly time?: number | undefined;
  /** An empty directory of our own, on a file system that overlays can be made of; it lives as long as the layer. */
  readonly directory: string;
  readonly open: OpenContent;
  readonly privileges: Privileges;
  readonly signal: AbortSignal;
  readonly onOutput?: (stream: 'stdout' | 'stderr', text: string) => void;
}

export interface ComposedSystem extends Pick<Merged, 'notes' | 'time'> {
  readonly layer: Layer;
}

const ARCHITECTURES: Readonly<Record<string, string>> = { amd64: 'x64', arm64: 'arm64' };

/**
 * @throws DecantError FILE_CONFLICT, EXEC_FAILED with the last output, MACHINE_UNSUPPORTED on another architecture, USAGE
 * without the packages that a system needs, INTERRUPTED
 */
export async function composeSystem(request: SystemRequest): Promise<ComposedSystem> {
  const { debs, privileges, signal } = request;
  needUnpackedLayers({ privileges });
  if (ARCHITECTURES[request.architecture] !== process.arch) {
    throw new DecantError(
      'MACHINE_UNSUPPORTED',
      `a full ${request.architecture} system cannot be configured on a machine of another architecture`,
      { hint: 'bases without a package manager can be made for any architecture on any machine' },
    );
  }
  const sorted = debs.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const script = configureScript(sorted);
  const { layer, notes, time } = unpackedSystem(sorted, request);
  const directories = ['files', 'upper', 'work', 'scratch'].map((name) => join(request.directory, name));
  const [files, upper, work, scratch] = directories as [string, string, string, string];
  await Promise.all([upper, work, scratch].map((path) => mkdir(path)));
  await unpackLayer([plainDirectory(''), ...layer.entries], request.open, files, {
    userNamespace: privileges === 'namespace',
    signal,
  });
  const startedAt = Date.now();
  const tree = stack([layer]);
  const output = stepOutput((stream, text) => request.onOutput?.(stream, text));
  const { status } = await runInSandbox(
    {
      lowers: [files],
      upper,
      work,
      scratch,
      image: { lookup: tree.get, resolve: (path) => resolvePath(tree, path) },
      args: ['/bin/sh', '-c', script],
      env: { ...CONFIGURE_ENVIRONMENT, SOURCE_DATE_EPOCH: String(Math.floor(time)) },
      cwd: '/',
      user: { uid: 0, gid: 0, groups: [] },
      network: 'none',
      hostname: 'localhost',
      stdio: 'pipe',
    },
    { signal, onOutput: output.write },
  );
  output.end();
  if (status !== 0) {
    throw new DecantError('EXEC_FAILED', `configuring the packages failed: exit code: ${status}`, {
      output: output.lastLines(),
      processStatus: status,
    });
  }
  const written = await readUpper(upper, {
    startedAt,
    userNamespace: privileges === 'namespace',
    below: tree.get,
  });
  // Here diversions are carried out: scripts run.
  const still = notes.filter(({ kind }) => kind !== 'diversion');
  const kept = request.slim ? written.filter(({ path }) => !isLeftOutOfSlim(path)) : written;
  return { layer: oneLayer(layer, makeLayer(kept), time), notes: still, time };
}

/** What dpkg would have if it had unpacked everything and configured nothing. */
export function unpackedSystem(
  debs: readonly Deb[],
  { slim = false, aptSources, time }: Pick<SystemRequest, 'slim' | 'aptSources' | 'time'>,
): Merged {
  const merged = mergePackages(debs, {
    leaveOut: slim ? SLIM_LEAVES_OUT : [],
    statusFiles: false,
    ...(time === undefined ? {} : { time }),
  });
  const added: Node[] = [...fullStatus(debs, merged.time)];
  if (slim) added.push(textFile(SLIM_CONFIGURATION_PATH, SLIM_CONFIGURATION, merged.time));
  if (aptSources !== undefined) {
    added.push(textFile(aptSources.path, aptSources.text, merged.time));
  }
  const shipped = new Set(merged.layer.entries.map(({ path }) => path));
  const own = added.filter(({ type, path }) => type !== 'directory' || !shipped.has(path));
  return { ...merged, layer: makeLayer([...merged.layer.entries, ...own]) };
}

/** Both layers as one, without what is no part of a system; what was written has the system's time, not the clock's. */
function oneLayer(below: Layer, above: Layer, time: number): Layer {
  const nodes: Node[] = [];
  for (const node of walk(stack([below, above]))) {
    if (node.path === '' || isLeftover(node.path)) continue;
    const { clock, ...rest } = node;
    nodes.push(clock ? { ...rest, mtime: time } : node);
  }
  // Present and empty, so that every system that is started from it gets one of its own (machine-id(5)).
  nodes.push({ ...textFile('etc/machine-id', '', time), mode: 0o444 });
  return makeLayer(nodes);
}
