/** What the loader's cache says of a shared library, by its headers; nothing of a file that is none. */
import { isElf, readElf } from '../../codec/elf.ts';
import { libraryFlags } from '../../codec/ld-cache.ts';
import type { Content } from '../../tree/entry.ts';

export interface Library {
  readonly soname?: string;
  readonly flags: number;
  readonly littleEndian: boolean;
}

/**
 * What is known of libraries already: bases that stand on one another are composed one after another, and to read a
 * library is to unpack its package.
 */
export interface LibraryMemory {
  readonly get: (content: Content) => Library | 'none' | undefined;
  readonly set: (content: Content, library: Library | 'none') => void;
}

export function libraryOf(bytes: Uint8Array): Library | undefined {
  const elf = isElf(bytes) ? readElf(bytes) : undefined;
  const flags = elf && libraryFlags(elf);
  if (!elf || flags === undefined) return undefined;
  const { soname, littleEndian } = elf;
  return { flags, littleEndian, ...(soname !== undefined && { soname }) };
}
