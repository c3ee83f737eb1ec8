/** `--cache-to` and `--cache-from`: where a build cache goes, and where others are looked for (buildx: "Cache storage backends"). */
import { resolve } from 'node:path';
import { parseCsvRecord } from '../dockerfile/csv.ts';
import type { CacheMode } from '../engine/embedded/build.ts';
import { DecantError } from '../errors.ts';
import { familiar, parseImageName, parseReference, withDefaultTag } from '../oci/reference.ts';
import { didYouMean } from '../suggest.ts';
import type { Location } from '../transport/location.ts';

export interface CacheDestination {
  /** Absent for `inline`: the cache goes with the image. */
  readonly location?: Location;
  readonly mode: CacheMode;
  /** A cache that cannot be written is told, and no failure. */
  readonly ignoreError: boolean;
}

/** Services of others, which nothing here could speak to. */
const FOREIGN = ['gha', 's3', 'azblob'];
/** The form of a cache is one: what asks for another is answered, since every builder that reads caches reads this one. */
const ONLY: Readonly<Record<string, string>> = {
  'image-manifest': 'true',
  'oci-mediatypes': 'true',
  compression: 'gzip',
  'compression-level': '',
  'force-compression': 'false',
};
const FORM = Object.keys(ONLY);
const KEYS = {
  to: {
    registry: ['ref', 'mode', 'ignore-error', ...FORM],
    local: ['dest', 'tag', 'mode', 'ignore-error', 'reset', ...FORM],
    inline: ['mode', ...FORM],
  },
  from: { registry: ['ref'], local: ['src', 'tag'] },
} as const;
/** Where there is no tag: as BuildKit has it. */
const LATEST = 'latest';

/** Absent for a kind that has no meaning here. `answer` says what is passed over, and why. Throws USAGE, REFERENCE_INVALID. */
export function parseCacheTo(text: string): { readonly to?: CacheDestination; readonly answer?: string } {
  const flag = '--cache-to';
  const fields = fieldsOf(flag, text, 'ref');
  const type = fields.get('type') ?? '';
  if (FOREIGN.includes(type)) return { answer: foreign(flag, type) };
  checkKeys(flag, text, fields, KEYS.to);
  const mode = fields.get('mode') ?? 'min';
  if (mode !== 'min' && mode !== 'max') throw wrong(flag, text, `mode is min or max, not "${mode}"`);
  const passedOver = FORM.filter((key) => fields.has(key) && fields.get(key) !== ONLY[key]);
  const answer =
    passedOver.length === 0
      ? {}
      : {
          answer: `${flag}: ${passedOver.map((key) => `${key}=${fields.get(key)}`).join(', ')} is not used: a cache is an image manifest of OCI, and holds layers as the build makes them`,
        };
  const ignoreError = fields.get('ignore-error') === 'true';
  if (type === 'inline')
    return mode === 'max'
      ? {
          to: { mode: 'min', ignoreError },
          answer: `${flag}: an image carries the cache of its own layers only: mode=max needs type=registry`,
        }
      : { to: { mode, ignoreError }, ...answer };
  if (type === 'local') {
    const path = resolve(needed(flag, text, fields, 'dest'));
    return {
      to: { location: { transport: 'oci', path, tag: fields.get('tag') ?? LATEST }, mode, ignoreError },
      ...answer,
    };
  }
  const name = parseImageName(needed(flag, text, fields, 'ref'));
  return { to: { location: { transport: 'docker', reference: name }, mode, ignoreError }, ...answer };
}

/** As `parseCacheTo`; a name alone is one in a registry. */
export function parseCacheFrom(text: string): { readonly from?: Location; readonly answer?: string } {
  const flag = '--cache-from';
  const fields = fieldsOf(flag, text, 'ref');
  const type = fields.get('type') ?? '';
  if (FOREIGN.includes(type)) return { answer: foreign(flag, type) };
  checkKeys(flag, text, fields, KEYS.from);
  if (type === 'local') {
    const path = resolve(needed(flag, text, fields, 'src'));
    return { from: { transport: 'oci', path, tag: fields.get('tag') ?? LATEST } };
  }
  const reference = withDefaultTag(parseReference(needed(flag, text, fields, 'ref')));
  return { from: { transport: 'docker', reference } };
}

/** For messages. */
export function cacheName(location: Location): string {
  if (location.transport === 'docker') return familiar(location.reference);
  return 'path' in location ? location.path : location.name;
}

function fieldsOf(flag: string, text: string, only: string): Map<string, string> {
  if (text === '') throw wrong(flag, text, 'it is empty');
  if (!text.includes('='))
    return new Map([
      ['type', 'registry'],
      [only, text],
    ]);
  const fields = new Map<string, string>();
  let record;
  try {
    record = parseCsvRecord(text);
  } catch (error) {
    throw error instanceof DecantError ? wrong(flag, text, error.message) : error;
  }
  for (const field of record) {
    const equals = field.indexOf('=');
    if (equals < 1) throw wrong(flag, text, `"${field}" is not KEY=VALUE`);
    fields.set(field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1));
  }
  if (!fields.has('type')) throw wrong(flag, text, 'it has no type');
  return fields;
}

function checkKeys(
  flag: string,
  text: string,
  fields: ReadonlyMap<string, string>,
  known: Readonly<Record<string, readonly string[]>>,
): void {
  const type = fields.get('type') ?? '';
  const keys = known[type];
  if (!keys) {
    const meant = didYouMean(type, Object.keys(known));
    throw wrong(
      flag,
      text,
      type === 'inline'
        ? 'an image with its cache is read by its name: type=registry,ref=NAME'
        : `there is no type "${type}"${meant === undefined ? '' : `; ${meant}`}`,
    );
  }
  for (const key of fields.keys()) {
    if (key === 'type' || keys.includes(key)) continue;
    const meant = didYouMean(key, keys);
    throw wrong(
      flag,
      text,
      `"${key}" is not known for type=${type}${meant === undefined ? '' : `; ${meant}`}`,
    );
  }
}

function needed(flag: string, text: string, fields: ReadonlyMap<string, string>, key: string): string {
  const value = fields.get(key);
  if (value) return value;
  throw wrong(flag, text, `it needs ${key}=…`);
}

function foreign(flag: string, type: string): string {
  return `${flag} type=${type} is not used: decant does not speak to that service; type=registry and type=local do the same elsewhere`;
}

function wrong(flag: string, text: string, why: string): DecantError {
  return new DecantError('USAGE', `invalid value "${text}" of ${flag}: ${why}`, {
    hint:
      flag === '--cache-to'
        ? 'write type=registry,ref=NAME[,mode=max], type=local,dest=DIRECTORY[,mode=max] or type=inline'
        : 'write type=registry,ref=NAME or type=local,src=DIRECTORY',
  });
}
