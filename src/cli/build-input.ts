/** What `decant build` reads before it plans: the Dockerfile, the ignore file, and where the context is. */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { collect } from '../codec/stream.ts';
import { createMatcher, parseIgnoreFile } from '../dockerfile/ignore.ts';
import { DecantError, systemCode } from '../errors.ts';
import type { ContextSource } from '../engine/embedded/build-context.ts';
import { readContextArchive } from '../engine/context-archive.ts';
import type { Ignore } from '../engine/leave-out.ts';
import { cleanPath } from '../tree/path.ts';
import { standardInput } from './io.ts';

/** A Dockerfile is text that someone wrote; more than this is something else. */
const MAX_DOCKERFILE = 16 * 1024 * 1024;

export interface BuildInput {
  readonly source: string;
  /** The Dockerfile's name for messages, as the user gave it. */
  readonly file: string;
  readonly context?: ContextSource;
}

/**
 * @param context Directory, or `-` for a Dockerfile or a tar archive on standard input.
 * @param file `-f`: a path, or `-` for standard input.
 * @param temporary A directory that stays until the build is done, for what comes on standard input.
 * @throws DecantError CONTEXT_MISSING, DOCKERFILE_MISSING, IGNORE_FILE_INVALID, ARCHIVE_INVALID
 */
export async function readInput(
  context: string,
  file: string | undefined,
  temporary: () => Promise<string>,
): Promise<BuildInput> {
  if (context === '-') {
    if (file === '-')
      throw new DecantError('USAGE', 'standard input cannot be both the context and the Dockerfile');
    return readStandardContext(file, temporary);
  }
  const root = await contextFolder(context);
  const [source, shown] = await readDockerfile(context, root, file);
  const ignore = await readIgnore(root, file === undefined || file === '-' ? undefined : resolve(file));
  return { source, file: shown, context: { files: root, ignore } };
}

async function contextFolder(context: string): Promise<string> {
  try {
    // The working directory may be gone, and then nothing can be found from there.
    const root = resolve(context);
    if ((await stat(root)).isDirectory()) return root;
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

/** Read as a stream and not by its size: it may be a pipe, which has none. */
export async function readDockerfileText(path: string, shown = path): Promise<string> {
  try {
    const bytes: AsyncIterable<Buffer> = createReadStream(path);
    return asText(await collect(bytes, MAX_DOCKERFILE, () => tooLarge(`"${shown}"`)), `"${shown}"`);
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
  return textOf(standardInput());
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const what = 'what comes on standard input';
  const text = asText(await collect(bytes, MAX_DOCKERFILE, () => tooLarge(what)), what);
  if (text.trim() !== '') return text;
  throw new DecantError('DOCKERFILE_MISSING', 'nothing came on standard input', {
    hint: 'write: decant build - < Dockerfile',
  });
}

/** A tar archive brings the Dockerfile and the files; anything else is the Dockerfile itself, without a context. */
async function readStandardContext(
  file: string | undefined,
  temporary: () => Promise<string>,
): Promise<BuildInput> {
  const archive = await readContextArchive(standardInput(), temporary);
  if ('text' in archive) {
    if (file === undefined) return { source: await textOf(archive.text), file: 'Dockerfile' };
    throw new DecantError('CONTEXT_INVALID', 'what comes on standard input is not a tar archive', {
      hint: 'with -f, standard input has to bring the context; leave out -f to build the Dockerfile that comes there',
    });
  }
  const read = (path: string): Promise<string | undefined> => archive.read(cleanPath(path));
  const name = file ?? 'Dockerfile';
  const source = (await read(name)) ?? (file === undefined ? await read('dockerfile') : undefined);
  if (source === undefined)
    throw new DecantError('DOCKERFILE_MISSING', `there is no Dockerfile "${name}" in the archive`);
  const ignoreFile = (await read(`${name}.dockerignore`)) ?? (await read('.dockerignore'));
  const ignore = ignoreFile === undefined ? undefined : createMatcher(parseIgnoreFile(ignoreFile));
  return { source, file: name, context: { files: archive.layer, ignore } };
}

/** `<Dockerfile>.dockerignore` beside the Dockerfile, else `.dockerignore` in the context. */
export async function readIgnore(root: string, dockerfile: string | undefined): Promise<Ignore | undefined> {
  const own = dockerfile ?? join(root, 'Dockerfile');
  for (const path of [join(dirname(own), `${basename(own)}.dockerignore`), join(root, '.dockerignore')]) {
    try {
      return createMatcher(parseIgnoreFile(await readFile(path, 'utf8'), { file: path }));
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      if (code === undefined) throw error;
      throw new DecantError('FILE_UNREADABLE', `cannot read ${path}`, {
        cause: error,
        hint: 'make it a file that you may read, or remove it',
      });
    }
  }
  return undefined;
}
