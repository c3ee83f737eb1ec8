/**
 * All programs that an intruder lives off, by name. Curated here, in words of our own: what each can do was taken from
 * what the programs' own manuals say of them.
 */
import { CLIENTS } from './clients.ts';
import { DEVELOPMENT } from './development.ts';
import { FILES } from './files.ts';
import { INTERPRETERS } from './interpreters.ts';
import { NETWORK, TRANSFER } from './network.ts';
import { PACKAGE_MANAGERS } from './packages.ts';
import type { Capability, ProgramRow } from './program.ts';
import { SHELLS, STARTERS } from './shells.ts';
import { SYSTEM_PROGRAMS } from './system.ts';

export const PROGRAM_ROWS: readonly ProgramRow[] = [
  ...SHELLS,
  ...STARTERS,
  ...INTERPRETERS,
  ...PACKAGE_MANAGERS,
  ...NETWORK,
  ...TRANSFER,
  ...DEVELOPMENT,
  ...CLIENTS,
  ...FILES,
  ...SYSTEM_PROGRAMS,
];

export interface KnownProgram {
  /** As the table has it: `python` for python3.11. */
  readonly name: string;
  /** What it is foremost comes first. */
  readonly capabilities: readonly Capability[];
  readonly reason: string;
}

const BY_NAME: ReadonlyMap<string, KnownProgram> = new Map(
  PROGRAM_ROWS.map(([name, capabilities, reason]) => [name, { name, capabilities, reason }]),
);

/** `x86_64-linux-gnu-gcc-12`: the machine that a tool of a compiler is for. */
const TRIPLET = /^[a-z0-9_]+-(?:[a-z0-9]+-)?linux-(?:gnu|musl)[a-z0-9]*-/;
/** `python3.11`, `gcc-12`, `perl5.36.0`, `lua54`, `python3.12-dbg`. */
const VERSION = /-?\d+(?:\.\d+)*(?:[a-z]|-?dbg)?$/;

/** What is known of a program by its file's name, with a version or the machine it is for in it or not. */
export function knownProgram(fileName: string): KnownProgram | undefined {
  const exact = BY_NAME.get(fileName);
  if (exact) return exact;
  const plain = fileName.replace(TRIPLET, '');
  return BY_NAME.get(plain) ?? BY_NAME.get(plain.replace(VERSION, ''));
}
