/**
 * Zstandard (RFC 8878). Frames are told apart here and handed one by one to Node's decoder, or to fzstd where Node has
 * none: Node's takes a stream that is cut off for complete, and drops every frame but the first.
 */
import type { Transform } from 'node:stream';

import { Decompress } from 'fzstd';

import { ByteReader, type ByteStream } from '../stream.ts';
import { through } from './gunzip.ts';

const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
/** The largest window that zstd itself reads without being told to (`--long=27`); memory for it is set aside. */
const MAX_WINDOW_BYTES = 128 * 1024 * 1024;
const MAX_BLOCK_BYTES = 128 * 1024;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;

/** From Node 22.15 on. */
const { createZstdDecompress } = process.getBuiltinModule('node:zlib') as {
  createZstdDecompress?: () => Transform;
};

export async function* decodeZstd(source: ByteStream): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(source);
  try {
    while ((await reader.fill(4)) > 0) {
      const magic = (await take(reader, 4)).readUInt32LE(0);
      if ((magic & ~0xf) === SKIPPABLE) {
        const size = (await take(reader, 4)).readUInt32LE(0);
        if ((await reader.skip(size)) > 0) throw cutOff();
      } else if (magic === FRAME) {
        const { bytes, checksum } = await frameHeader(reader);
        const frame = frameBytes(reader, bytes, checksum);
        yield* createZstdDecompress ? through(frame, createZstdDecompress()) : throughFzstd(frame);
      } else {
        throw new Error('not a Zstandard frame');
      }
    }
  } finally {
    await reader.close();
  }
}

/** The frame header (3.1.1.1), with the magic number in front of it. */
async function frameHeader(reader: ByteReader): Promise<{ bytes: Buffer; checksum: boolean }> {
  const descriptor = (await take(reader, 1)).readUInt8(0);
  const singleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const windowBytes = singleSegment ? 0 : 1;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = sizeFlag === 0 ? Number(singleSegment) : 2 ** sizeFlag;
  const rest = await take(reader, windowBytes + dictionaryBytes + sizeBytes);
  if (descriptor & 0x08) throw new Error('a reserved bit is set');
  if (rest.subarray(windowBytes, windowBytes + dictionaryBytes).some((byte) => byte !== 0)) {
    throw new Error('it needs a dictionary');
  }
  const window = singleSegment ? littleEndian(rest.subarray(dictionaryBytes)) : windowSize(rest.readUInt8(0));
  if (window > MAX_WINDOW_BYTES) throw new Error(`its window of ${window} bytes is too large`);
  const head = Buffer.alloc(5);
  head.writeUInt32LE(FRAME, 0);
  head.writeUInt8(descriptor, 4);
  return { bytes: Buffer.concat([head, rest]), checksum: (descriptor & 0x04) !== 0 };
}

/** The window descriptor (3.1.1.1.2). */
function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function littleEndian(bytes: Buffer): number {
  // Two bytes count from 256 on, which makes no difference to the bound.
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

/** A whole frame: its header, its blocks (3.1.1.2) and its checksum. */
async function* frameBytes(reader: ByteReader, header: Buffer, checksum: boolean): AsyncGenerator<Buffer> {
  yield header;
  for (let last = false; !last;) {
    await reader.fill(3);
    if (reader.available < 3) throw cutOff();
    const head = reader.peek(3).readUIntLE(0, 3);
    last = (head & 1) === 1;
    const type = (head >> 1) & 3;
    const size = head >> 3;
    if (type === RESERVED_BLOCK || size > MAX_BLOCK_BYTES) throw new Error('a block has a wrong header');
    yield await take(reader, 3 + (type === RLE_BLOCK ? 1 : size));
  }
  if (checksum) yield await take(reader, 4);
}

async function* throughFzstd(frame: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  const output: Uint8Array[] = [];
  const decoder = new Decompress((chunk) => output.push(chunk));
  for await (const bytes of frame) {
    decoder.push(bytes);
    yield* output.splice(0);
  }
  decoder.push(new Uint8Array(0), true);
  yield* output.splice(0);
}

async function take(reader: ByteReader, count: number): Promise<Buffer> {
  if ((await reader.fill(count)) < count) throw cutOff();
  return reader.take(count);
}

function cutOff(): Error {
  return new Error('unexpected end');
}
