/** The records of a compact index: a `Packages` file taken apart into stanzas, and what is kept of each. */
import { toBuffer } from '../codec/stream.ts';
import { DecantError } from '../errors.ts';
import { PACKAGE_FIELDS } from './package-fields.ts';

const MAX_STANZA_BYTES = 8 * 1024 * 1024;
const LINE_FEED = 0x0a;
const COLON = 0x3a;

/** Stanzas are separated by empty lines; each comes with its last line feed. */
export class StanzaSplitter {
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
    if (this.#rest.length > MAX_STANZA_BYTES)
      throw invalidIndex(this.#name, 'it has a stanza without an end');
  }

  *end(): Generator<Buffer> {
    const rest = this.#rest;
    const last = rest.at(-1) === LINE_FEED ? rest : Buffer.concat([rest, Buffer.from('\n')]);
    if (last.some((byte) => byte !== LINE_FEED)) yield last;
  }
}

export interface IndexRecord {
  readonly package: string;
  readonly version: string;
  readonly architecture: string;
  readonly provides: string;
  /** Where it ends in the target. */
  readonly end: number;
}

/**
 * Copies what is kept of a stanza, line by line as bytes: as text it would be a hundred megabytes of short-lived
 * strings. What the tables need is read as Latin-1, in which every byte is one character.
 */
export function writeRecord(stanza: Buffer, target: Buffer, start: number, name: string): IndexRecord {
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
        throw invalidIndex(name, `${JSON.stringify(line)} is no field`);
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
    throw invalidIndex(name, `it has a package named ${JSON.stringify(own.slice(0, 80))}`);
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

export function invalidIndex(name: string, why: string): DecantError {
  return new DecantError('ARCHIVE_INVALID', `${name}: ${why}`);
}
