/**
 * PAX records (POSIX pax utility, "pax Extended Header"): `length key=value\n`, the length counting itself. Values
 * are kept as bytes: an extended attribute may hold newlines, NULs and anything that is not UTF-8.
 */
import { decodePath, encodePath } from '../path.ts';

export interface PaxRecord {
  readonly key: string;
  readonly value: Buffer;
}

/** All records in their order, or a sentence saying what is wrong with them. */
export function parsePaxRecords(bytes: Buffer): PaxRecord[] | string {
  const records: PaxRecord[] = [];
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(0x20, at);
    // The longest length that can be true here has seven digits (1 MiB).
    if (space < 0 || space === at || space - at > 8) return 'a PAX record has no length';
    const digits = bytes.toString('latin1', at, space);
    const end = at + Number(digits);
    if (!/^\d+$/.test(digits) || end > bytes.length || end <= space + 1)
      return 'a PAX record has a wrong length';
    if (bytes[end - 1] !== 0x0a) return 'a PAX record does not end in a newline';
    const equals = bytes.indexOf(0x3d, space);
    if (equals < 0 || equals >= end || equals === space + 1) return 'a PAX record has no key';
    records.push({
      key: decodePath(bytes.subarray(space + 1, equals)),
      value: Buffer.from(bytes.subarray(equals + 1, end - 1)),
    });
    at = end;
  }
  return records;
}

/** The bytes of the records, in the order given. */
export function formatPaxRecords(records: readonly PaxRecord[]): Buffer {
  return Buffer.concat(
    records.map(({ key, value }) => {
      const content = Buffer.concat([
        Buffer.from(' '),
        encodePath(key),
        Buffer.from('='),
        value,
        Buffer.from('\n'),
      ]);
      let length = content.length + String(content.length).length;
      length = content.length + String(length).length;
      return Buffer.concat([Buffer.from(String(length)), content]);
    }),
  );
}

/** A decimal number as PAX writes times and sizes; NaN for anything else. */
export function paxNumber(value: Buffer): number {
  const text = value.toString('latin1');
  return /^-?\d{1,19}(?:\.\d*)?$/.test(text) ? Number(text) : NaN;
}

const SCHILY = 'SCHILY.xattr.';
const LIBARCHIVE = 'LIBARCHIVE.xattr.';

/** Extended attributes among the records: star's binary form before libarchive's base64 one, where both are there. */
export function xattrsOf(records: ReadonlyMap<string, Buffer>): Record<string, Uint8Array> | undefined {
  const found = new Map<string, Uint8Array>();
  for (const [key, value] of records) {
    if (key.startsWith(SCHILY)) found.set(key.slice(SCHILY.length), value);
    if (!key.startsWith(LIBARCHIVE)) continue;
    const name = percentDecode(key.slice(LIBARCHIVE.length));
    if (!records.has(SCHILY + name)) found.set(name, Buffer.from(value.toString('latin1'), 'base64'));
  }
  found.delete('');
  // fromEntries defines properties, so that a name such as `__proto__` is only a name.
  return found.size === 0 ? undefined : Object.fromEntries(found);
}

/** A name with `=` cannot be a PAX key; libarchive's form can spell it. */
export function xattrRecord(name: string, value: Uint8Array): PaxRecord {
  if (!name.includes('=')) return { key: SCHILY + name, value: Buffer.from(value) };
  return { key: LIBARCHIVE + percentEncode(name), value: Buffer.from(Buffer.from(value).toString('base64')) };
}

function percentDecode(text: string): string {
  const binary = encodePath(text).toString('latin1');
  return decodePath(
    Buffer.from(
      binary.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
        String.fromCharCode(Number.parseInt(digits, 16)),
      ),
      'latin1',
    ),
  );
}

function percentEncode(name: string): string {
  return encodePath(name)
    .toString('latin1')
    .replaceAll(
      /[^A-Za-z0-9._-]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    );
}
