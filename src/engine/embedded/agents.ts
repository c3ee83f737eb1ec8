/**
 * Agents of ssh (draft-ietf-sshm-ssh-agent) for steps: each step gets a socket of its own, with the owner and mode that
 * its mount says, and what is said there is passed on to the agent. Where keys were given instead of an agent, the
 * host's ssh-agent is started for the build, and ends with it.
 */
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, closeSync, constants, existsSync, mkdirSync, openSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { monotonic } from '../../events.ts';
import { DecantError } from '../../errors.ts';
import type { ExecMount } from '../../plan/operation.ts';
import { findTool, toolEnvironment } from '../../sandbox/tools.ts';
import { once } from './memo.ts';

export type AgentSource =
  | { readonly type: 'socket'; readonly path: string }
  /** Private keys, in PEM or OpenSSH's form. */
  | {
      readonly type: 'keys';
      readonly keys: readonly { readonly name: string; readonly bytes: Uint8Array }[];
    };

export interface Agents {
  /** A socket for one step; undefined where no agent of that id was given and none is required. */
  readonly forward: (mount: SocketMount, scratch: string) => Promise<Forwarded | undefined>;
  readonly close: () => void;
}

export type SocketMount = Pick<
  ExecMount & { readonly type: 'ssh' },
  'id' | 'required' | 'mode' | 'uid' | 'gid'
>;

export interface Forwarded {
  readonly path: string;
  readonly close: () => void;
}

const START_MILLISECONDS = 30_000;
const POLL_MILLISECONDS = 10;

/** @param temporary A directory that goes with the build. */
export function createAgents(
  sources: ReadonlyMap<string, AgentSource>,
  temporary: () => Promise<string>,
): Agents {
  const running: (() => void)[] = [];
  const sockets = new Map(
    [...sources].map(([id, source], index) => [
      id,
      once(async () =>
        source.type === 'socket'
          ? source.path
          : startAgent(join(await temporary(), `agent${index}`), source.keys, running),
      ),
    ]),
  );
  let count = 0;
  return {
    async forward({ id, required, mode, uid, gid }, scratch) {
      const socket = sockets.get(id);
      if (!socket) {
        if (!required) return undefined;
        throw new DecantError('SECRET_MISSING', `there is no ssh agent "${id}"`, {
          hint: `give it to the build: --ssh ${id}${id === 'default' ? '' : '=SOCKET'}`,
        });
      }
      const name = `agent${(count += 1)}`;
      const close = await listen(scratch, name, await socket());
      const path = join(scratch, name);
      chownSync(path, uid, gid);
      chmodSync(path, mode);
      return { path, close };
    },
    close() {
      for (const stop of running.splice(0)) stop();
    },
  };
}

/** Addresses of sockets have 108 bytes at most (unix(7)); through a descriptor of the directory all are short. */
async function listen(directory: string, name: string, agent: string): Promise<() => void> {
  const descriptor = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  const agentFolder = openSync(dirname(agent), constants.O_RDONLY | constants.O_DIRECTORY);
  const open = new Set<Socket>();
  const server = createServer((from) => {
    const to = connect(`/proc/self/fd/${agentFolder}/${basename(agent)}`);
    for (const each of [from, to]) {
      open.add(each);
      each.on('error', () => undefined);
      each.on('close', () => {
        open.delete(each);
        from.destroy();
        to.destroy();
      });
    }
    from.pipe(to).pipe(from);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.on('error', reject);
      server.listen(`/proc/self/fd/${descriptor}/${name}`, resolve);
    });
  } finally {
    closeSync(descriptor);
  }
  return () => {
    server.close();
    closeSync(agentFolder);
    for (const each of open) each.destroy();
  };
}

async function startAgent(
  folder: string,
  keys: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  running: (() => void)[],
): Promise<string> {
  mkdirSync(folder, { mode: 0o700 });
  const child = spawn(
    findTool('setpriv'),
    ['--pdeathsig', 'KILL', '--', findTool('ssh-agent'), '-D', '-a', 'socket'],
    { cwd: folder, env: toolEnvironment(), stdio: 'ignore' },
  );
  running.push(() => child.kill('SIGKILL'));
  const socket = join(folder, 'socket');
  const end = monotonic() + START_MILLISECONDS;
  while (!existsSync(socket)) {
    if (child.exitCode !== null || monotonic() > end)
      throw new DecantError('MACHINE_UNSUPPORTED', 'ssh-agent did not start');
    await setTimeout(POLL_MILLISECONDS);
  }
  for (const key of keys) await addKey(folder, key);
  return socket;
}

async function addKey(
  folder: string,
  { name, bytes }: { readonly name: string; readonly bytes: Uint8Array },
): Promise<void> {
  // Without a terminal it cannot ask for a passphrase, and says so.
  const child = spawn(findTool('ssh-add'), ['-q', '-'], {
    cwd: folder,
    env: { ...toolEnvironment(), SSH_AUTH_SOCK: 'socket' },
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(bytes);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (status === 0) return;
  throw new DecantError('SECRET_MISSING', `ssh-add does not take the key "${name}"`, {
    output: said.split('\n').filter((line) => line !== ''),
    hint: 'a key with a passphrase has to be in an agent: ssh-add it there and give --ssh default',
  });
}
