/** Crates of a Rust program that was built by cargo-auditable: JSON, packed with zlib, in a section `.dep-v0`. */
import { inflateSync } from 'node:zlib';
import type { ElfOutline, ReadPart } from '../../codec/elf-sections.ts';
import type { PackageFinding } from './package.ts';

const SECTION = '.dep-v0';
/** What cargo-auditable's own readers take at most is as much. */
const MAX_BYTES = 8 * 1024 * 1024;

export async function cargoCrates(
  outline: ElfOutline,
  read: ReadPart,
  path: string,
  warn: (text: string) => void,
): Promise<readonly PackageFinding[]> {
  const section = outline.sections.find(({ name }) => name === SECTION);
  if (!section) return [];
  try {
    if (section.size > MAX_BYTES) throw new RangeError('too large');
    const text = inflateSync(await read(section.offset, section.size), { maxOutputLength: MAX_BYTES });
    return cratesOf(JSON.parse(text.toString('utf8')), path);
  } catch {
    warn(`${path}: what cargo-auditable noted in it (${SECTION}) is damaged`);
    return [];
  }
}

function cratesOf(json: unknown, path: string): readonly PackageFinding[] {
  const { packages } = json as { readonly packages?: unknown };
  if (!Array.isArray(packages)) throw new TypeError('no packages');
  return (packages as readonly Readonly<Record<string, unknown>>[]).flatMap((one) => {
    const { name, version, kind } = one;
    // What only took part in the build is not in the program.
    if (typeof name !== 'string' || typeof version !== 'string' || kind === 'build') return [];
    return [{ manager: 'cargo' as const, name, version, path }];
  });
}
