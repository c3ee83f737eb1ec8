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

const MAX_STANZA_CHARACTERS = 8 * 1024 * 1024;
const MAX_PACKAGES = 2_000_000;
const WRITE_BYTES = 256 * 1024;

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
  // As Latin-1 every byte is one character, so nothing is lost whatever a description holds.
  const pending: string[] = [];
  let waiting = 0;
  for await (const stanza of stanzas(source, name)) {
    const record = compact(stanza, name);
    if (record.architecture !== architecture && record.architecture !== 'all') continue;
    tables.add(record, name);
    pending.push(record.text);
    waiting += record.text.length;
    if (waiting < WRITE_BYTES) continue;
    yield Buffer.from(pending.splice(0).join(''), 'latin1');
    waiting = 0;
  }
  yield Buffer.from(pending.join(''), 'latin1');
  yield* tables.write();
}

/** Stanzas are separated by empty lines; each comes with its last line feed. */
async function* stanzas(source: ByteStream, name: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of source) {
    rest += toBuffer(chunk).toString('latin1');
    let start = 0;
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n', start)) {
      if (end > start) yield rest.slice(start, end + 1);
      start = end + 1;
    }
    rest = rest.slice(start);
    if (rest.length > MAX_STANZA_CHARACTERS) throw invalid(name, 'it has a stanza without an end');
  }
  if (rest.trim() !== '') yield rest.endsWith('\n') ? rest : `${rest}\n`;
}

interface Compact {
  readonly text: string;
  readonly package: string;
  readonly version: string;
  readonly architecture: string;
  readonly provides: string;
}

const KEPT: ReadonlyMap<string, string> = new Map(PACKAGE_FIELDS.map((name) => [name.toLowerCase(), name]));

function compact(stanza: string, name: string): Compact {
  const said: Record<string, string> = {};
  let text = '';
  let field: string | undefined;
  for (let at = 0; at < stanza.length;) {
    const end = stanza.indexOf('\n', at);
    const first = stanza.charCodeAt(at);
    if (first === 0x20 || first === 0x09) {
      if (field !== undefined && field !== 'Description') {
        text += stanza.slice(at, end + 1);
        said[field] = `${said[field]} ${stanza.slice(at, end)}`;
      }
    } else if (end > at) {
      const colon = stanza.indexOf(':', at);
      if (colon < 0 || colon > end) {
        throw invalid(name, `${JSON.stringify(stanza.slice(at, Math.min(end, at + 80)))} is no field`);
      }
      field = KEPT.get(stanza.slice(at, colon).toLowerCase());
      if (field !== undefined) {
        text += stanza.slice(at, end + 1);
        said[field] = stanza.slice(colon + 1, end).trim();
      }
    }
    at = end + 1;
  }
  const { Package: own = '', Version = '', Architecture = '', Provides = '' } = said;
  if (!/^[A-Za-z0-9][A-Za-z0-9+.-]*$/.test(own)) {
    throw invalid(name, `it has a package named ${JSON.stringify(own.slice(0, 80))}`);
  }
  return {
    text: `${text}\n`,
    package: own,
    version: Version,
    architecture: Architecture,
    provides: Provides,
  };
}

class Tables {
  readonly #offsets: number[] = [0];
  readonly #sums: number[] = [];
  readonly #versions: string[] = [];
  readonly #names = new Map<string, number[]>();
  readonly #provisions = new Map<string, number[]>();

  add(record: Compact, name: string): void {
    const number = this.#versions.length;
    if (number >= MAX_PACKAGES) throw invalid(name, `it has more than ${MAX_PACKAGES} packages`);
    this.#versions.push(record.version);
    this.#offsets.push((this.#offsets.at(-1) ?? 0) + record.text.length);
    this.#sums.push(crc32(Buffer.from(record.text, 'latin1')));
    append(this.#names, record.package, number);
    if (record.provides === '') return;
    for (const provision of new Set(
      record.provides.split(',').map((one) => /^[^\s(:]*/.exec(one.trim())?.[0] ?? ''),
    )) {
      if (provision !== '') append(this.#provisions, provision, number);
    }
  }

  *write(): Generator<Buffer> {
    const recordBytes = this.#offsets.at(-1) ?? 0;
    for (const numbers of this.#names.values()) {
      if (numbers.length > 1) {
        numbers.sort((a, b) => compareVersions(this.#versions[b] ?? '', this.#versions[a] ?? '') || a - b);
      }
    }
    const parts = [
      words(this.#offsets),
      words(this.#sums),
      ...dictionary(this.#names),
      ...dictionary(this.#provisions),
    ];
    const sizes = parts.map((part) => part.length);
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    const trailer = Buffer.alloc(TRAILER_BYTES);
    const provided = [...this.#provisions.values()].reduce((sum, numbers) => sum + numbers.length, 0);
    const keyBytes = (index: number): number => sizes[index] ?? 0;
    const facts = [
      recordBytes,
      this.#versions.length,
      this.#names.size,
      keyBytes(5),
      this.#provisions.size,
      provided,
      keyBytes(9),
      INDEX_MAGIC,
    ];
    for (const [index, fact] of facts.entries()) trailer.writeUInt32LE(fact, index * 4);
    hash.digest().copy(trailer, 32);
    yield Buffer.alloc(padding(recordBytes));
    yield* parts;
    yield trailer;
  }
}

function append(map: Map<string, number[]>, key: string, number: number): void {
  const numbers = map.get(key);
  if (numbers) numbers.push(number);
  else map.set(key, [number]);
}

function dictionary(map: ReadonlyMap<string, readonly number[]>): readonly Buffer[] {
  const keys = [...map.keys()].toSorted();
  const keyOffsets = [0];
  const postingOffsets = [0];
  const postings: number[] = [];
  for (const key of keys) {
    keyOffsets.push((keyOffsets.at(-1) ?? 0) + key.length);
    for (const number of map.get(key) ?? []) postings.push(number);
    postingOffsets.push(postings.length);
  }
  const text = Buffer.from(keys.join(''), 'latin1');
  const padded = Buffer.concat([text, Buffer.alloc(padding(text.length))]);
  return [words(keyOffsets), words(postingOffsets), words(postings), padded];
}

function words(numbers: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(numbers.length * 4);
  for (const [index, number] of numbers.entries()) bytes.writeUInt32LE(number, index * 4);
  return bytes;
}

/** Bytes to the next multiple of four. */
export function padding(size: number): number {
  return (4 - (size % 4)) % 4;
}

function invalid(name: string, why: string): DecantError {
  return new DecantError('ARCHIVE_INVALID', `${name}: ${why}`);
}
