/** Where a build's result goes, as `-o` says (buildx: "Exporters"; BuildKit's exporters and their options). */
import type { Writable } from 'node:stream';
import { GZIP_LEVEL } from '../../codec/gzip/gzip.ts';
import { MAX_ZSTD_LEVEL, ZSTD_LEVEL } from '../../codec/zstd/zstd.ts';
import { parseCsvRecord } from '../../dockerfile/csv.ts';
import { DecantError } from '../../errors.ts';
import type { LayerCompression } from '../embedded/session.ts';
import type { Annotation } from './annotations.ts';
import { parseLevel } from './annotations.ts';
import { didYouMean } from '../../suggest.ts';

export type OutputType = 'image' | 'registry' | 'oci' | 'docker' | 'load' | 'tar' | 'local' | 'cacheonly';

export interface Output {
  readonly type: OutputType;
  /** A path, or standard output; the store needs none. */
  readonly destination?: string | Writable | undefined;
  /** Of new layers, for the types that have layers. */
  readonly compression?: LayerCompression | undefined;
  /** Of layers of the base as well. */
  readonly forceCompression?: boolean | undefined;
  /** `image`: it goes to its registry too. */
  readonly push?: boolean | undefined;
  /** Pushed without a tag: whoever joins images of several platforms knows their digests. */
  readonly pushByDigest?: boolean | undefined;
  /** `oci` as a directory instead of an archive (`tar=false`). */
  readonly isDirectory?: boolean | undefined;
  /** Names besides those of `-t`. */
  readonly names?: readonly string[] | undefined;
  readonly annotations?: readonly Annotation[] | undefined;
  /** `tar` and `local`: a folder for each platform. Default: where there are several. */
  readonly platformSplit?: boolean | undefined;
  /** False: attestations look like images without files. */
  readonly ociArtifact?: boolean | undefined;
  /** What was asked for and is passed over, since it changes nothing of what the image holds: a line each, with why. */
  readonly answers?: readonly string[] | undefined;
}

const TYPES: readonly OutputType[] = ['image', 'registry', 'oci', 'docker', 'tar', 'local', 'cacheonly'];
const ALIASES: Readonly<Record<string, string>> = { dst: 'dest', out: 'dest' };

const LAYERED = [
  'compression',
  'compression-level',
  'force-compression',
  'oci-artifact',
  'oci-mediatypes',
  'rewrite-timestamp',
];
const KEYS: Readonly<Record<Exclude<OutputType, 'load'>, readonly string[]>> = {
  image: [...LAYERED, 'name', 'name-canonical', 'push', 'push-by-digest', 'store', 'unpack'],
  registry: [...LAYERED, 'name', 'name-canonical', 'push', 'push-by-digest'],
  oci: [...LAYERED, 'name', 'dest', 'tar'],
  docker: [...LAYERED, 'name', 'dest'],
  tar: ['dest', 'platform-split'],
  local: ['dest', 'platform-split', 'mode'],
  cacheonly: [],
};

/** Keys whose only value here is what is always done; the others are answered with why. */
const FIXED: Readonly<Record<string, readonly [value: string, why: string]>> = {
  'oci-mediatypes': ['true', 'images are written with the media types of OCI, which all tools read'],
  'rewrite-timestamp': ['true', "times in new layers are never the clock's"],
  store: ['true', 'an image that is pushed alone is type=registry'],
  mode: ['copy', 'nothing that is in the directory is deleted'],
};
/** Where something else than that is asked for, the result would not be what was meant. */
const REFUSED: ReadonlySet<string> = new Set(['mode', 'source-date-epoch']);

/** Keys of BuildKit's that mean nothing here, with why. */
const FOREIGN: Readonly<Record<string, string>> = {
  'attestation-inline': 'attestations are manifests of their own, as registries want them',
  'compatibility-version': 'what an image is made of follows the version of decant alone',
  'dangling-name-prefix': 'an image without a name goes by its digest',
  'prefer-nondist-layers': 'layers go wherever the image goes',
  'registry.insecure': 'registries.yaml says which registries are insecure; see docs/registries.md',
  'source-date-epoch': 'the time is that of the whole build: --build-arg SOURCE_DATE_EPOCH=…',
};

/**
 * `type=oci,dest=FILE`, or as `docker buildx build -o` has it in short: a path is `type=local`, `-` is `type=tar` to
 * standard output.
 *
 * @throws DecantError USAGE
 */
export function parseOutput(text: string, standardOutput: Writable): Output {
  if (text === '-') return { type: 'tar', destination: standardOutput };
  if (text === '') throw wrong(text, 'it is empty');
  if (!text.includes('=')) return { type: 'local', destination: text };
  const fields = fieldsOf(text);
  const type = TYPES.find((known) => known === fields.get('type'));
  if (!type)
    throw wrong(
      text,
      fields.has('type') ? `there is no output type "${fields.get('type')}"` : 'it has no type',
    );
  const annotations = annotationsOf(text, type, fields);
  const known = ['type', ...KEYS[type as keyof typeof KEYS]];
  const answers = [...fields].flatMap(([key, value]) => checkField(text, type, known, key, value) ?? []);
  const compression = parseCompression(text, fields.get('compression'), fields.get('compression-level'));
  const names = fields
    .get('name')
    ?.split(',')
    .filter((name) => name !== '');
  const platformSplit = parseSwitch(text, 'platform-split', fields.get('platform-split'));
  const ociArtifact = parseSwitch(text, 'oci-artifact', fields.get('oci-artifact'));
  const forceCompression = parseSwitch(text, 'force-compression', fields.get('force-compression'));
  const common = {
    type,
    compression,
    forceCompression,
    names,
    annotations,
    platformSplit,
    ociArtifact,
    ...(answers.length > 0 ? { answers } : {}),
  };
  const dest = fields.get('dest');
  if (type === 'cacheonly') return { type };
  const pushByDigest = parseSwitch(text, 'push-by-digest', fields.get('push-by-digest'));
  if (type === 'registry') return { ...common, push: true, pushByDigest };
  if (type === 'image')
    return { ...common, push: parseSwitch(text, 'push', fields.get('push')), pushByDigest };
  const isDirectory = type === 'oci' && parseSwitch(text, 'tar', fields.get('tar')) === false;
  if (dest === undefined && (type === 'local' || isDirectory))
    throw wrong(text, `type=${type} needs dest=DIRECTORY`);
  const destination = dest === undefined || dest === '-' ? standardOutput : dest;
  return { ...common, destination, isDirectory };
}

function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  let record;
  try {
    record = parseCsvRecord(text);
  } catch (error) {
    throw error instanceof DecantError ? wrong(text, error.message) : error;
  }
  for (const field of record) {
    const equals = field.indexOf('=');
    if (equals < 1) throw wrong(text, `"${field}" is not KEY=VALUE`);
    const key = field.slice(0, equals).trim();
    // Names of annotations keep their case.
    const name = key.startsWith('annotation') ? key : key.toLowerCase();
    fields.set(ALIASES[name] ?? name, field.slice(equals + 1));
  }
  return fields;
}

/** Takes them out of the fields. */
function annotationsOf(
  text: string,
  type: OutputType,
  fields: Map<string, string>,
): readonly Annotation[] | undefined {
  const found: Annotation[] = [];
  for (const [key, value] of fields) {
    const [, level = 'manifest', name] = /^annotation(?:-([a-z-]+(?:\[[^\]]*\])?))?\.(.+)$/s.exec(key) ?? [];
    if (name === undefined || !LAYERED_TYPES.has(type)) continue;
    const known = parseLevel(level);
    if (!known) throw wrong(text, `there are no annotations of "${level}"`);
    found.push({ ...known, name, value });
    fields.delete(key);
  }
  return found.length === 0 ? undefined : found;
}

const LAYERED_TYPES: ReadonlySet<string> = new Set(['image', 'registry', 'oci', 'docker']);

/** @returns An answer where the field is passed over. @throws DecantError USAGE where it is wrong */
function checkField(
  text: string,
  type: string,
  known: readonly string[],
  key: string,
  value: string,
): string | undefined {
  const [only, why] = FIXED[key] ?? [];
  const reason = known.includes(key) ? why : LAYERED_TYPES.has(type) ? FOREIGN[key] : undefined;
  if (reason !== undefined && value !== only) {
    if (!REFUSED.has(key)) return `--output type=${type}: ${key}=${value} is not used: ${reason}`;
    throw wrong(text, `${key}=${value} is not done here: ${reason}`);
  }
  if (known.includes(key)) return undefined;
  const meant = didYouMean(key, known);
  throw wrong(text, `"${key}" is not known for type=${type}${meant === undefined ? '' : `; ${meant}`}`);
}

function parseSwitch(text: string, key: string, value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  if (value === 'true' || value === 'false') return value === 'true';
  throw wrong(text, `${key} is true or false, not "${value}"`);
}

function parseCompression(
  text: string,
  value: string | undefined,
  level: string | undefined,
): LayerCompression | undefined {
  if (value === 'none' || value === 'uncompressed') return 'none';
  if (value === 'estargz')
    throw wrong(text, 'estargz, for runtimes that load files one by one, is not made; take zstd or gzip');
  if (value !== undefined && value !== 'gzip' && value !== 'zstd')
    throw wrong(text, `compression is gzip, zstd or uncompressed, not "${value}"`);
  if (level === undefined) return value;
  const method = value ?? 'gzip';
  const [own, most] = method === 'zstd' ? [ZSTD_LEVEL, MAX_ZSTD_LEVEL] : [GZIP_LEVEL, 9];
  if (!/^\d{1,2}$/.test(level) || Number(level) < 1 || Number(level) > most)
    throw wrong(text, `the level of ${method} is 1 to ${most}, not "${level}"`);
  return Number(level) === own ? method : (`${method}-${Number(level)}` as LayerCompression);
}

function wrong(text: string, why: string): DecantError {
  return new DecantError('USAGE', `invalid output "${text}": ${why}`, {
    hint: 'write type=image, type=registry, type=oci,dest=FILE, type=docker,dest=FILE, type=tar,dest=FILE, type=local,dest=DIRECTORY or type=cacheonly',
  });
}
