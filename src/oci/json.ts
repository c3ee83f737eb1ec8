/**
 * JSON from strangers, and JSON whose bytes are hashed. Reading: sizes and counts are bounded, every field is checked,
 * and whatever does not fit is IMAGE_DAMAGED naming document and field. Writing: fixed key order, no whitespace, so
 * that the same value always gives the same bytes (OCI image-spec, considerations.md, "Canonicalization").
 */
import { DecantError } from '../errors.ts';

/** Layers, history entries, environment variables, labels, …: far above any real image, low enough to stay cheap. */
const MAX_ITEMS = 10_000;

/** The fields of one JSON object. Every getter gives undefined for a field that is absent or null, as Go writes them. */
export interface Fields {
  /** The object's place in its document, for messages. */
  readonly what: string;
  readonly string: (key: string) => string | undefined;
  readonly integer: (key: string) => number | undefined;
  readonly boolean: (key: string) => boolean | undefined;
  readonly strings: (key: string) => readonly string[] | undefined;
  /** An object whose values are strings: labels, annotations. */
  readonly stringMap: (key: string) => Readonly<Record<string, string>> | undefined;
  /** An object whose keys alone count: exposed ports, volumes. */
  readonly set: (key: string) => Readonly<Record<string, Readonly<Record<string, never>>>> | undefined;
  readonly object: (key: string) => Fields | undefined;
  readonly objects: (key: string) => readonly Fields[] | undefined;
  /** A list of lists of objects. */
  readonly lists: (key: string) => readonly (readonly Fields[])[] | undefined;
  /** The value that a getter gave, or IMAGE_DAMAGED when it is missing. */
  readonly required: <T>(key: string, value: T | undefined) => T;
}

/** Parses a document of at most `maxBytes` that has an object at its top. Throws IMAGE_DAMAGED. */
export function parseObject(bytes: Uint8Array, what: string, maxBytes: number): Fields {
  return fieldsOf(parse(bytes, what, maxBytes), what);
}

/** As `parseObject`, for a document that is a list of objects. */
export function parseObjects(bytes: Uint8Array, what: string, maxBytes: number): readonly Fields[] {
  const items = fieldsOf({ items: parse(bytes, what, maxBytes) }, what).objects('items');
  if (!items) throw damaged(`${what} is not a list`);
  return items;
}

/** Any JSON value as bytes. Object keys keep their order; those of a Map are sorted by their UTF-8 bytes. */
export function canonicalJson(value: unknown): Uint8Array {
  return Buffer.from(write(value));
}

/** A record as a Map, for `canonicalJson`: a plain object would move keys that look like integers to the front. */
export function sorted<T>(
  record: Readonly<Record<string, T>> | undefined,
): ReadonlyMap<string, T> | undefined {
  return record && new Map(Object.entries(record));
}

/** Drops the fields that are undefined, which `exactOptionalPropertyTypes` tells from absent ones. */
export function defined<T extends object>(value: { readonly [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;
}

export function damaged(message: string, cause?: unknown): DecantError {
  return new DecantError('IMAGE_DAMAGED', message, { cause });
}

function parse(bytes: Uint8Array, what: string, maxBytes: number): unknown {
  if (bytes.byteLength > maxBytes) {
    throw damaged(`${what} is too large: ${bytes.byteLength} bytes, at most ${maxBytes} are read`);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw damaged(`${what} is not valid JSON`, error);
  }
}

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw damaged(`${what} is not a JSON object`);
  }
  const get = (key: string): unknown => {
    // Own properties only: `constructor` and the like are not fields of the document.
    const item: unknown = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
    return item === null ? undefined : item;
  };
  const expect = <T>(key: string, kind: string, accept: (item: unknown) => item is T): T | undefined => {
    const item = get(key);
    if (item === undefined) return undefined;
    if (!accept(item)) throw damaged(`${what}: field ${JSON.stringify(key)} is not ${kind}`);
    return item;
  };
  const list = (key: string): readonly unknown[] | undefined => {
    const items = expect(key, 'a list', (item): item is unknown[] => Array.isArray(item));
    if (items && items.length > MAX_ITEMS)
      throw damaged(`${what}: field ${JSON.stringify(key)} has too many items`);
    return items;
  };
  const record = (key: string): [string, unknown][] | undefined => {
    const item = expect(key, 'an object', isRecord);
    if (!item) return undefined;
    const entries = Object.entries(item);
    if (entries.length > MAX_ITEMS) throw damaged(`${what}: field ${JSON.stringify(key)} has too many items`);
    return entries;
  };
  return {
    what,
    string: (key) => expect(key, 'a string', isString),
    integer: (key) => expect(key, 'an integer', (item): item is number => Number.isSafeInteger(item)),
    boolean: (key) => expect(key, 'true or false', (item): item is boolean => typeof item === 'boolean'),
    strings: (key) => {
      const items = list(key);
      if (items && !items.every(isString)) {
        throw damaged(`${what}: field ${JSON.stringify(key)} is not a list of strings`);
      }
      return items;
    },
    stringMap: (key) => {
      const entries = record(key);
      if (entries && !entries.every((entry): entry is [string, string] => isString(entry[1]))) {
        throw damaged(`${what}: field ${JSON.stringify(key)} is not an object of strings`);
      }
      // fromEntries defines properties, so a key named __proto__ stays a key.
      return entries && Object.fromEntries(entries);
    },
    set: (key) => {
      const entries = record(key);
      return entries && Object.fromEntries(entries.map(([name]) => [name, {}]));
    },
    object: (key) => {
      const item = expect(key, 'an object', isRecord);
      return item && fieldsOf(item, `${what}: ${key}`);
    },
    objects: (key) => list(key)?.map((item, index) => fieldsOf(item, `${what}: ${key}[${index}]`)),
    lists: (key) =>
      list(key)?.map((items, index) => {
        const inner = `${key}[${index}]`;
        return fieldsOf({ [inner]: items }, what).objects(inner) ?? [];
      }),
    required: (key, item) => {
      if (item === undefined) throw damaged(`${what}: field ${JSON.stringify(key)} is missing`);
      return item;
    },
  };
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function write(value: unknown): string {
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<string, unknown>)];
    entries.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return writeEntries(entries);
  }
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (isRecord(value)) return writeEntries(Object.entries(value));
  return JSON.stringify(value);
}

function writeEntries(entries: readonly (readonly [string, unknown])[]): string {
  const members = entries.filter(([, item]) => item !== undefined);
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${write(item)}`).join(',')}}`;
}
