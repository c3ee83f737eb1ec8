/** What `decant build` reads before it plans: the Dockerfile, the ignore file, and where the context is. */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { collect } from '../codec/stream.ts';
import { createMatcher, parseIgnoreFile } from '../dockerfile/ignore.ts';
import { DecantError, systemCode } from '../errors.ts';
import type { Ignore } from '../engine/context.ts';
import { standardInput } from './io.ts';

export interface BuildInput {
  readonly source: string;
  /** The Dockerfile's name for messages, as the user gave it. */
  readonly file: string;
  readonly context?: { readonly root: string; readonly ignore?: Ignore | undefined };
}

/** A Dockerfile is text that someone wrote; more than this is something else. */
const MAX_DOCKERFILE = 16 * 1024 * 1024;

/**
 * @param context Directory, or `-` for a Dockerfile on standard input and no context.
 * @param file `-f`: a path, or `-` for standard input.
 * @throws DecantError CONTEXT_MISSING, DOCKERFILE_MISSING, IGNORE_FILE_INVALID
 */
export async function readInput(context: string, file: string | undefined): Promise<BuildInput> {
  if (context === '-') {
    if (file !== undefined) {
      throw new DecantError(
        'USAGE',
        'with "-" as context the Dockerfile comes from standard input, and -f says otherwise',
      );
    }
    return { source: await readStandardInput(), file: 'Dockerfile' };
  }
  const root = resolve(context);
  await checkContext(context, root);
  const [source, shown] = await readDockerfile(context, root, file);
  const ignore = await readIgnore(root, file === undefined || file === '-' ? undefined : resolve(file));
  return { source, file: shown, context: { root, ignore } };
}

async function checkContext(context: string, root: string): Promise<void> {
  try {
    if ((await stat(root)).isDirectory()) return;
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
  if (file !== undefined) return [await readText(resolve(file), file), file];
  for (const name of ['Dockerfile', 'dockerfile']) {
    try {
      return [await readText(join(root, name), name), name];
    } catch (error) {
      if (!(error instanceof DecantError && error.message.startsWith('there is no'))) throw error;
    }
  }
  throw new DecantError('DOCKERFILE_MISSING', `there is no Dockerfile in "${context}"`, {
    hint: 'name it with -f FILE',
  });
}

async function readText(path: string, shown: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_DOCKERFILE)
      throw new DecantError('DOCKERFILE_SYNTAX', `"${shown}" is too large for a Dockerfile: ${size} bytes`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof DecantError) throw error;
    const isMissing = systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR';
    throw new DecantError(
      'DOCKERFILE_MISSING',
      isMissing ? `there is no Dockerfile "${shown}"` : `cannot read the Dockerfile "${shown}"`,
      {
        cause: isMissing ? undefined : error,
      },
    );
  }
}

async function readStandardInput(): Promise<string> {
  const tooLarge = (): Error =>
    new DecantError('DOCKERFILE_SYNTAX', 'what comes on standard input is too large for a Dockerfile');
  const text = (await collect(standardInput(), MAX_DOCKERFILE, tooLarge)).toString('utf8');
  if (text.trim() !== '') return text;
  throw new DecantError('DOCKERFILE_MISSING', 'nothing came on standard input', {
    hint: 'write: decant build - < Dockerfile',
  });
}

/** `<Dockerfile>.dockerignore` beside the Dockerfile, else `.dockerignore` in the context. */
async function readIgnore(root: string, dockerfile: string | undefined): Promise<Ignore | undefined> {
  const own = dockerfile ?? join(root, 'Dockerfile');
  for (const path of [join(dirname(own), `${basename(own)}.dockerignore`), join(root, '.dockerignore')]) {
    try {
      return createMatcher(parseIgnoreFile(await readFile(path, 'utf8'), { file: path }));
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      if (code === undefined) throw error;
      throw new DecantError('FILE_UNREADABLE', `cannot read ${path}`, { cause: error });
    }
  }
  return undefined;
}
