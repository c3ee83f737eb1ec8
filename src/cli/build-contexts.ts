/**
 * `--build-context NAME=VALUE`: named contexts, as `docker buildx build` has them, and single files besides; and
 * `NAME::PLATFORM=VALUE`, which BuildKit takes from clients that pass it on.
 */
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { parseGitReference } from '../dockerfile/git-reference.ts';
import type { ContextSource } from '../engine/embedded/build-context.ts';
import { contextTree } from '../engine/context.ts';
import { fileTree } from '../engine/remote/file-tree.ts';
import { DecantError, systemCode } from '../errors.ts';
import { localImage } from '../plan/local-images.ts';
import { parsePlatform } from '../oci/platform.ts';
import { contextKey, contextName } from '../plan/named-contexts.ts';
import type { NamedContext } from '../plan/plan.ts';
import { readIgnore } from './ignore-file.ts';

export interface NamedContexts {
  /** For the plan. */
  readonly contexts: ReadonlyMap<string, NamedContext>;
  /** The files of those that are on this machine. */
  readonly files: ReadonlyMap<string, ContextSource>;
}

const RESERVED = new Set(['scratch', 'context']);

/** @throws DecantError USAGE, CONTEXT_MISSING, IGNORE_FILE_INVALID, DOCKERFILE_SYNTAX for a git reference */
export async function readContexts(texts: readonly string[] | undefined): Promise<NamedContexts> {
  const contexts = new Map<string, NamedContext>();
  const files = new Map<string, ContextSource>();
  for (const text of texts ?? []) {
    const equals = text.indexOf('=');
    const [given, value] = [text.slice(0, equals), text.slice(equals + 1)];
    if (equals < 1 || value === '') throw wrong(text, 'it is not NAME=VALUE');
    const key = keyOf(text, given);
    const elsewhere = contextElsewhere(text, value);
    contexts.set(key, elsewhere ?? { type: 'files' });
    if (!elsewhere) files.set(key, await localFiles(given, value));
  }
  return { contexts, files };
}

function keyOf(text: string, given: string): string {
  // No name of an image has two colons, but for a host's address in brackets.
  const [, name = given, platform] = /^(.+)::([^:[\]]*)$/s.exec(given) ?? [];
  if (RESERVED.has(contextName(name))) throw wrong(text, `the name "${name}" means something already`);
  if (platform === undefined) return contextName(name);
  try {
    return contextKey(name, parsePlatform(platform));
  } catch (error) {
    if (error instanceof DecantError) throw wrong(text, error.message, error.hint);
    throw error;
  }
}

function contextElsewhere(text: string, value: string): NamedContext | undefined {
  const local = localImage(value);
  if (local !== undefined) return { type: 'image', reference: local };
  const [, scheme, rest = ''] = /^([a-z-]+):\/\/(.*)$/s.exec(value) ?? [];
  if (scheme === 'docker-image') return { type: 'image', reference: rest };
  if (scheme === 'oci-layout') {
    const [, folder = '', name = ''] =
      /^(.*?)((?::[\w][\w.-]*)?(?:@sha256:[0-9a-f]{64})?)$/s.exec(rest) ?? [];
    return { type: 'image', reference: `oci-layout://${resolve(folder)}${name}` };
  }
  const reference = parseGitReference(value);
  if (reference) return { type: 'remote', source: { type: 'git', reference } };
  if (scheme === 'http' || scheme === 'https')
    return { type: 'remote', source: { type: 'http', url: value, name: 'context' } };
  if (scheme !== undefined) throw wrong(text, `"${scheme}://" is not known here`);
  return undefined;
}

async function localFiles(name: string, value: string): Promise<ContextSource> {
  const path = resolve(value);
  try {
    if ((await stat(path)).isDirectory()) return { files: path, ignore: readIgnore(path, undefined) };
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw new DecantError('CONTEXT_MISSING', `the context "${name}" is not there: ${value}`, {
      cause: systemCode(error) === 'ENOENT' ? undefined : error,
      hint: 'give a directory, a file, docker-image://NAME, docker-daemon://NAME, oci-layout://DIRECTORY, or an address of a git repository or archive',
    });
  }
  const node = contextTree(dirname(path)).get(basename(path));
  if (node?.type === 'file') return { files: fileTree(node) };
  throw new DecantError(
    'CONTEXT_INVALID',
    `the context "${name}" is neither a directory nor a file: ${value}`,
  );
}

function wrong(text: string, why: string, hint?: string): DecantError {
  return new DecantError('USAGE', `invalid --build-context "${text}": ${why}`, {
    hint:
      hint ??
      'write --build-context NAME=DIRECTORY, or docker-image://NAME, docker-daemon://NAME, oci-layout://DIRECTORY, an address of a git repository or archive',
  });
}
