/**
 * The cases: a folder each, with a Dockerfile, the files of its context, and
 *
 *   case.json     (optional) how to build it and what git cannot keep; see `CaseFile`
 *   expected.txt  the result, recorded once with BuildKit; see README.md
 *
 * A context is laid out afresh in a temporary folder, because a checkout's modes depend on the umask and git knows
 * no setuid bits, hard links, named pipes or empty directories.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { lchown, link, mkdir, readFile, readdir, readlink, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ErrorCode } from '../../src/errors.ts';
import type { Owner } from './files.ts';
import { settle } from './files.ts';
import { parseItem } from './item.ts';
import { writeTar } from './tar.ts';

/** A difference that is right as it is. Exactly one of `path` (may end in `/**`) and `field` says where. */
export interface Difference {
  readonly of: 'buildah' | 'decant' | 'decant-as-user' | 'docker';
  readonly path?: string;
  /** A config field, or `result` where one tool fails and the other does not. */
  readonly field?: string;
  readonly why: string;
}

export interface CaseFile {
  /** What the case shows, in one line. */
  readonly about?: string;
  readonly file?: string;
  readonly target?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** Files that git cannot keep, by path in the context (item.ts). */
  readonly make?: Readonly<Record<string, string>>;
  /** Archives by path (`.tar` or `.tar.gz`), each its members in order. */
  readonly archives?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The build must fail: with this code of decant's and this text in its message. */
  readonly expectError?: { readonly code: ErrorCode; readonly message: string };
  readonly differences?: readonly Difference[];
}

export interface Case extends CaseFile {
  readonly name: string;
  readonly folder: string;
  /** The Dockerfile's text, where it is not a file of the folder. */
  readonly dockerfile?: string;
}

const OWN_FILES = new Set(['case.json', 'expected.txt']);

export async function loadCases(folder: string): Promise<Case[]> {
  const names = (await readdir(folder)).sort();
  return Promise.all(
    names.map(async (name) => {
      const file = join(folder, name, 'case.json');
      const settings = existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as CaseFile) : {};
      return { ...settings, name, folder: join(folder, name) };
    }),
  );
}

/** Lays out the context below `folder`, which must not exist yet, owned by `owner`. */
export async function layOutContext(testCase: Case, folder: string, owner: Owner): Promise<void> {
  await mkdir(folder, { recursive: true });
  await copyFolder(testCase.folder, folder, owner, OWN_FILES);
  if (testCase.dockerfile !== undefined)
    await put(join(folder, 'Dockerfile'), owner, 0o644, Buffer.from(testCase.dockerfile));
  for (const [path, line] of Object.entries(testCase.make ?? {})) await make(folder, path, line, owner);
  for (const [path, members] of Object.entries(testCase.archives ?? {})) {
    const tar = writeTar(Object.entries(members).map(([path, line]) => ({ ...parseItem(line), path })));
    await put(join(folder, path), owner, 0o644, path.endsWith('.gz') ? gzipSync(tar) : tar);
  }
  await settle(folder, 0o755, owner);
}

async function copyFolder(
  from: string,
  to: string,
  owner: Owner,
  except: ReadonlySet<string>,
): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (except.has(entry.name)) continue;
    if (entry.isDirectory()) {
      await mkdir(target);
      await copyFolder(source, target, owner, new Set());
      await settle(target, 0o755, owner);
    } else if (entry.isSymbolicLink()) {
      await symlink(await readlink(source), target);
      await lchown(target, owner.uid, owner.gid);
    } else {
      await put(target, owner, basename(source).endsWith('.sh') ? 0o755 : 0o644, await readFile(source));
    }
  }
}

async function make(folder: string, path: string, line: string, owner: Owner): Promise<void> {
  const item = parseItem(line);
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  if (item.type === 'symlink') await symlink(item.target, target);
  else if (item.type === 'link') await link(join(folder, item.target), target);
  else if (item.type === 'file') await put(target, owner, item.mode, item.content);
  else if (item.type === 'dir') await mkdir(target, { recursive: true });
  else if (spawnSync('mkfifo', [target]).status !== 0) throw new Error(`cannot make ${item.type} ${target}`);
  if (item.type === 'symlink') await lchown(target, owner.uid, owner.gid);
  else if (item.type !== 'link') await settle(target, item.mode, owner);
}

async function put(path: string, owner: Owner, mode: number, bytes: Buffer): Promise<void> {
  await writeFile(path, bytes);
  await settle(path, mode, owner);
}
