/**
 * Path names as text. A path on Linux is bytes; in this program it is a string. Bytes that are not UTF-8 become lone
 * surrogates, byte b as U+DC00 + b (the way PEP 383 keeps them), so `encodePath(decodePath(bytes))` is always `bytes`.
 */
import { DecantError } from '../errors.ts';

/** The path as text. Never fails; see `encodePath` for the way back. */
export function decodePath(bytes: Uint8Array): string {
  const text = asBuffer(bytes).toString('utf8');
  // A replacement character is either in the name itself or stands for a byte that was not UTF-8.
  return text.includes('\uFFFD') ? decodeLossless(bytes) : text;
}

/** The bytes of a path. Throws ARCHIVE_INVALID for a surrogate that stands for no byte (it has no encoding). */
export function encodePath(path: string): Buffer {
  if (isPlainPath(path)) return Buffer.from(path, 'utf8');
  const parts: Buffer[] = [];
  let from = 0;
  for (const match of path.matchAll(/\p{Surrogate}+/gu)) {
    parts.push(Buffer.from(path.slice(from, match.index), 'utf8'), escapedBytes(match[0], path));
    from = match.index + match[0].length;
  }
  parts.push(Buffer.from(path.slice(from), 'utf8'));
  return Buffer.concat(parts);
}

/** Whether the path is UTF-8 on disk, so that it may be shown, and written to JSON, as it stands. */
export function isPlainPath(path: string): boolean {
  return !/\p{Surrogate}/u.test(path);
}

function escapedBytes(surrogates: string, path: string): Buffer {
  const bytes = Buffer.alloc(surrogates.length);
  for (let index = 0; index < surrogates.length; index += 1) {
    const code = surrogates.charCodeAt(index);
    if (code < 0xdc80 || code > 0xdcff) {
      throw new DecantError(
        'ARCHIVE_INVALID',
        `path ${JSON.stringify(path)} cannot be written: U+${code.toString(16).toUpperCase()} stands for no byte`,
      );
    }
    bytes[index] = code - 0xdc00;
  }
  return bytes;
}

function decodeLossless(bytes: Uint8Array): string {
  const buffer = asBuffer(bytes);
  let text = '';
  let validFrom = 0;
  let at = 0;
  while (at < buffer.length) {
    const length = sequenceLength(buffer, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += buffer.toString('utf8', validFrom, at) + String.fromCharCode(0xdc00 + (buffer[at] ?? 0));
    at += 1;
    validFrom = at;
  }
  return text + buffer.toString('utf8', validFrom);
}

/** Bytes of the well-formed UTF-8 sequence at `at` (Unicode, table 3-7), or 0 where there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  const second = bytes[at + 1] ?? 0;
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let index = 2; index < length; index += 1) {
    if (((bytes[at + index] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return length;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
