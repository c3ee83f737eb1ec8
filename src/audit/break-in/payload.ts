/**
 * What an intruder brings along: a tiny program that needs nothing of the image. `droppingSteps` is what the process that
 * was taken over does (it writes the program into a directory and starts it), `payload` the program itself: it says that it
 * runs, reads the environment that it was given, and connects to an address of this machine.
 */
import { encodePath } from '../../codec/path.ts';
import { pathText } from '../../sandbox/data-section.ts';
import { type CallStep, compileProgram, type ExecuteStep } from '../../sandbox/static-program.ts';
import type { Architecture } from '../../sandbox/system-calls.ts';

/** What the program says. */
export const DROPPED = 'decant: a dropped program runs\n';
/** What it sends to whoever listens. */
export const REACHED = 'decant: a dropped program connects\n';
export const DROPPED_STATUS = 42;

/** How the process ends where it cannot write, by the error. */
export const WRITE_REFUSED = { missing: 100, permission: 101, readOnly: 102, other: 103 } as const;

const AT_FDCWD = -100;
const [O_WRONLY, O_CREAT, O_EXCL] = [0o1, 0o100, 0o200];
const [EPERM, ENOENT, EACCES, EEXIST, ENOTDIR, EISDIR, EROFS, ETXTBSY] = [1, 2, 13, 17, 20, 21, 30, 26];
/** All descriptors but the standard ones are closed: the next one is this. */
const FIRST_DESCRIPTOR = 3;
const [AF_INET, SOCK_STREAM] = [2, 1];
const ENVIRONMENT_BYTES = 4096;

export function payload(architecture: Architecture, port: number): Buffer {
  const environment = Buffer.alloc(ENVIRONMENT_BYTES);
  const address = Buffer.alloc(16);
  address.writeUInt16LE(AF_INET, 0);
  address.writeUInt16BE(port, 2);
  address.set([127, 0, 0, 1], 4);
  const said = Buffer.from(DROPPED);
  const sent = Buffer.from(REACHED);
  return compileProgram(architecture, [
    { call: 'write', args: [1, said, said.length] },
    { call: 'openat', args: [AT_FDCWD, pathText('/proc/self/environ'), 0, 0] },
    { call: 'read', args: [FIRST_DESCRIPTOR, environment, ENVIRONMENT_BYTES] },
    { call: 'write', args: [1, environment, ENVIRONMENT_BYTES] },
    { call: 'close', args: [FIRST_DESCRIPTOR] },
    { call: 'socket', args: [AF_INET, SOCK_STREAM, 0] },
    { call: 'connect', args: [FIRST_DESCRIPTOR, address, address.length] },
    { call: 'write', args: [FIRST_DESCRIPTOR, sent, sent.length] },
    { call: 'exit_group', args: [DROPPED_STATUS] },
  ]);
}

/** @param path Absolute, of the program once it is dropped. */
export function droppingSteps(
  path: string,
  program: Buffer,
  env: Readonly<Record<string, string>>,
): readonly (CallStep | ExecuteStep)[] {
  const { missing, permission, readOnly, other } = WRITE_REFUSED;
  return [
    {
      call: 'openat',
      args: [AT_FDCWD, pathText(path), O_WRONLY | O_CREAT | O_EXCL, 0o755],
      refused: [
        { error: ENOENT, status: missing },
        { error: ENOTDIR, status: missing },
        { error: EACCES, status: permission },
        { error: EPERM, status: permission },
        { error: EROFS, status: readOnly },
        { error: EEXIST, status: other },
        { error: EISDIR, status: other },
        { error: ETXTBSY, status: other },
      ],
    },
    { call: 'write', args: [FIRST_DESCRIPTOR, program, program.length] },
    { call: 'fchmod', args: [FIRST_DESCRIPTOR, 0o755] },
    { call: 'close', args: [FIRST_DESCRIPTOR] },
    {
      execute: [encodePath(path)],
      argv: [encodePath(path)],
      environment: Object.entries(env).map(([name, value]) => encodePath(`${name}=${value}`)),
      name: path,
    },
  ];
}
