/**
 * Wraps bytes as xz (The .xz File Format 1.2) without compressing them: LZMA2 allows chunks that are stored. So tests
 * need no program that packs.
 */
import { crc32 } from 'node:zlib';

const MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
/** The check is CRC32. */
const FLAGS = Buffer.from([0x00, 0x01]);
/** Twelve bytes, one filter, LZMA2 (0x21) with one byte of properties: a dictionary of 8 MiB. */
const BLOCK_HEADER = Buffer.from([0x02, 0x00, 0x21, 0x01, 0x16, 0x00, 0x00, 0x00]);
const CHUNK_BYTES = 65_536;
const RESET_DICTIONARY = 0x01;
const KEEP_DICTIONARY = 0x02;

export function storedXz(bytes: Uint8Array): Buffer {
  const data = lzma2(bytes);
  const check = checksum(bytes);
  const unpadded = BLOCK_HEADER.length + 4 + data.length + check.length;
  const block = [withChecksum(BLOCK_HEADER), padded(data), check];
  const index = withChecksum(
    padded(Buffer.concat([Buffer.from([0, 1]), varint(unpadded), varint(bytes.length)])),
  );
  const backward = Buffer.alloc(4);
  backward.writeUInt32LE(index.length / 4 - 1);
  const tail = Buffer.concat([backward, FLAGS]);
  const footer = [checksum(tail), tail, Buffer.from('YZ')];
  return Buffer.concat([MAGIC, withChecksum(FLAGS), ...block, index, ...footer]);
}

function lzma2(bytes: Uint8Array): Buffer {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const chunk = bytes.subarray(at, at + CHUNK_BYTES);
    const header = Buffer.from([at === 0 ? RESET_DICTIONARY : KEEP_DICTIONARY, 0, 0]);
    header.writeUInt16BE(chunk.length - 1, 1);
    parts.push(header, chunk);
  }
  return Buffer.concat([...parts, Buffer.from([0])]);
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

function withChecksum(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, checksum(bytes)]);
}

function checksum(bytes: Uint8Array): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc32(bytes));
  return sum;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Buffer.from([...bytes, rest]);
}
