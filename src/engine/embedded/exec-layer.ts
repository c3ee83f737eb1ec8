/** Carrying out RUN: the one operation that needs a disk. What the process wrote becomes a layer as it lies there. */
import { randomBytes } from 'node:crypto';
import { DecantError } from '../../errors.ts';
import type { ExecOperation } from '../../plan/operation.ts';
import { runInSandbox } from '../../sandbox/run.ts';
import type { SandboxRequest } from '../../sandbox/run.ts';
import { readUpper } from '../../sandbox/upper.ts';
import type { Entry } from '../../tree/entry.ts';
import { makeLayer } from '../../tree/layer.ts';
import { layerIndex } from '../../tree/serialize.ts';
import { stack } from '../../tree/tree.ts';
import type { Made } from './cached-layer.ts';
import { markClockTimes } from './clock-times.ts';
import { foreignProgram } from './foreign.ts';
import type { LayerHandle } from './layer-handle.ts';
import { sizeOf } from '../../tree/size.ts';
import { all, limiter } from './memo.ts';
import { needUnpackedLayers } from './namespace.ts';
import { readyMounts } from './exec-mounts.ts';
import type { ReadyMounts } from './exec-mounts.ts';
import { readyToPack } from './pack-layer.ts';
import { redactor } from './secrets.ts';
import { stepOutput } from './step-output.ts';
import type { Session } from './session.ts';
import type { StateOf } from './state.ts';
import { surroundings } from './surroundings.ts';
import { filesOf, writeIndex } from './unpack.ts';

/** Stages run side by side; this bounds what a Dockerfile with very many of them can start at once. */
const running = limiter(32);

const HOSTNAME = 'decant';

/** What makes a step take as long as this makes something that is packed afterwards, as a rule. */
const LONG_MILLISECONDS = 80;

export function runStep(
  session: Session,
  exec: ExecOperation,
  lowers: readonly LayerHandle[],
  stateOf: StateOf,
): Promise<Made> {
  return running(async () => {
    const { store, signal, steps } = session;
    needUnpackedLayers(session);
    const [below, directories] = await all([
      all(lowers.map((layer) => layer.entries())),
      all(lowers.map((layer) => layer.directory())),
    ] as const);
    const tree = stack(below);
    signal.throwIfAborted();
    const slot = await store.layers.create();
    const scratch = await store.tmp.create();
    const upper = filesOf(slot.path);
    // The kernel keeps things of its own in it; apart from the slot, since nothing of it is published.
    const work = await store.tmp.create();
    let ready: ReadyMounts | undefined;
    let isKept = false;
    // The small folders go with the process's own one: nobody waits for that.
    const tidy = async (): Promise<void> => ready?.release();
    const discard = async (): Promise<void> => {
      await tidy();
      await slot.discard();
    };
    try {
      ready = await readyMounts({ session, exec, stateOf, scratch: scratch.path });
      const startedAt = Date.now();
      const output = stepOutput((stream, text) => steps.output(exec, stream, text), redactor(ready.secrets));
      const given = await surroundings(tree, {
        open: session.open,
        user: exec.user,
        env: { ...exec.proxyEnv, ...exec.env, ...ready.env },
        certificates: session.sandbox.certificates,
      });
      const request: SandboxRequest = {
        lowers: directories
          .filter((id) => id !== undefined)
          .map((id) => filesOf(store.layers.path(id)))
          .reverse(),
        upper,
        work: work.path,
        scratch: scratch.path,
        args: exec.args,
        cwd: exec.cwd,
        network: exec.network === 'default' ? session.sandbox.network : exec.network,
        hostname: HOSTNAME,
        insecure: exec.security === 'insecure',
        extraHosts: session.sandbox.hosts,
        sharedMemory: session.sandbox.sharedMemory,
        limits: session.sandbox.limits,
        stdio: 'pipe',
        pipesAhead: store.folder('pipes'),
        listsAttributes: true,
        ...given,
        mounts: [...(given.mounts ?? []), ...ready.mounts],
      };
      const { status, attributes } = await whileWaiting(readyToPack, () =>
        runInSandbox(request, { signal, onOutput: output.write }),
      );
      output.end();
      if (status !== 0) {
        if (session.failed) {
          await session.failed.keep({ request, discard });
          isKept = true;
        }
        const lines = output.lastLines();
        throw (await foreignProgram(exec, lines, tree, session.open)) ?? failure(exec, status, lines);
      }
      const entries = await readUpper(upper, {
        startedAt,
        userNamespace: session.privileges === 'namespace',
        below: tree.get,
        attributes,
      });
      const layer = makeLayer(markClockTimes(entries, below));
      const made = { layer, size: sizeOf(layer) };
      if (layer.entries.length === 0) return made;
      writeIndex(slot.path, layerIndex(layer, upper));
      // Every run is a layer of its own, even of the same step: its files may differ from those of the last one.
      const id = `r${randomBytes(7).toString('hex')}`;
      await slot.publish(id);
      return { ...made, layer: moved(layer, upper, filesOf(store.layers.path(id))), directory: id };
    } catch (error) {
      if (!isKept) await slot.discard();
      throw error;
    } finally {
      if (!isKept) await tidy();
    }
  });
}

/** Does something that will be needed later, if waiting takes long enough for it. */
async function whileWaiting<T>(doMeanwhile: () => void, wait: () => Promise<T>): Promise<T> {
  const timer = setTimeout(doMeanwhile, LONG_MILLISECONDS);
  try {
    return await wait();
  } finally {
    clearTimeout(timer);
  }
}

function moved(layer: { readonly entries: readonly Entry[] }, from: string, to: string) {
  return {
    entries: layer.entries.map((entry) =>
      entry.type === 'file' && entry.content.kind === 'file' && entry.content.path.startsWith(from)
        ? { ...entry, content: { ...entry.content, path: to + entry.content.path.slice(from.length) } }
        : entry,
    ),
  };
}

function failure(exec: ExecOperation, status: number, output: readonly string[]): DecantError {
  const command = exec.args.join(' ');
  return new DecantError(
    'EXEC_FAILED',
    `process ${JSON.stringify(command)} did not complete successfully: exit code: ${status}`,
    {
      place: exec.place,
      output,
      processStatus: status,
      hint: hintFor(status, output),
    },
  );
}

function hintFor(status: number, output: readonly string[]): string | undefined {
  const text = output.join('\n');
  if (
    /certificate (verify failed|signed by unknown|is not trusted)|unable to get local issuer|SSL certificate problem|self-signed certificate/i.test(
      text,
    )
  ) {
    return "behind a proxy that signs certificates, lend the step the host's: --ca-certificates host";
  }
  if (/no space left on device|disk quota exceeded/i.test(text)) {
    return 'the step writes below the store: free some space there (`decant prune` removes what nothing needs)';
  }
  if (status === 127) return 'the command, or the shell that should run it, is not in the image';
  if (status === 126)
    return 'the command was found but could not be executed: check its mode and its #! line';
  if (status === 137) return 'the process was killed, often for want of memory';
  return undefined;
}
