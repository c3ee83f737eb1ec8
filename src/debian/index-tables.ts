/**
 * The tables of a compact index, gathered record by record. Tens of thousands of entries: numbers are kept as such, and
 * each text once.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

import { INDEX_MAGIC, padding, TRAILER_BYTES } from './index-format.ts';
import { type IndexRecord, invalidIndex } from './index-records.ts';
import { compareVersions } from './version.ts';

const MAX_PACKAGES = 2_000_000;

export class IndexTables {
  readonly #offsets = new Numbers([0]);
  readonly #sums = new Numbers();
  readonly #versions: string[] = [];
  readonly #names = new Keyed();
  readonly #provisions = new Keyed();

  add(record: IndexRecord, bytes: Buffer, name: string): void {
    const number = this.#versions.length;
    if (number >= MAX_PACKAGES) throw invalidIndex(name, `it has more than ${MAX_PACKAGES} packages`);
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
