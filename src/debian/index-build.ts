/**
 * Makes the compact form of a `Packages` index: the fields that anyone here asks for, with tables to find them by. It
 * is written once for each new index, in one pass over the stream, and read from then on (index-file.ts).
 *
 * The file, numbers being little-endian 32-bit ones:
 *
 *     records        stanzas with the fields of PACKAGE_FIELDS, the description cut to its first line
 *     offsets[n+1]   where each record begins; the last one is where the records end
 *     sums[n]        CRC32 of each record
 *     names          a dictionary: name → its records, the highest version first
 *     provisions     a dictionary: name → the records that provide it
 *     trailer        what the parts' sizes are, and the SHA-256 of all from `offsets` on
 *
 * A dictionary of c keys is: key offsets [c+1], posting offsets [c+1], postings, keys (sorted, one after another).
 * Every part is padded to a multiple of four bytes.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { type ByteStream, toBuffer } from '../codec/stream.ts';
import { DecantError } from '../errors.ts';
import { PACKAGE_FIELDS } from './package-fields.ts';
import { compareVersions } from './version.ts';

/** Raised with every change of the form, so that older files are made anew. */
export const INDEX_FORMAT = 1;
export const TRAILER_BYTES = 64;
export const INDEX_MAGIC = 0x444e4901;

const MAX_STANZA_BYTES = 8 * 1024 * 1024;
const MAX_PACKAGES = 2_000_000;
const GATHER_BYTES = 256 * 1024;

/**
 * The bytes of the file. Stanzas of other architectures are left out. `name` is what the index is called in errors.
 * Throws ARCHIVE_INVALID, and what the source throws.
 */
export async function* buildIndex(
  source: ByteStream,
  architecture: string,
  name: string,
): AsyncGenerator<Buffer> {
  const tables = new Tables();
  let gathered = Buffer.allocUnsafe(GATHER_BYTES);
  let filled = 0;
  const splitter = new Splitter(name);
  const pieces = async function* (): AsyncGenerator<Iterable<Buffer>> {
    for await (const chunk of source) yield splitter.push(chunk);
    yield splitter.end();
  };
  for await (const stanzas of pieces()) {
    for (const stanza of stanzas) {
      // A record is no longer than its stanza and an empty line.
      if (filled + stanza.length + 1 > gathered.length) {
        yield gathered.subarray(0, filled);
        gathered = Buffer.allocUnsafe(Math.max(GATHER_BYTES, stanza.length + 1));
        filled = 0;
      }
      const record = compact(stanza, gathered, filled, name);
      if (record.architecture !== architecture && record.architecture !== 'all') continue;
      tables.add(record, gathered.subarray(filled, record.end), name);
      filled = record.end;
    }
  }
  yield gathered.subarray(0, filled);
  yield* tables.write();
}

/** Stanzas are separated by empty lines; each comes with its last line feed. */
class Splitter {
  readonly #name: string;
  #rest: Buffer = Buffer.alloc(0);

  constructor(name: string) {
    this.#name = name;
  }

  *push(chunk: Uint8Array): Generator<Buffer> {
    const bytes = this.#rest.length === 0 ? toBuffer(chunk) : Buffer.concat([this.#rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf('\n\n'); end >= 0; end = bytes.indexOf('\n\n', start)) {
      if (end > start) yield bytes.subarray(start, end + 1);
      start = end + 2;
    }
    // A copy: the chunk it is a part of is not kept for it.
    this.#rest = Buffer.from(bytes.subarray(start));
    if (this.#rest.length > MAX_STANZA_BYTES) throw invalid(this.#name, 'it has a stanza without an end');
  }

  *end(): Generator<Buffer> {
    const rest = this.#rest;
    const last = rest.at(-1) === LINE_FEED ? rest : Buffer.concat([rest, Buffer.from('\n')]);
    if (last.some((byte) => byte !== LINE_FEED)) yield last;
  }
}

interface Compact {
  readonly package: string;
  readonly version: string;
  readonly architecture: string;
  readonly provides: string;
  /** Where it ends in the target. */
  readonly end: number;
}

const LINE_FEED = 0x0a;
const COLON = 0x3a;

/**
 * Copies what is kept of a stanza, line by line as bytes: as text it would be a hundred megabytes of short-lived
 * strings. What the tables need is read as Latin-1, in which every byte is one character.
 */
function compact(stanza: Buffer, target: Buffer, start: number, name: string): Compact {
  let filled = start;
  let field: string | undefined;
  let own = '';
  let version = '';
  let architecture = '';
  let provides = '';
  for (let at = 0; at < stanza.length;) {
    const end = stanza.indexOf(LINE_FEED, at);
    const continued = stanza[at] === 0x20 || stanza[at] === 0x09;
    let value = at;
    if (!continued && end > at) {
      const colon = stanza.indexOf(COLON, at);
      if (colon < 0 || colon > end) {
        const line = stanza.toString('latin1', at, Math.min(end, at + 80));
        throw invalid(name, `${JSON.stringify(line)} is no field`);
      }
      field = keptField(stanza, at, colon);
      value = colon + 1;
    }
    // Of the description only the first line is kept.
    if (field !== undefined && end > at && !(continued && field === 'description')) {
      filled += stanza.copy(target, filled, at, end + 1);
      if (field === 'package') own = stanza.toString('latin1', value, end).trim();
      else if (field === 'version') version = stanza.toString('latin1', value, end).trim();
      else if (field === 'architecture') architecture = stanza.toString('latin1', value, end).trim();
      else if (field === 'provides') provides += stanza.toString('latin1', value, end);
    }
    at = end + 1;
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9+.-]*$/.test(own)) {
    throw invalid(name, `it has a package named ${JSON.stringify(own.slice(0, 80))}`);
  }
  target[filled] = LINE_FEED;
  return { package: own, version, architecture, provides, end: filled + 1 };
}

/** The fields that are kept, in lower case, by what is quickly seen of a name: its length and its first letter. */
const KEPT = new Map<number, string[]>();
for (const field of PACKAGE_FIELDS.map((name) => name.toLowerCase())) {
  const key = glance(field.length, field.charCodeAt(0));
  KEPT.set(key, [...(KEPT.get(key) ?? []), field]);
}

function glance(length: number, first: number): number {
  return length * 256 + (first | 0x20);
}

function keptField(stanza: Buffer, from: number, to: number): string | undefined {
  const candidates = KEPT.get(glance(to - from, stanza[from] ?? 0));
  if (!candidates) return undefined;
  const field = stanza.toString('latin1', from, to).toLowerCase();
  return candidates.includes(field) ? field : undefined;
}

/** What the tables are made of. Tens of thousands of entries: numbers are kept as such, and each text once. */
class Tables {
  readonly #offsets = new Numbers([0]);
  readonly #sums = new Numbers();
  readonly #versions: string[] = [];
  readonly #names = new Keyed();
  readonly #provisions = new Keyed();

  add(record: Compact, bytes: Buffer, name: string): void {
    const number = this.#versions.length;
    if (number >= MAX_PACKAGES) throw invalid(name, `it has more than ${MAX_PACKAGES} packages`);
    this.#versions.push(record.version);
    this.#offsets.push(this.#offsets.last() + bytes.length);
    this.#sums.push(crc32(bytes));
    this.#names.add(record.package, number);
    if (record.provides === '') return;
    for (const provision of new Set(record.provides.split(',').map((one) => PROVIDED.exec(one)?.[1] ?? ''))) {
      if (provision !== '') this.#provisions.add(provision, number);
    }
  }

  *write(): Generator<Buffer> {
    const recordBytes = this.#offsets.last();
    const highestFirst = (a: number, b: number): number =>
      compareVersions(this.#versions[b] ?? '', this.#versions[a] ?? '') || a - b;
    const names = this.#names.dictionary(highestFirst);
    const provisions = this.#provisions.dictionary((a, b) => a - b);
    const parts = [this.#offsets.bytes(), this.#sums.bytes(), ...names.parts, ...provisions.parts];
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    const trailer = Buffer.alloc(TRAILER_BYTES);
    const facts = [recordBytes, this.#versions.length, names.keys, names.keyBytes];
    facts.push(provisions.keys, provisions.postings, provisions.keyBytes, INDEX_MAGIC);
    for (const [index, fact] of facts.entries()) trailer.writeUInt32LE(fact, index * 4);
    hash.digest().copy(trailer, 32);
    yield Buffer.alloc(padding(recordBytes));
    yield* parts;
    yield trailer;
  }
}

/** The name at the start of a provision. */
const PROVIDED = /^\s*([^\s(:]+)/;

/** 32-bit numbers that become more. */
class Numbers {
  #values: Uint32Array = new Uint32Array(4096);
  length = 0;

  constructor(first: readonly number[] = []) {
    for (const value of first) this.push(value);
  }

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Uint32Array(this.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length] = value;
    this.length += 1;
  }

  at(index: number): number {
    return this.#values[index] ?? 0;
  }

  last(): number {
    return this.at(this.length - 1);
  }

  bytes(): Buffer {
    return Buffer.from(this.#values.buffer, 0, this.length * 4);
  }
}

interface Dictionary {
  readonly parts: readonly Buffer[];
  readonly keys: number;
  readonly postings: number;
  readonly keyBytes: number;
}

/** Pairs of a key and a record's number. */
class Keyed {
  readonly #ids = new Map<string, number>();
  readonly #keyOf = new Numbers();
  readonly #numbers = new Numbers();

  add(key: string, number: number): void {
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(copied(key), id);
    }
    this.#keyOf.push(id);
    this.#numbers.push(number);
  }

  /** The keys sorted, the numbers of each in the order given. */
  dictionary(compare: (a: number, b: number) => number): Dictionary {
    const keys = [...this.#ids.keys()].toSorted();
    const rank = new Uint32Array(keys.length);
    let place = 0;
    for (const key of keys) {
      rank[this.#ids.get(key) ?? 0] = place;
      place += 1;
    }
    const rankOf = (pair: number): number => rank[this.#keyOf.at(pair)] ?? 0;
    const pairs = new Uint32Array(this.#numbers.length).map((_, index) => index);
    pairs.sort((a, b) => rankOf(a) - rankOf(b) || compare(this.#numbers.at(a), this.#numbers.at(b)));
    const keyOffsets = new Numbers([0]);
    for (const key of keys) keyOffsets.push(keyOffsets.last() + key.length);
    const postingOffsets = new Numbers([0]);
    const postings = new Numbers();
    for (const pair of pairs) {
      while (postingOffsets.length <= rankOf(pair)) postingOffsets.push(postings.length);
      postings.push(this.#numbers.at(pair));
    }
    while (postingOffsets.length <= keys.length) postingOffsets.push(postings.length);
    const text = Buffer.alloc(keyOffsets.last() + padding(keyOffsets.last()));
    let end = 0;
    for (const key of keys) end += text.write(key, end, 'latin1');
    return {
      parts: [keyOffsets.bytes(), postingOffsets.bytes(), postings.bytes(), text],
      keys: keys.length,
      postings: postings.length,
      keyBytes: text.length,
    };
  }
}

/** A part of a string keeps the whole string in memory: here that would be the index, piece by piece. */
function copied(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** Bytes to the next multiple of four. */
export function padding(size: number): number {
  return (4 - (size % 4)) % 4;
}

function invalid(name: string, why: string): DecantError {
  return new DecantError('ARCHIVE_INVALID', `${name}: ${why}`);
}
