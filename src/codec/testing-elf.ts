/** Small ELF files for tests: a header, program headers and a dynamic section, as the loader would read them. */

export interface ElfSample {
  readonly class?: 32 | 64;
  readonly littleEndian?: boolean;
  readonly machine?: number;
  /** 2 executable, 3 shared. */
  readonly type?: number;
  readonly interpreter?: string;
  readonly soname?: string;
  readonly needed?: readonly string[];
  readonly runpath?: string;
}

export function elfFile(sample: ElfSample): Buffer {
  const {
    class: bits = 64,
    littleEndian = true,
    machine = 62,
    type = 3,
    interpreter,
    soname,
    needed = [],
    runpath,
  } = sample;
  const wide = bits === 64;
  const [headerBytes, programBytes, wordBytes] = wide ? [64, 56, 8] : [52, 32, 4];
  const strings: string[] = [''];
  const add = (text: string): number => {
    const at = Buffer.byteLength(strings.join('\0')) + 1;
    strings.push(text);
    return at;
  };
  const tags: [number, number][] = needed.map((name) => [1, add(name)]);
  if (soname !== undefined) tags.push([14, add(soname)]);
  if (runpath !== undefined) tags.push([29, add(runpath)]);
  const interpreterAt = interpreter === undefined ? undefined : add(interpreter);
  const table = Buffer.from(`${strings.join('\0')}\0`);

  const segments = interpreterAt === undefined ? 2 : 3;
  const tableAt = headerBytes + segments * programBytes;
  const dynamicAt = tableAt + table.length;
  const dynamic = [...tags, [5, tableAt] as const, [0, 0] as const];
  const bytes = Buffer.alloc(dynamicAt + dynamic.length * 2 * wordBytes);
  const half = (at: number, value: number): void =>
    void (littleEndian ? bytes.writeUInt16LE(value, at) : bytes.writeUInt16BE(value, at));
  const word = (at: number, value: number): void =>
    void (littleEndian ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at));
  const address = (at: number, value: number): void => {
    if (!wide) word(at, value);
    else if (littleEndian) bytes.writeBigUInt64LE(BigInt(value), at);
    else bytes.writeBigUInt64BE(BigInt(value), at);
  };
  const program = (index: number, kind: number, offset: number, size: number): void => {
    const at = headerBytes + index * programBytes;
    word(at, kind);
    address(at + (wide ? 8 : 4), offset);
    address(at + (wide ? 16 : 8), offset);
    address(at + (wide ? 32 : 16), size);
  };

  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, littleEndian ? 1 : 2, 1]);
  half(16, type);
  half(18, machine);
  word(20, 1);
  address(wide ? 32 : 28, headerBytes);
  half(wide ? 54 : 42, programBytes);
  half(wide ? 56 : 44, segments);
  program(0, 1, 0, bytes.length);
  program(1, 2, dynamicAt, dynamic.length * 2 * wordBytes);
  if (interpreterAt !== undefined)
    program(2, 3, tableAt + interpreterAt, Buffer.byteLength(interpreter ?? '') + 1);
  table.copy(bytes, tableAt);
  for (const [index, [tag, value]] of dynamic.entries()) {
    address(dynamicAt + index * 2 * wordBytes, tag);
    address(dynamicAt + index * 2 * wordBytes + wordBytes, value);
  }
  return bytes;
}
