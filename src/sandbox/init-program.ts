/**
 * A program of system calls, as data, compiled to a tiny static executable.
 *
 * Something has to run inside the sandbox before the user's process does: bubblewrap cannot switch to another user or
 * set supplementary groups, and the image may have nothing that can (`FROM scratch`), while a program of the host
 * would not find its libraries there. So decant writes that program itself, for each run: a straight line of system
 * calls whose arguments, strings, argv and environment are all constants. It needs no compiler, no library and no
 * file of the image; and the environment of the image, secrets among it, is never seen by a program of the host.
 */
import { ARM64, X64, assemble, codeSize } from './assembler.ts';
import type { Machine, Operation } from './assembler.ts';
import { ELF_MACHINES, dataAddress, executable } from './elf.ts';

export type Architecture = 'x64' | 'arm64';

/** Numbers of the system calls: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h. */
const SYSTEM_CALLS = {
  capset: { x64: 126, arm64: 91 },
  chdir: { x64: 80, arm64: 49 },
  close_range: { x64: 436, arm64: 436 },
  close: { x64: 3, arm64: 57 },
  connect: { x64: 42, arm64: 203 },
  dup3: { x64: 292, arm64: 24 },
  execve: { x64: 59, arm64: 221 },
  exit_group: { x64: 231, arm64: 94 },
  fchmod: { x64: 91, arm64: 52 },
  fchown: { x64: 93, arm64: 55 },
  fchownat: { x64: 260, arm64: 54 },
  openat: { x64: 257, arm64: 56 },
  ppoll: { x64: 271, arm64: 73 },
  prctl: { x64: 157, arm64: 167 },
  prlimit64: { x64: 302, arm64: 261 },
  read: { x64: 0, arm64: 63 },
  rt_sigaction: { x64: 13, arm64: 134 },
  setgroups: { x64: 116, arm64: 159 },
  setresgid: { x64: 119, arm64: 149 },
  setresuid: { x64: 117, arm64: 147 },
  socket: { x64: 41, arm64: 198 },
  umask: { x64: 95, arm64: 166 },
  write: { x64: 1, arm64: 64 },
} as const;

export type SystemCall = keyof typeof SYSTEM_CALLS;

/** A number, the address of bytes, or the address of a null-terminated list of addresses of byte strings. */
export type Argument = number | Uint8Array | readonly Uint8Array[];

export interface CallStep {
  readonly call: SystemCall;
  readonly args: readonly Argument[];
  /** What to say and end with when the call does not return 0. Without it the result does not matter. */
  readonly failure?: { readonly message: string; readonly status: number };
  /** What to end with when the call returns one of these errors (errno). */
  readonly refused?: readonly { readonly error: number; readonly status: number }[];
}

export interface ExecuteStep {
  /** Paths to try in turn, each null-terminated by the compiler. */
  readonly execute: readonly Uint8Array[];
  readonly argv: readonly Uint8Array[];
  readonly environment: readonly Uint8Array[];
  /** How messages name the program. */
  readonly name: string;
}

/** The executable's bytes. The steps run in order; the last one must not return. */
export function compileInit(architecture: Architecture, steps: readonly (CallStep | ExecuteStep)[]): Buffer {
  const machine: Machine = architecture === 'x64' ? X64 : ARM64;
  // Addresses do not change the size of the code: compile once for the size, then again with the data in its place.
  const size = codeSize(machine, translate(architecture, steps, new DataSection(0)));
  const data = new DataSection(dataAddress(size));
  const code = assemble(machine, translate(architecture, steps, data));
  return executable(ELF_MACHINES[architecture], code, data.bytes());
}

function translate(
  architecture: Architecture,
  steps: readonly (CallStep | ExecuteStep)[],
  data: DataSection,
): Operation[] {
  const call = (name: SystemCall, args: readonly Argument[]): Operation[] => [
    ...args.map((value, argument): Operation => ({ do: 'load', argument, value: data.address(value) })),
    { do: 'load', argument: -1, value: SYSTEM_CALLS[name][architecture] },
    { do: 'syscall' },
  ];
  const fail = (message: string, status: number): Operation[] => {
    const text = Buffer.from(`${message}\n`);
    return [...call('write', [2, text, text.length]), ...call('exit_group', [status])];
  };
  return steps.flatMap((step, index): Operation[] => {
    if ('execute' in step) return translateExecute(step, call, fail);
    const operations = [...call(step.call, step.args), ...translateRefused(step, index, call)];
    if (!step.failure) return operations;
    const next = `step ${index} done`;
    return [
      ...operations,
      { do: 'jump-if-zero', to: next },
      ...fail(step.failure.message, step.failure.status),
      { do: 'label', name: next },
    ];
  });
}

type Call = (name: SystemCall, args: readonly Argument[]) => Operation[];

function translateRefused({ refused = [] }: CallStep, index: number, call: Call): Operation[] {
  if (refused.length === 0) return [];
  const after = `step ${index} not refused`;
  const label = (error: number): string => `step ${index} refused ${error}`;
  return [
    ...refused.map(({ error }): Operation => ({ do: 'jump-if-error', error, to: label(error) })),
    { do: 'jump', to: after },
    ...refused.flatMap(({ error, status }): Operation[] => [
      { do: 'label', name: label(error) },
      ...call('exit_group', [status]),
    ]),
    { do: 'label', name: after },
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
function translateExecute(
  step: ExecuteStep,
  call: (name: SystemCall, args: readonly Argument[]) => Operation[],
  fail: (message: string, status: number) => Operation[],
): Operation[] {
  const tries = step.execute.flatMap((path, index): Operation[] => [
    ...call('execve', [terminated(path), step.argv, step.environment]),
    { do: 'jump-if-error', error: ENOENT, to: `next ${index}` },
    { do: 'jump-if-error', error: ENOTDIR, to: `next ${index}` },
    { do: 'jump-if-error', error: ENOEXEC, to: 'format' },
    { do: 'set-flag', value: 1 },
    { do: 'jump-if-error', error: EACCES, to: `next ${index}` },
    { do: 'jump', to: 'other' },
    { do: 'label', name: `next ${index}` },
  ]);
  const { name } = step;
  return [
    { do: 'set-flag', value: 0 },
    ...tries,
    { do: 'jump-if-flag', to: 'permission' },
    ...fail(`${name}: ${NOT_STARTED.missing}`, 127),
    { do: 'label', name: 'permission' },
    ...fail(`${name}: permission denied`, 126),
    { do: 'label', name: 'format' },
    ...fail(`${name}: ${NOT_STARTED.format}`, 126),
    { do: 'label', name: 'other' },
    ...fail(`${name}: cannot be executed`, 126),
  ];
}

/** Constants, each at an address that is a multiple of 8; equal strings of one step are not worth sharing. */
class DataSection {
  readonly #base: number;
  readonly #parts: Buffer[] = [];
  readonly #known = new Map<object, number>();
  #size = 0;

  constructor(base: number) {
    this.#base = base + ((8 - (base % 8)) % 8);
    if (this.#base !== base) this.#parts.push(Buffer.alloc(this.#base - base));
  }

  address(value: Argument): number {
    if (typeof value === 'number') return value;
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const address = value instanceof Uint8Array ? this.#append(value) : this.#appendList(value);
    this.#known.set(value, address);
    return address;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #appendList(list: readonly Uint8Array[]): number {
    const pointers = Buffer.alloc(8 * (list.length + 1));
    list.forEach((text, index) =>
      pointers.writeBigUInt64LE(BigInt(this.#append(terminated(text))), index * 8),
    );
    return this.#append(pointers);
  }

  #append(bytes: Uint8Array): number {
    const address = this.#base + this.#size;
    const padded = Buffer.alloc(Math.ceil(bytes.length / 8) * 8);
    padded.set(bytes);
    this.#parts.push(padded);
    this.#size += padded.length;
    return address;
  }
}

function terminated(text: Uint8Array): Uint8Array {
  return Buffer.concat([text, Buffer.alloc(1)]);
}
