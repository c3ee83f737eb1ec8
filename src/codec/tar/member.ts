/**
 * What one header means together with the extended headers before it: PAX records over GNU long names over the
 * block's own fields, local records over global ones (POSIX pax utility, "pax Header Block").
 */
import { decodePath } from '../path.ts';
import type { RawHeader, TarHeader, TarType } from './header.ts';
import { type PaxRecord, paxNumber, xattrsOf } from './pax.ts';
import { paxSparseParts, type SparsePart } from './sparse.ts';

/** What stood before the member's own header. */
export interface Extensions {
  readonly records?: readonly PaxRecord[];
  readonly longName?: Buffer;
  readonly longLink?: Buffer;
}

export interface Described {
  readonly header: TarHeader;
  /** Bytes that the archive holds for it, without padding. */
  readonly stored: number;
  readonly sparseParts: readonly SparsePart[] | undefined;
  /** The sparse map stands in front of the content (GNU sparse format 1.0). */
  readonly leadingMap: boolean;
}

const MAX_ID = 0xffff_ffff;

const TYPES: ReadonlyMap<string, TarType> = new Map([
  ['\0', 'file'],
  ['0', 'file'],
  ['1', 'link'],
  ['2', 'symlink'],
  ['3', 'char'],
  ['4', 'block'],
  ['5', 'directory'],
  ['6', 'fifo'],
  ['7', 'file'],
  ['S', 'file'],
  ['D', 'directory'],
]);

const NO_RECORDS: ReadonlyMap<string, Buffer> = new Map();

/** The member, or a sentence saying what is wrong with it. */
export function describeMember(
  raw: RawHeader,
  extensions: Extensions,
  global: ReadonlyMap<string, Buffer>,
): Described | string {
  const records = effectiveRecords(extensions.records, global);
  const number = (key: string, fallback: number): number => {
    const value = records.get(key);
    return value === undefined ? fallback : paxNumber(value);
  };

  const sparse = records.size === 0 ? undefined : sparseForm(records, extensions.records ?? []);
  const path = text(sparse?.path ?? records.get('path'), extensions.longName, raw.name);
  const linkname = text(records.get('linkpath'), extensions.longLink, raw.linkname);
  if (path.includes('\0') || linkname.includes('\0')) return 'its name has a NUL in it';

  let type = TYPES.get(raw.typeflag);
  if (type === undefined) return `its type ${JSON.stringify(raw.typeflag)} is not known`;
  const size = number('size', raw.size);
  if (!isCount(size)) return 'its size is not a valid number';
  if (type === 'file' && path.endsWith('/')) {
    if (size > 0) return 'it is named as a directory but has content';
    type = 'directory';
  }
  // Only files have content; what other types say about a size means nothing, except in GNU's directory dumps.
  const stored = type === 'file' || raw.typeflag === 'D' ? size : 0;
  const realSize = type !== 'file' ? 0 : raw.typeflag === 'S' ? raw.realSize : (sparse?.size ?? size);
  if (!isCount(realSize)) return 'its size is not a valid number';

  const [uid, gid, mtime] = [number('uid', raw.uid), number('gid', raw.gid), number('mtime', raw.mtime)];
  if (!isCount(raw.mode)) return 'its mode is not a valid number';
  if (!isCount(uid) || !isCount(gid) || uid > MAX_ID || gid > MAX_ID)
    return 'its owner is not a valid number';
  if (!(Math.abs(mtime) <= Number.MAX_SAFE_INTEGER)) return 'its time is not a valid number';
  const device = type === 'char' || type === 'block';
  if (device && (!isCount(raw.major) || !isCount(raw.minor))) return 'its device is not a valid number';

  const xattrs = records.size === 0 ? undefined : xattrsOf(records);
  return {
    header: {
      path,
      type,
      mode: raw.mode & 0o7777,
      uid,
      gid,
      size: realSize,
      mtime,
      linkname: type === 'link' || type === 'symlink' ? linkname : '',
      major: device ? raw.major : 0,
      minor: device ? raw.minor : 0,
      ...(xattrs && { xattrs }),
      uname: text(records.get('uname'), undefined, raw.uname),
      gname: text(records.get('gname'), undefined, raw.gname),
    },
    stored,
    sparseParts: type === 'file' ? sparse?.parts : undefined,
    leadingMap: type === 'file' && sparse !== undefined && sparse.parts === undefined,
  };
}

/** An empty value takes a record back; only an extended attribute can really be empty. */
function effectiveRecords(
  local: readonly PaxRecord[] | undefined,
  global: ReadonlyMap<string, Buffer>,
): ReadonlyMap<string, Buffer> {
  if (!local && global.size === 0) return NO_RECORDS;
  const records = new Map(global);
  for (const { key, value } of local ?? []) records.set(key, value);
  for (const [key, value] of records) {
    if (value.length === 0 && !key.includes('.xattr.')) records.delete(key);
  }
  return records;
}

interface SparseForm {
  /** Undefined in format 1.0, whose map stands in front of the content. */
  readonly parts: readonly SparsePart[] | undefined;
  readonly size: number;
  readonly path: Buffer | undefined;
}

function sparseForm(
  records: ReadonlyMap<string, Buffer>,
  local: readonly PaxRecord[],
): SparseForm | undefined {
  const path = records.get('GNU.sparse.name');
  const size = records.get('GNU.sparse.realsize') ?? records.get('GNU.sparse.size');
  if (size === undefined) return undefined;
  const parts =
    records.get('GNU.sparse.major')?.toString('latin1') === '1' ? undefined : paxSparseParts(local);
  return { parts, size: paxNumber(size), path };
}

function text(record: Buffer | undefined, long: Buffer | undefined, field: string): string {
  if (record) return decodePath(record);
  if (!long) return field;
  const end = long.indexOf(0);
  return decodePath(end < 0 ? long : long.subarray(0, end));
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
