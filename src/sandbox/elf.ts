/**
 * A minimal static executable: ELF header, two program headers, code, data (System V ABI, chapters 4 and 5). Code is
 * not writable and data not executable; the kernel writes results into data.
 */

export const ELF_MACHINES = { x64: 62, arm64: 183 } as const;

const HEADER_BYTES = 64 + 2 * 56;
const BASE_ADDRESS = 0x400000;
/** The largest page size of either architecture: the segment may be mapped with any. */
const ALIGNMENT = 0x10000;

/** Where data begins in memory: one aligned step behind its place in the file, so that no page is shared with code. */
export function dataAddress(codeBytes: number): number {
  return BASE_ADDRESS + ALIGNMENT + HEADER_BYTES + codeBytes;
}

export function executable(machine: number, code: Buffer, data: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(2, 16); // ET_EXEC
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(BASE_ADDRESS + HEADER_BYTES), 24);
  header.writeBigUInt64LE(64n, 32); // the program header follows
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(2, 56);
  const codeEnd = HEADER_BYTES + code.length;
  writeSegment(header, 64, READABLE | EXECUTABLE, { offset: 0, address: BASE_ADDRESS, size: codeEnd });
  writeSegment(header, 120, READABLE | WRITABLE, {
    offset: codeEnd,
    address: dataAddress(code.length),
    size: data.length,
  });
  return Buffer.concat([header, code, data]);
}

const EXECUTABLE = 1;
const WRITABLE = 2;
const READABLE = 4;

function writeSegment(
  header: Buffer,
  at: number,
  flags: number,
  segment: { readonly offset: number; readonly address: number; readonly size: number },
): void {
  header.writeUInt32LE(1, at); // PT_LOAD
  header.writeUInt32LE(flags, at + 4);
  header.writeBigUInt64LE(BigInt(segment.offset), at + 8);
  header.writeBigUInt64LE(BigInt(segment.address), at + 16);
  header.writeBigUInt64LE(BigInt(segment.address), at + 24);
  header.writeBigUInt64LE(BigInt(segment.size), at + 32);
  header.writeBigUInt64LE(BigInt(segment.size), at + 40);
  header.writeBigUInt64LE(BigInt(ALIGNMENT), at + 48);
}
