/** What `decant build` reads before it plans: the Dockerfile, the ignore file, and where the context is. */
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { collect } from '../codec/stream.ts';
import { createMatcher, parseIgnoreFile } from '../dockerfile/ignore.ts';
import { DecantError, systemCode } from '../errors.ts';
import type { ContextSource } from '../engine/embedded/build-context.ts';
import { readContextArchive } from '../engine/context-archive.ts';
import { cleanPath } from '../tree/path.ts';
import type { Identity } from '../engine/remote/remotes.ts';
import type { Emit } from '../events.ts';
import type { Store } from '../store/store.ts';
import { readIgnore } from './ignore-file.ts';
import { standardInput } from './io.ts';

/** A Dockerfile is text that someone wrote; more than this is something else. */
const MAX_DOCKERFILE = 16 * 1024 * 1024;

export interface BuildInput {
  readonly source: string;
  /** The Dockerfile's name for messages, as the user gave it. */
  readonly file: string;
  readonly context?: ContextSource;
  /** Of the context, in seconds: of its commit, or its newest file in an archive. A directory has none. */
  readonly time?: number;
  /** Where a context came from that is none of this machine. */
  readonly origin?: Identity;
}

export interface InputOptions {
  /** A directory that stays until the build is done, for what comes from elsewhere. */
  readonly temporary: () => Promise<string>;
  readonly store: Store;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** A context that is a git repository keeps it (`BUILDKIT_CONTEXT_KEEP_GIT_DIR`). */
  readonly keepGitDir: boolean;
}

/**
 * @param context Directory, address of a git repository or archive, or `-` for a Dockerfile or a tar archive on standard
 *   input.
 * @param file `-f`: a path, or `-` for standard input.
 * @throws DecantError CONTEXT_MISSING, DOCKERFILE_MISSING, IGNORE_FILE_INVALID, ARCHIVE_INVALID, GIT_FAILED, NETWORK
 */
export async function readInput(
  context: string,
  file: string | undefined,
  options: InputOptions,
): Promise<BuildInput> {
  if (context === '-') {
    if (file === '-')
      throw new DecantError('USAGE', 'standard input cannot be both the context and the Dockerfile');
    return readArchived(standardInput(), file, options, 'what comes on standard input');
  }
  const remote = isRemote(context) ? await import('./remote-context.ts') : undefined;
  if (remote) return remote.readRemote(context, file, options);
  const root = contextFolder(context);
  const [source, shown] = await readDockerfile(context, root, file);
  const ignore = readIgnore(root, file === undefined || file === '-' ? undefined : resolve(file));
  return { source, file: shown, context: { files: root, ignore } };
}

/** As the docker command has it: what is a directory here is no address. */
function isRemote(context: string): boolean {
  const isAddress = /^([a-z]+:\/\/|[\w.-]+@[\w.-]+:|github\.com\/)/i.test(context);
  return isAddress && !existsSync(context);
}

function contextFolder(context: string): string {
  try {
    // The working directory may be gone, and then nothing can be found from there.
    const root = resolve(context);
    if (statSync(root).isDirectory()) return root;
  } catch (error) {
    throw new DecantError('CONTEXT_MISSING', `there is no build context "${context}"`, {
      cause: systemCode(error) === 'ENOENT' ? undefined : error,
      hint: 'give the directory that holds the Dockerfile and the files it copies, often "."',
    });
  }
  throw new DecantError('CONTEXT_INVALID', `the build context "${context}" is not a directory`, {
    hint: `to name the Dockerfile itself, write: decant build -f ${context} ${join(context, '..')}`,
  });
}

async function readDockerfile(
  context: string,
  root: string,
  file: string | undefined,
): Promise<[source: string, shown: string]> {
  if (file === '-') return [await readStandardInput(), 'Dockerfile'];
  if (file !== undefined) return [await readDockerfileText(resolve(file), file), file];
  for (const name of ['Dockerfile', 'dockerfile']) {
    try {
      return [await readDockerfileText(join(root, name), name), name];
    } catch (error) {
      if (!(error instanceof DecantError && error.code === 'DOCKERFILE_MISSING')) throw error;
    }
  }
  throw new DecantError('DOCKERFILE_MISSING', `there is no Dockerfile in "${context}"`, {
    hint: 'name it with -f FILE',
  });
}

export async function readDockerfileText(path: string, shown = path): Promise<string> {
  try {
    return asText(await readWhole(path, shown), `"${shown}"`);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new DecantError('DOCKERFILE_MISSING', `there is no Dockerfile "${shown}"`, {
        hint: 'check the path that -f gives: it counts from the working directory, not from the context',
      });
    }
    if (code === 'EISDIR') {
      throw new DecantError('FILE_UNREADABLE', `the Dockerfile "${shown}" is a directory`, {
        hint: 'name the file with -f FILE',
      });
    }
    throw new DecantError('FILE_UNREADABLE', `cannot read the Dockerfile "${shown}"`, {
      cause: error,
      hint: 'check its permissions, and those of the directories that lead to it',
    });
  }
}

/** As a stream where it may be a pipe, which has no size and may keep us waiting; else at once, which is sooner. */
async function readWhole(path: string, shown: string): Promise<Buffer> {
  const stats = statSync(path);
  if (stats.size > MAX_DOCKERFILE) throw tooLarge(`"${shown}"`);
  if (stats.isFile()) return readFileSync(path);
  const bytes: AsyncIterable<Buffer> = createReadStream(path);
  return collect(bytes, MAX_DOCKERFILE, () => tooLarge(`"${shown}"`));
}

/** Other files than Dockerfiles are told by their bytes: what a parser would say of them helps nobody. */
function asText(bytes: Buffer, what: string): string {
  if (!bytes.includes(0)) return bytes.toString('utf8');
  const isWide = /^(?:fffe|feff)/.test(bytes.toString('hex', 0, 2));
  throw new DecantError('DOCKERFILE_SYNTAX', `${what} is not a text file: it has a NUL byte`, {
    hint: isWide ? 'it is UTF-16; save it as UTF-8' : 'name the Dockerfile with -f FILE',
  });
}

function tooLarge(what: string): DecantError {
  return new DecantError('DOCKERFILE_SYNTAX', `${what} is too large for a Dockerfile`, {
    hint: `it has more than ${MAX_DOCKERFILE} bytes; name the Dockerfile with -f FILE`,
  });
}

export async function readStandardInput(): Promise<string> {
  return textOf(standardInput(), 'what comes on standard input');
}

/** A Dockerfile's text from anywhere. */
export async function textOf(bytes: AsyncIterable<Uint8Array>, what: string): Promise<string> {
  const text = asText(await collect(bytes, MAX_DOCKERFILE, () => tooLarge(what)), what);
  if (text.trim() !== '') return text;
  throw new DecantError('DOCKERFILE_MISSING', `${what} is empty`, {
    hint: 'write: decant build - < Dockerfile',
  });
}

/** A tar archive brings the Dockerfile and the files; anything else is the Dockerfile itself, without a context. */
export async function readArchived(
  bytes: AsyncIterable<Uint8Array>,
  file: string | undefined,
  { temporary }: InputOptions,
  what: string,
): Promise<BuildInput> {
  const archive = await readContextArchive(bytes, temporary);
  if ('text' in archive) {
    if (file === undefined) return { source: await textOf(archive.text, what), file: 'Dockerfile' };
    throw new DecantError('CONTEXT_INVALID', `${what} is not a tar archive`, {
      hint: 'with -f, it has to bring the context; leave out -f to build the Dockerfile that it is',
    });
  }
  const read = (path: string): Promise<string | undefined> => archive.read(cleanPath(path));
  const name = file ?? 'Dockerfile';
  const source = (await read(name)) ?? (file === undefined ? await read('dockerfile') : undefined);
  if (source === undefined)
    throw new DecantError('DOCKERFILE_MISSING', `there is no Dockerfile "${name}" in the archive`);
  const ignoreFile = (await read(`${name}.dockerignore`)) ?? (await read('.dockerignore'));
  const ignore = ignoreFile === undefined ? undefined : createMatcher(parseIgnoreFile(ignoreFile));
  const time = archive.layer.entries.reduce((newest, { mtime }) => Math.max(newest, Math.floor(mtime)), 0);
  return { source, file: name, context: { files: archive.layer, ignore }, time };
}
