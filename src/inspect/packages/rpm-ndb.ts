/**
 * The headers in a database of RPM's own making ("ndb", `lib/backend/ndb/rpmpkg.c`), as SUSE has it: pages of slots, and
 * blobs in blocks of 16 bytes that the slots lead to. Numbers are little-endian on every machine.
 */
import { DecantError } from '../../errors.ts';

const MAGIC = 'RpmP';
const SLOT = 'Slot';
const BLOB = 'BlbS';
const BLOB_END = 'BlbE';
const PAGE_BYTES = 4096;
const SLOT_BYTES = 16;
const BLOCK_BYTES = 16;
const BLOB_HEAD_BYTES = 16;
const BLOB_TAIL_BYTES = 12;
/** The header of the file takes the place of the first two slots. */
const FIRST_SLOT = 2;

/** In the order of the slots. @throws DecantError ARCHIVE_INVALID */
export function* ndbHeaders(file: Buffer, name: string): Generator<Buffer> {
  try {
    yield* headersOf(file);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DecantError(
      'ARCHIVE_INVALID',
      `${name} is no ndb database of RPM, or it is damaged: ${error.message}`,
      { cause: error },
    );
  }
}

function* headersOf(file: Buffer): Generator<Buffer> {
  if (file.toString('latin1', 0, 4) !== MAGIC || file.readUInt32LE(4) !== 0)
    throw new RangeError('it has another beginning or version');
  const slots = (file.readUInt32LE(12) * PAGE_BYTES) / SLOT_BYTES;
  if (slots * SLOT_BYTES > file.length) throw new RangeError('a page of slots is missing');
  // Blobs of an honest database do not overlap.
  let bytesLeft = file.length;
  for (let slot = FIRST_SLOT; slot < slots; slot++) {
    const at = slot * SLOT_BYTES;
    if (file.toString('latin1', at, at + 4) !== SLOT) throw new RangeError('a slot is none');
    const [number, block, blocks] = [4, 8, 12].map((offset) => file.readUInt32LE(at + offset));
    if (!number || !block || !blocks) continue;
    const blob = file.subarray(block * BLOCK_BYTES, (block + blocks) * BLOCK_BYTES);
    bytesLeft -= blocks * BLOCK_BYTES;
    if (blob.length !== blocks * BLOCK_BYTES || bytesLeft < 0)
      throw new RangeError('a slot leads out of the file');
    yield contentOf(blob, number);
  }
}

function contentOf(blob: Buffer, number: number): Buffer {
  const size = blob.readUInt32LE(12);
  if (
    blob.toString('latin1', 0, 4) !== BLOB ||
    blob.toString('latin1', blob.length - 4) !== BLOB_END ||
    blob.readUInt32LE(4) !== number ||
    blob.readUInt32LE(blob.length - 8) !== size ||
    size > blob.length - BLOB_HEAD_BYTES - BLOB_TAIL_BYTES
  )
    throw new RangeError('a slot leads to no blob of its number');
  return blob.subarray(BLOB_HEAD_BYTES, BLOB_HEAD_BYTES + size);
}
