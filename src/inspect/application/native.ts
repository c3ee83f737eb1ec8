/** An ELF file as an application has it, and marks in its bytes of what no header says. */
import { type Elf, readElf } from '../../codec/elf.ts';
import { baseName } from '../../tree/path.ts';
import { LOADING_SYMBOLS } from './dlopened.ts';
import type { NativeObject } from './facts.ts';

/** Names of files of the base that programs open: whoever has none of them in it needs none of them. */
export const BASE_FILES: readonly string[] = [
  '/etc/ssl/',
  'ca-certificates',
  'zoneinfo',
  '/etc/passwd',
  '/etc/group',
  '/etc/nsswitch.conf',
  '/etc/services',
  '/etc/protocols',
  '/etc/mime.types',
  '/etc/os-release',
];

/** Undefined for what is no ELF file, or none that a loader loads: object files, cores, separate debug data. */
export function readNative(bytes: Buffer, path: string, mayRun: boolean): NativeObject | undefined {
  // Byte 7 is the system: 0 and 3 are Linux, 9 is FreeBSD, for which jars have libraries too.
  const isLinux = bytes[7] === 0 || bytes[7] === 3;
  const elf = path.endsWith('.debug') || !isLinux ? undefined : readElf(bytes);
  if (!elf || (elf.type !== 'executable' && elf.type !== 'shared')) return undefined;
  const marks = [
    ...BASE_FILES.filter((name) => bytes.includes(name)),
    ...(elf.dynamic ? LOADING_SYMBOLS.filter((symbol) => bytes.includes(`\0${symbol}\0`)) : []),
    ...(/\0node_register_module_v\d{2,3}\0/.exec(symbolsNear(bytes)) ?? []).map((one) =>
      one.replaceAll('\0', ''),
    ),
  ];
  return { path, elf, executable: isExecutable(elf, path, mayRun), marks };
}

/** A position-independent executable without an interpreter looks like a library that needs nothing. */
function isExecutable(elf: Elf, path: string, mayRun: boolean): boolean {
  if (elf.interpreter !== undefined) return !/^lib.*\.so(\.|$)/.test(baseName(path));
  if (elf.type === 'executable') return true;
  return mayRun && elf.soname === undefined && elf.needed.length === 0 && !/\.so(\.|$)|\.node$/.test(path);
}

const NODE_SYMBOL = 'node_register_module_v';

function symbolsNear(bytes: Buffer): string {
  const at = bytes.indexOf(NODE_SYMBOL);
  return at < 1 ? '' : bytes.toString('latin1', at - 1, at + NODE_SYMBOL.length + 8);
}
