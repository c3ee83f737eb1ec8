/** Small ELF files for tests that have sections, and the one segment of data that they lie in. */

export interface SectionsSample {
  readonly class?: 32 | 64;
  readonly littleEndian?: boolean;
  /** Left out, as by a tool that strips everything. */
  readonly withoutHeaders?: boolean;
}

/** Where the first section's bytes are in the file; they are loaded at `ADDRESS` more than that. */
export const FIRST_SECTION = 128;
export const ADDRESS = 0x400000;

export function elfWithSections(
  sections: Readonly<Record<string, Uint8Array>>,
  { class: bits = 64, littleEndian = true, withoutHeaders = false }: SectionsSample = {},
): Buffer {
  const wide = bits === 64;
  const names = Buffer.from(`\0${Object.keys(sections).join('\0')}\0.shstrtab\0`);
  const all: readonly (readonly [string, Uint8Array])[] = [...Object.entries(sections), ['.shstrtab', names]];
  const [headerBytes, sectionBytes, programBytes] = wide ? [64, 64, 56] : [52, 40, 32];
  const places: { name: string; offset: number; size: number }[] = [];
  let end = FIRST_SECTION;
  for (const [name, { length }] of all) {
    places.push({ name, offset: end, size: length });
    end = Math.ceil((end + length) / 16) * 16;
  }
  const file = Buffer.alloc(end + (places.length + 1) * sectionBytes);
  for (const [index, [, bytes]] of all.entries()) file.set(bytes, places[index]?.offset);
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const half = (at: number, value: number): void => view.setUint16(at, value, littleEndian);
  const word = (at: number, value: number): void => view.setUint32(at, value, littleEndian);
  const long = (at: number, value: number): void =>
    wide ? view.setBigUint64(at, BigInt(value), littleEndian) : word(at, value);
  file.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, littleEndian ? 1 : 2, 1]);
  half(16, 2);
  half(18, 62);
  long(wide ? 32 : 28, headerBytes);
  half(wide ? 54 : 42, programBytes);
  half(wide ? 56 : 44, 1);
  if (!withoutHeaders) {
    long(wide ? 40 : 32, end);
    half(wide ? 58 : 46, sectionBytes);
    half(wide ? 60 : 48, places.length + 1);
    half(wide ? 62 : 50, places.length);
  }
  // The one segment, writable: from the first section to the end of the last.
  word(headerBytes, 1);
  word(headerBytes + (wide ? 4 : 24), 6);
  long(headerBytes + (wide ? 8 : 4), FIRST_SECTION);
  long(headerBytes + (wide ? 16 : 8), FIRST_SECTION + ADDRESS);
  long(headerBytes + (wide ? 32 : 16), end - FIRST_SECTION);
  for (const [index, { name, offset, size }] of places.entries()) {
    const at = end + (index + 1) * sectionBytes;
    word(at, names.indexOf(`\0${name}\0`) + 1);
    word(at + 4, 1);
    long(at + (wide ? 16 : 12), ADDRESS + offset);
    long(at + (wide ? 24 : 16), offset);
    long(at + (wide ? 32 : 20), size);
  }
  return file;
}
