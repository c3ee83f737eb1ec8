/**
 * A program of system calls, as data, compiled to a tiny static executable.
 *
 * Something has to run inside the sandbox before the user's process does: bubblewrap cannot switch to another user or
 * set supplementary groups, and the image may have nothing that can (`FROM scratch`), while a program of the host
 * would not find its libraries there. And something has to run in front of bubblewrap, where half a dozen programs of the
 * host would take longer than all the rest. So decant writes these programs itself, for each run: system calls whose
 * arguments, strings, argv and environment are all constants. They need no compiler, no library and no file of the
 * image; and the environment of the image, secrets among it, is never seen by a program of the host.
 */
import { ARM64, X64, assemble, codeSize } from './assembler.ts';
import type { Machine, Operation } from './assembler.ts';
import { type Argument, DataSection, terminated } from './data-section.ts';
import { ELF_MACHINES, dataAddress, executable } from './elf.ts';
import { type Architecture, SYSTEM_CALLS, type SystemCall } from './system-calls.ts';

export interface CallStep {
  readonly call: SystemCall;
  readonly args: readonly Argument[];
  /** What to say and end with when the call does not return 0. Without it the result does not matter. */
  readonly failure?: Failure;
  /** What to say, if anything, and end with when the call returns one of these errors (errno). */
  readonly refused?: readonly {
    readonly error: number;
    readonly status: number;
    readonly message?: string;
  }[];
  /** What to say and end with when the call returns anything else. */
  readonly expected?: Failure & { readonly result: number };
}

export interface Failure {
  readonly message: string;
  readonly status: number;
}

export interface ExecuteStep {
  /** Paths to try in turn, each null-terminated by the compiler. */
  readonly execute: readonly Uint8Array[];
  readonly argv: readonly Uint8Array[];
  readonly environment: readonly Uint8Array[];
  /** How messages name the program. */
  readonly name: string;
}

/** Starts a process in new namespaces; the steps behind this one are the parent's. */
export interface ForkStep {
  /** CLONE_NEW…, of clone(2). */
  readonly namespaces: number;
  /** The last one must not return. */
  readonly child: readonly Step[];
}

/** Waits for the process that was started, and ends with status 1 unless it ended with 0. */
export interface WaitStep {
  readonly wait: 'child';
  /** What to say where there is none, because it could not be started. */
  readonly missing: string;
}

export type Step = CallStep | ExecuteStep | ForkStep | WaitStep;

/** The executable's bytes. The steps run in order; the last one must not return. */
export function compileProgram(architecture: Architecture, steps: readonly Step[]): Buffer {
  const machine: Machine = architecture === 'x64' ? X64 : ARM64;
  // Addresses do not change the size of the code: compile once for the size, then again with the data in its place.
  const size = codeSize(machine, translate(steps, compilation(architecture, 0)));
  const final = compilation(architecture, dataAddress(size));
  const code = assemble(machine, translate(steps, final));
  return executable(ELF_MACHINES[architecture], code, final.data.bytes());
}

interface Compilation {
  readonly data: DataSection;
  readonly call: (name: SystemCall, args: readonly Argument[]) => Operation[];
  readonly fail: (failure: Failure) => Operation[];
  /** The name of a place that no other step has. */
  readonly place: (name: string) => string;
}

function compilation(architecture: Architecture, base: number): Compilation {
  const data = new DataSection(base);
  let places = 0;
  const call: Compilation['call'] = (name, args) => [
    ...args.map((value, argument): Operation => ({ do: 'load', argument, value: data.address(value) })),
    { do: 'load', argument: -1, value: SYSTEM_CALLS[name][architecture] },
    { do: 'syscall' },
  ];
  return {
    data,
    call,
    fail: ({ message, status }) => {
      const text = Buffer.from(message === '' ? '' : `${message}\n`);
      return [
        ...(message === '' ? [] : call('write', [STDERR, text, text.length])),
        ...call('exit_group', [status]),
      ];
    },
    place: (name) => `${name} ${(places += 1)}`,
  };
}

const STDERR = 2;

function translate(steps: readonly Step[], made: Compilation): Operation[] {
  return steps.flatMap((step): Operation[] => {
    if ('execute' in step) return translateExecute(step, made);
    if ('child' in step) return translateFork(step, made);
    if ('wait' in step) return translateWait(step, made);
    return translateCall(step, made);
  });
}

function translateCall(step: CallStep, made: Compilation): Operation[] {
  const { call, fail, place } = made;
  const expected = step.expected ?? (step.failure && { ...step.failure, result: 0 });
  const done = place('done');
  return [
    ...call(step.call, step.args),
    ...(step.refused ?? []).flatMap(({ error, status, message = '' }): Operation[] => {
      const [refused, next] = [place('refused'), place('next')];
      return [
        { do: 'jump-if-error', error, to: refused },
        { do: 'jump', to: next },
        { do: 'label', name: refused },
        ...fail({ message, status }),
        { do: 'label', name: next },
      ];
    }),
    ...(expected
      ? [{ do: 'jump-if-result', result: expected.result, to: done } as const, ...fail(expected)]
      : []),
    { do: 'label', name: done },
  ];
}

const SIGCHLD = 17;
const ECHILD = 10;

function translateFork({ namespaces, child }: ForkStep, made: Compilation): Operation[] {
  const [own, after] = [made.place('child'), made.place('after')];
  return [
    ...made.call('clone', [namespaces | SIGCHLD, 0, 0, 0, 0]),
    { do: 'jump-if-zero', to: own },
    { do: 'jump', to: after },
    { do: 'label', name: own },
    ...translate(child, made),
    { do: 'label', name: after },
  ];
}

function translateWait({ missing }: WaitStep, { data, call, fail, place }: Compilation): Operation[] {
  const status = Buffer.alloc(4);
  const [none, done] = [place('none'), place('done')];
  return [
    ...call('wait4', [-1, status, 0, 0]),
    { do: 'jump-if-error', error: ECHILD, to: none },
    { do: 'read', address: data.address(status) },
    { do: 'jump-if-zero', to: done },
    ...fail({ message: '', status: 1 }),
    { do: 'label', name: none },
    ...fail({ message: missing, status: 1 }),
    { do: 'label', name: done },
  ];
}

const ENOENT = 2;
const ENOEXEC = 8;
const EACCES = 13;
const ENOTDIR = 20;

/** What is said of a program that the kernel does not start: it, or its interpreter, is not there; it is of no known form. */
export const NOT_STARTED = {
  missing: 'not found',
  format: 'cannot be executed here (made for another platform, or a script without "#!")',
} as const;

/** As execvp(3): the next candidate after "not found" and "not permitted", the latter remembered; else the end. */
function translateExecute(step: ExecuteStep, { call, fail, place }: Compilation): Operation[] {
  const [permission, format, other] = [place('permission'), place('format'), place('other')];
  const tries = step.execute.flatMap((path): Operation[] => {
    const next = place('next');
    return [
      ...call('execve', [terminated(path), step.argv, step.environment]),
      { do: 'jump-if-error', error: ENOENT, to: next },
      { do: 'jump-if-error', error: ENOTDIR, to: next },
      { do: 'jump-if-error', error: ENOEXEC, to: format },
      { do: 'set-flag', value: 1 },
      { do: 'jump-if-error', error: EACCES, to: next },
      { do: 'jump', to: other },
      { do: 'label', name: next },
    ];
  });
  const { name } = step;
  return [
    { do: 'set-flag', value: 0 },
    ...tries,
    { do: 'jump-if-flag', to: permission },
    ...fail({ message: `${name}: ${NOT_STARTED.missing}`, status: 127 }),
    { do: 'label', name: permission },
    ...fail({ message: `${name}: permission denied`, status: 126 }),
    { do: 'label', name: format },
    ...fail({ message: `${name}: ${NOT_STARTED.format}`, status: 126 }),
    { do: 'label', name: other },
    ...fail({ message: `${name}: cannot be executed`, status: 126 }),
  ];
}
