/** Where a build's result goes, as `-o` says. */
import type { Writable } from 'node:stream';
import { DecantError } from '../../errors.ts';
import type { LayerCompression } from '../embedded/session.ts';

export type OutputType = 'image' | 'registry' | 'oci' | 'docker' | 'tar' | 'local';

export interface Output {
  readonly type: OutputType;
  /** A path, or standard output; the store needs none. */
  readonly destination?: string | Writable | undefined;
  /** Of new layers, for the types that have layers. */
  readonly compression?: LayerCompression | undefined;
  /** `image`: it goes to its registry too. */
  readonly push?: boolean | undefined;
  /** `oci` as a directory instead of an archive (`tar=false`). */
  readonly isDirectory?: boolean | undefined;
}

const TYPES: readonly OutputType[] = ['image', 'registry', 'oci', 'docker', 'tar', 'local'];
const ALIASES: Readonly<Record<string, string>> = { dst: 'dest', out: 'dest' };

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
  const fields = new Map<string, string>();
  for (const field of text.split(',')) {
    const equals = field.indexOf('=');
    if (equals < 1) throw wrong(text, `"${field}" is not KEY=VALUE`);
    const key = field.slice(0, equals).trim().toLowerCase();
    fields.set(ALIASES[key] ?? key, field.slice(equals + 1));
  }
  const type = TYPES.find((known) => known === fields.get('type'));
  if (!type)
    throw wrong(
      text,
      fields.has('type') ? `there is no output type "${fields.get('type')}"` : 'it has no type',
    );
  const compression = parseCompression(text, fields.get('compression'));
  const asTar = fields.get('tar');
  const isDirectory = type === 'oci' && asTar === 'false';
  for (const key of fields.keys()) {
    if (
      ![
        'type',
        'compression',
        ...(type === 'image' ? ['push'] : type === 'registry' ? [] : ['dest', 'tar']),
      ].includes(key)
    )
      throw wrong(text, `"${key}" is not known for type=${type}`);
  }
  const dest = fields.get('dest');
  if (type === 'registry') return { type, compression, push: true };
  if (type === 'image') return { type, compression, push: parsePush(text, fields.get('push')) };
  if (dest === undefined && (type === 'local' || isDirectory))
    throw wrong(text, `type=${type} needs dest=DIRECTORY`);
  const destination = dest === undefined || dest === '-' ? standardOutput : dest;
  return { type, destination, compression, isDirectory };
}

function parsePush(text: string, value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  if (value === 'true' || value === 'false') return value === 'true';
  throw wrong(text, `push is true or false, not "${value}"`);
}

function parseCompression(text: string, value: string | undefined): LayerCompression | undefined {
  if (value === undefined || value === 'gzip') return value;
  if (value === 'none' || value === 'uncompressed') return 'none';
  throw wrong(text, `compression is gzip or none, not "${value}"`);
}

function wrong(text: string, why: string): DecantError {
  return new DecantError('USAGE', `invalid output "${text}": ${why}`, {
    hint: 'write type=image, type=registry, type=oci,dest=FILE, type=docker,dest=FILE, type=tar,dest=FILE or type=local,dest=DIRECTORY',
  });
}
