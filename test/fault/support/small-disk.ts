/** A small file system of its own, which only what is started through it can see: a tmpfs in a mount namespace. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { ended, run } from './decant.ts';
import type { Ended, RunOptions } from './decant.ts';

export interface SmallDisk {
  /** Where it is mounted, for those inside. */
  readonly path: string;
  readonly decant: (home: string, args: readonly string[], options?: RunOptions) => Promise<Ended>;
  /** Runs a shell script inside; gives its output. */
  readonly shell: (script: string) => Promise<string>;
  /** Gives it another size, in KiB. */
  readonly resize: (kibibytes: number) => Promise<void>;
  readonly remove: () => void;
}

const IS_ROOT = process.getuid?.() === 0;
const HOLD = 'mount -t tmpfs -o "$2" none "$1" && echo ready && exec cat >/dev/null';

/** @param options Of the mount: `size=8m`, `nr_inodes=100`. Who is not root becomes it in a user namespace. */
export async function smallDisk(path: string, options: string): Promise<SmallDisk> {
  mkdirSync(path, { recursive: true });
  const become = IS_ROOT ? [] : ['--user', '--map-root-user', '--map-auto'];
  const holder = spawn('unshare', [...become, '--mount', '--', 'sh', '-c', HOLD, 'sh', path, options], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const [said] = (await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit')])) as [Buffer];
  if (String(said) !== 'ready\n') throw new Error('the small disk could not be mounted');
  const join = IS_ROOT ? ['--mount'] : ['--user', '--mount', '--preserve-credentials'];
  const through = ['nsenter', '--target', String(holder.pid), ...join, '--'];

  const shell = async (script: string): Promise<string> => {
    const [command, ...args] = [...through, 'sh', '-c', script, 'sh', path];
    const result = await ended(spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
    if (result.status !== 0) throw new Error(`${script}: status ${result.status}: ${result.stderr}`);
    return result.stdout;
  };
  return {
    path,
    shell,
    decant: (home, args, more = {}) => run(home, args, { ...more, through }),
    resize: async (kibibytes) => void (await shell(`mount -o remount,size=${kibibytes}k "$1"`)),
    // It ends when nobody can write to it any more: when these tests end, whatever becomes of them.
    remove: () => holder.stdin.end(),
  };
}
