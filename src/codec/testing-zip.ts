/** Zip archives for tests of every room: jars and wheels, made as other programs make them. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipSample {
  /** 0 stores, 8 deflates (default). */
  readonly method?: 0 | 8;
  /** In front of the archive, not counted by its offsets. */
  readonly prefix?: string;
  readonly comment?: string;
  /** Sizes and offsets in Zip64 fields. */
  readonly wide?: boolean;
}

export function zipFile(
  files: Readonly<Record<string, string | Uint8Array>>,
  { method = 8, prefix = '', comment = '', wide = false }: ZipSample = {},
): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const bytes = Buffer.from(content);
    const packed = method === 8 ? deflateRawSync(bytes) : bytes;
    const label = Buffer.from(name);
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(method, 4);
    shared.writeUInt32LE(crc32(bytes), 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(bytes.length, 18);
    shared.writeUInt16LE(label.length, 22);
    const local = Buffer.concat([signature(0x0403_4b50), shared, label, packed]);
    const extra = wide ? wideField(bytes.length, packed.length, offset) : Buffer.alloc(0);
    const entry = Buffer.concat([signature(0x0201_4b50), Buffer.from([20, 0]), shared, Buffer.alloc(14)]);
    entry.writeUInt16LE(extra.length, 30);
    entry.writeUInt32LE(offset, 42);
    if (wide) for (const at of [20, 24, 42]) entry.writeUInt32LE(0xffff_ffff, at);
    central.push(entry, label, extra);
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const count = Object.keys(files).length;
  return Buffer.concat([
    Buffer.from(prefix),
    ...locals,
    directory,
    ...(wide ? wideEnd(count, directory.length, offset) : []),
    end(wide ? 0xffff : count, wide ? 0xffff_ffff : directory.length, wide ? 0xffff_ffff : offset, comment),
  ]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function wideField(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + values.length * 8);
  bytes.writeUInt16LE(1, 0);
  bytes.writeUInt16LE(values.length * 8, 2);
  for (const [index, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), 4 + index * 8);
  return bytes;
}

function wideEnd(count: number, size: number, offset: number): readonly Buffer[] {
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x0606_4b50);
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(size), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x0706_4b50);
  locator.writeBigUInt64LE(BigInt(offset + size), 8);
  locator.writeUInt32LE(1, 16);
  return [record, locator];
}

function end(count: number, size: number, offset: number, comment: string): Buffer {
  const bytes = Buffer.alloc(22);
  bytes.writeUInt32LE(0x0605_4b50);
  bytes.writeUInt16LE(count, 8);
  bytes.writeUInt16LE(count, 10);
  bytes.writeUInt32LE(size, 12);
  bytes.writeUInt32LE(offset, 16);
  bytes.writeUInt16LE(Buffer.byteLength(comment), 20);
  return Buffer.concat([bytes, Buffer.from(comment)]);
}
