/** Which Dockerfiles `decant check` looks at, and the ignore files that go with them. */
import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DecantError, systemCode } from '../errors.ts';
import { readDockerfileText, readStandardInput } from './build-input.ts';
import { readIgnore } from './ignore-file.ts';
import type { CheckInput } from './check-run.ts';

/** `Dockerfile`, `Dockerfile.dev`, `web.Dockerfile`, and the same with Podman's name. Their ignore files are others. */
const NAME = /^(?:docker|container)file(?:\.[^.]+)?$|\.(?:docker|container)file$/i;
const IGNORE_FILE = /\.dockerignore$/i;
/** Where nobody keeps Dockerfiles of their own. */
const LEFT_OUT: ReadonlySet<string> = new Set(['.git', 'node_modules', 'vendor', '.venv']);
const MAX_FOLDERS = 100_000;

/** Files as they are, `-` for standard input, and of folders all Dockerfiles in them. */
export async function findDockerfiles(paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if (path === '-' || !(await isFolder(path))) found.push(path);
    else found.push(...(await below(path)));
  }
  return [...new Set(found)];
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw new DecantError('DOCKERFILE_MISSING', `there is no Dockerfile "${path}"`, {
      cause: systemCode(error) === 'ENOENT' ? undefined : error,
      hint: 'give Dockerfiles, or folders to look for them in',
    });
  }
}

async function below(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  const waiting = [root];
  for (let count = 0; count < MAX_FOLDERS; count += 1) {
    const folder = waiting.pop();
    if (folder === undefined) break;
    for (const entry of await entriesOf(folder)) {
      const path = folder === '.' ? entry.name : join(folder, entry.name);
      if (entry.isDirectory() && !LEFT_OUT.has(entry.name)) waiting.push(path);
      else if (!entry.isDirectory() && NAME.test(entry.name) && !IGNORE_FILE.test(entry.name))
        found.push(path);
    }
  }
  if (found.length > 0) return found.sort();
  throw new DecantError('DOCKERFILE_MISSING', `there is no Dockerfile in "${root}"`, {
    hint: 'looked for Dockerfile, Dockerfile.NAME and NAME.Dockerfile; name the file if it is called otherwise',
  });
}

/** A folder that may not be looked into holds nothing for us. */
async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (['EACCES', 'ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
    throw error;
  }
}

/** A Dockerfile's context is taken to be the folder that it lies in. */
export async function readForCheck(path: string): Promise<CheckInput> {
  if (path === '-') return { source: await readStandardInput(), file: 'Dockerfile' };
  const source = await readDockerfileText(path);
  const ignore = readIgnore(dirname(resolve(path)), resolve(path));
  return { source, file: path, ignore };
}
