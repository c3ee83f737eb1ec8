/**
 * The program in front of bubblewrap, compiled for each run (static-program.ts): it dies with decant, makes namespaces, mounts
 * the overlays where only what follows sees them, and becomes bubblewrap there. Where a layer is to be read afterwards it
 * becomes getfattr once that has ended well: Node has no call for extended attributes.
 */
import { accessSync, constants as fileConstants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePath } from '../codec/path.ts';
import { DecantError } from '../errors.ts';
import { INIT_PATH } from './bubblewrap.ts';
import { pathText } from './data-section.ts';
import { DESCRIPTORS, IGNORED_OUTSIDE } from './init.ts';
import type { Overlay } from './layout.ts';
import type { CallStep, ExecuteStep, Step } from './static-program.ts';
import { compileProgram } from './static-program.ts';
import { ARCHITECTURE } from './system-calls.ts';
import { findTool, toolEnvironment, type ToolName } from './tools.ts';
import { GETFATTR_ARGUMENTS } from './xattrs.ts';

export interface FrontRequest {
  /** The number of decant's process. */
  readonly parent: number;
  /** Mounted in this order, in the working directory. */
  readonly overlays: readonly Overlay[];
  /** A directory whose extended attributes are listed when the process has ended with status 0. */
  readonly listed: string | undefined;
}

const PR_SET_PDEATHSIG = 1;
const CLONE_NEWNS = 0x00020000;
const CLONE_NEWPID = 0x20000000;
const MS_REC = 0x4000;
const MS_PRIVATE = 0x40000;
const SIG_IGN = 1;

/** What bubblewrap starts cannot outlive the first process of its namespace, which is bubblewrap, at any moment. */
export function frontSteps({ parent, overlays, listed }: FrontRequest): Step[] {
  return [
    // What a terminal's Ctrl-C does is decided by the process and by decant, not by the programs in between.
    ...IGNORED_OUTSIDE.map(ignore),
    dieWithParent(),
    // Whose parent died before that has another one now.
    { call: 'getppid', args: [], expected: { result: parent, message: 'decant is gone', status: 1 } },
    {
      namespaces: CLONE_NEWNS | CLONE_NEWPID,
      child: [
        dieWithParent(),
        {
          call: 'mount',
          args: [pathText('none'), pathText('/'), 0, MS_REC | MS_PRIVATE, 0],
          failure: { message: 'cannot make mounts private', status: 1 },
        },
        ...overlays.map(mountOverlay),
        execute('bwrap', ['--args', String(DESCRIPTORS.arguments), '--', INIT_PATH]),
      ],
    },
    { wait: 'child', missing: 'namespaces for processes and mounts are not permitted here' },
    ...(listed === undefined ? [{ call: 'exit_group', args: [0] } as const] : listAttributes(listed)),
  ];
}

/**
 * Starts the program from the run's own directory; where that is mounted `noexec`, from a temporary one.
 *
 * @param start What it starts is on its way when it returns: the file is not needed any more.
 */
export function startFront<T>(scratch: string, request: FrontRequest, start: (path: string) => T): T {
  const program = compileProgram(ARCHITECTURE, frontSteps(request));
  const path = join(scratch, 'front');
  writeFileSync(path, program, { mode: 0o700, flag: 'wx' });
  if (isExecutable(path)) return start(path);
  const folder = mkdtempSync(join(tmpdir(), 'decant-'));
  try {
    const other = join(folder, 'front');
    writeFileSync(other, program, { mode: 0o700 });
    if (isExecutable(other)) return start(other);
  } finally {
    rmSync(folder, { recursive: true });
  }
  throw new DecantError('MACHINE_UNSUPPORTED', `no program can be started from ${scratch}`, {
    hint: 'its file system is mounted noexec: set DECANT_HOME or TMPDIR to a folder on another',
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, fileConstants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function ignore(signal: number): CallStep {
  const action = Buffer.alloc(32);
  action.writeUInt8(SIG_IGN);
  return { call: 'rt_sigaction', args: [signal, action, 0, 8] };
}

function dieWithParent(): CallStep {
  return { call: 'prctl', args: [PR_SET_PDEATHSIG, constants.signals.SIGKILL, 0, 0, 0] };
}

/** What mount(2) says, for those who have to mend it. */
const MOUNT_ERRORS: readonly (readonly [number, string])[] = [
  [constants.errno.EPERM, 'not permitted'],
  [constants.errno.EACCES, 'permission denied'],
  [constants.errno.ENOENT, 'a layer is missing'],
  [constants.errno.ENODEV, 'the kernel has no overlayfs'],
  [
    constants.errno.EINVAL,
    'the file system of the store cannot hold one, or the kernel does not know an option',
  ],
  [constants.errno.ENOMEM, 'no memory'],
  [constants.errno.ENOSPC, 'no space, or too many mounts'],
  [constants.errno.EROFS, 'the file system is read-only'],
  [constants.errno.ESTALE, 'a layer is in use by another overlay'],
];

function mountOverlay({ point, options }: Overlay): CallStep {
  const message = 'cannot mount an overlay';
  return {
    call: 'mount',
    args: [pathText('overlay'), pathText(point), pathText('overlay'), 0, pathText(options)],
    refused: MOUNT_ERRORS.map(([error, why]) => ({ error, status: 1, message: `${message}: ${why}` })),
    failure: { message, status: 1 },
  };
}

function listAttributes(directory: string): Step[] {
  return [
    {
      call: 'chdir',
      args: [pathText(directory)],
      failure: { message: `cannot change to ${directory}`, status: 1 },
    },
    { call: 'dup3', args: [DESCRIPTORS.attributes, 1, 0] },
    execute('getfattr', GETFATTR_ARGUMENTS),
  ];
}

function execute(tool: ToolName, args: readonly string[]): ExecuteStep {
  const path = findTool(tool);
  return {
    execute: [encodePath(path)],
    argv: [path, ...args].map((argument) => encodePath(argument)),
    environment: Object.entries(toolEnvironment()).map(([name, value]) => encodePath(`${name}=${value}`)),
    name: path,
  };
}
