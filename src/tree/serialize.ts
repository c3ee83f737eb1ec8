/**
 * A layer's entries as JSON, for the store to keep beside an unpacked layer or a blob: rows, because parsing
 * these costs a fraction of walking a directory or reading a tar stream again. As an index it is a row a line, so that a
 * build that looks up a few paths of a distribution parses a few rows. Not an interchange format; a version that is not
 * this one is no index.
 */
import type { Content, Entry, FileEntry, Layer } from './entry.ts';
import { entriesOf, layerOfRows } from './layer.ts';
import { joinPath } from './path.ts';

const VERSION = 1;
const INDEX_VERSION = 2;
const CLOCK = 1;
const OPAQUE = 2;

/** type, path, mode, uid, gid, mtime, flags, xattrs, then what the type needs */
type Row = [string, string, number, number, number, number, number, Record<string, string> | 0, ...unknown[]];

const LETTERS = {
  file: 'f',
  directory: 'd',
  symlink: 'l',
  char: 'c',
  block: 'b',
  fifo: 'p',
  whiteout: 'w',
} as const;

/** A layer as a JSON value. */
export interface LayerRows {
  readonly version: number;
  readonly rows: readonly Row[];
}

/** @param directory Files below it are written relative to it, so that the layer can be moved with its index. */
export function layerRows(layer: Layer, directory?: string): LayerRows {
  return { version: VERSION, rows: layer.entries.map((entry) => rowOf(entry, contentBelow(directory))) };
}

export interface LayerPlace {
  /** Where the layer's files are on disk, if its index refers to such. */
  readonly directory?: string;
  /** Makes hard link groups of different layers different. */
  readonly id: string;
}

/** The layer, or undefined where the value is no index of this version. */
export function layerFromRows(value: unknown, place: LayerPlace): Layer | undefined {
  try {
    const { version, rows } = value as LayerRows;
    return version === VERSION ? { entries: rows.map((row) => entryOf(row, place)) } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The same as bytes, in pieces: a line that says how many rows there are and how long they are, the rows, and where each begins
 * (32 bits each, as this machine keeps numbers).
 */
export function layerIndex(layer: Layer, directory?: string): Iterable<Buffer> {
  return indexOfRows(layer, (entry) => rowOf(entry, contentBelow(directory)));
}

/** As `layerIndex`, of a layer whose files have all been put into the directory that the index will lie beside. */
export function unpackedIndex(layer: Layer): Iterable<Buffer> {
  return indexOfRows(layer, (entry) => rowOf(entry, () => 0));
}

/** Rows are made twice, to be counted and to be handed on: those of a large layer would fill more memory than all else. */
function* indexOfRows(layer: Layer, rowFor: (entry: Entry) => Row): Generator<Buffer> {
  const starts: number[] = [];
  let size = 0;
  for (const row of rowsOf(layer, rowFor)) {
    starts.push(size);
    size += Buffer.byteLength(row);
  }
  yield Buffer.from(`${JSON.stringify([INDEX_VERSION, starts.length, size])}\n`);
  let text = '';
  for (const row of rowsOf(layer, rowFor)) {
    text += row;
    if (text.length < PIECE_LENGTH) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
  yield Buffer.from(Uint32Array.from(starts).buffer);
}

function* rowsOf(layer: Layer, rowFor: (entry: Entry) => Row): Generator<string> {
  for (const entry of entriesOf(layer)) yield `${JSON.stringify(rowFor(entry))}\n`;
}

const PIECE_LENGTH = 1024 * 1024;

const NEWLINE = 10;

/** The layer, or undefined where the bytes are torn or of another version. Rows are parsed when they are asked for. */
export function layerFromIndex(bytes: Buffer, place: LayerPlace): Layer | undefined {
  const [head, begin] = headOf(bytes);
  const [version, length = 0, size = 0] = head;
  const end = begin + size;
  if (version !== INDEX_VERSION || bytes.length !== end + length * Uint32Array.BYTES_PER_ELEMENT)
    return undefined;
  const starts = new Uint32Array(Uint8Array.from(bytes.subarray(end)).buffer);
  const rows = bytes.subarray(begin, end);
  if (!areRows(rows, starts)) return undefined;
  const row = (position: number): Row =>
    JSON.parse(rows.toString('utf8', starts[position], (starts[position + 1] ?? size) - 1)) as Row;
  return layerOfRows({
    length,
    pathAt: (position) => row(position)[1],
    entryAt: (position) => entryOf(row(position), place),
  });
}

/** The first line's numbers, and where the next begins. */
function headOf(bytes: Buffer): readonly [readonly number[], number] {
  const end = bytes.subarray(0, MAX_HEAD_BYTES).indexOf(NEWLINE);
  const text = bytes.toString('latin1', 0, Math.max(0, end));
  return [/^\[\d+,\d+,\d+\]$/.test(text) ? (JSON.parse(text) as number[]) : [], end + 1];
}

const MAX_HEAD_BYTES = 64;

/** False for what a power failure leaves of a file that was not written out: holes. */
function areRows(rows: Buffer, starts: Uint32Array): boolean {
  if (rows.length === 0 || starts.length === 0) return rows.length === starts.length;
  for (let position = 1; position < starts.length; position += 1) {
    const start = starts[position] ?? 0;
    if (start <= (starts[position - 1] ?? 0) || rows[start - 1] !== NEWLINE) return false;
  }
  return starts[0] === 0 && rows.at(-1) === NEWLINE && !rows.includes(0);
}

/** @param contentOf What the row says of where a file's bytes are. */
function rowOf(entry: Entry, contentOf: (file: FileEntry) => unknown): Row {
  const flags = (entry.clock ? CLOCK : 0) | (entry.type === 'directory' && entry.opaque ? OPAQUE : 0);
  const xattrs = entry.xattrs
    ? Object.fromEntries(
        Object.entries(entry.xattrs).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
      )
    : 0;
  const row: Row = [
    LETTERS[entry.type],
    entry.path,
    entry.mode,
    entry.uid,
    entry.gid,
    entry.mtime,
    flags,
    xattrs,
  ];
  if (entry.type === 'file') row.push(entry.size, contentOf(entry), entry.link ?? 0, entry.digest ?? 0);
  else if (entry.type === 'symlink') row.push(entry.target);
  else if (entry.type === 'char' || entry.type === 'block') row.push(entry.major, entry.minor);
  return row;
}

function contentBelow(directory: string | undefined): (file: FileEntry) => unknown {
  return ({ path, content }) => {
    if (content.kind === 'blob') return [content.blob, content.offset];
    if (content.kind === 'inline') return Buffer.from(content.bytes).toString('base64');
    if (directory !== undefined && content.offset === undefined && content.path === joinPath(directory, path))
      return 0;
    return { path: content.path, offset: content.offset };
  };
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Properties are set one by one: objects spread into others were most of the time that reading an index took. */
function entryOf(row: Row, place: LayerPlace): Entry {
  const entry = bareEntry(row, place);
  const flags = row[6];
  if (flags & CLOCK) entry.clock = true;
  if (flags & OPAQUE && entry.type === 'directory') entry.opaque = true;
  if (row[7]) entry.xattrs = decodeXattrs(row[7]);
  return entry;
}

function bareEntry(row: Row, place: LayerPlace): Mutable<Entry> {
  const [letter, path, mode, uid, gid, mtime] = row;
  switch (letter) {
    case 'f': {
      const content = contentOf(row[9], path, place);
      const file: Mutable<FileEntry> = {
        type: 'file',
        path,
        mode,
        uid,
        gid,
        mtime,
        size: row[8] as number,
        content,
      };
      if (row[10]) file.link = `${place.id}:${row[10] as string}`;
      if (row[11]) file.digest = row[11] as string;
      return file;
    }
    case 'd':
      return { type: 'directory', path, mode, uid, gid, mtime };
    case 'l':
      return { type: 'symlink', path, mode, uid, gid, mtime, target: row[8] as string };
    case 'c':
    case 'b': {
      const type = letter === 'c' ? 'char' : 'block';
      return { type, path, mode, uid, gid, mtime, major: row[8] as number, minor: row[9] as number };
    }
    case 'p':
      return { type: 'fifo', path, mode, uid, gid, mtime };
    case 'w':
      return { type: 'whiteout', path, mode, uid, gid, mtime };
    default:
      throw new TypeError(`no entry type ${letter}`);
  }
}

function contentOf(row: unknown, path: string, place: LayerPlace): Content {
  if (Array.isArray(row)) return { kind: 'blob', blob: row[0] as string, offset: row[1] as number };
  if (typeof row === 'string') return { kind: 'inline', bytes: Buffer.from(row, 'base64') };
  if (row === 0) {
    if (place.directory === undefined) throw new TypeError(`no directory for ${path}`);
    return { kind: 'file', path: joinPath(place.directory, path) };
  }
  const { path: file, offset } = row as { path: string; offset?: number };
  return { kind: 'file', path: file, ...(offset === undefined ? {} : { offset }) };
}

function decodeXattrs(row: Record<string, string>): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Buffer.from(value, 'base64')]));
}
