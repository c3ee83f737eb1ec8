/**
 * A folder with a store of its own, and the built program to use it with, as one user. Nothing of the environment the
 * tests run in reaches the program but what is named here.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, lchownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { baseArchive } from './base.ts';
import type { Ended, RunOptions, Started } from './process.ts';
import { mustRun, run, start } from './process.ts';
import type { User } from './users.ts';
import { SELF } from './users.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The program, to be started with Node. */
export const PROGRAM = join(ROOT, 'bin/decant');

/** Text of a file, or more about it. A name that ends in a slash is a directory. */
export type FileSpec =
  | string
  | { readonly text?: string | Uint8Array; readonly mode?: number; readonly link?: string };

export interface DecantOptions extends RunOptions {
  /** Added to the environment. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Another Node, or another program in front of it. */
  readonly node?: readonly string[];
  /** Another store. */
  readonly home?: string;
}

export interface Workbench {
  readonly user: User;
  readonly folder: string;
  /** DECANT_HOME. */
  readonly home: string;
  /** A path in the folder. */
  readonly path: (name: string) => string;
  readonly start: (args: readonly string[], options?: DecantOptions) => Started;
  readonly decant: (args: readonly string[], options?: DecantOptions) => Promise<Ended>;
  /** As `decant`, and throws unless the status is 0. */
  readonly need: (args: readonly string[], options?: DecantOptions) => Promise<Ended>;
  /** The answer to a command with `--format json`. */
  readonly json: <T>(args: readonly string[], options?: DecantOptions) => Promise<T>;
  /** Makes a directory of files that belong to the user, and gives its path. */
  readonly files: (files: Readonly<Record<string, FileSpec>>, name?: string) => string;
  /** Files that replace others of the same name in a directory that `files` made. */
  readonly change: (directory: string, files: Readonly<Record<string, FileSpec>>) => void;
  readonly remove: () => void;
}

/** The name that `withBase` gives to the image. */
export const BASE = 'base:latest';

/** A workbench whose store has an image: a root file system around busybox. */
export async function withBase(user: User = SELF): Promise<Workbench> {
  const bench = createWorkbench(user);
  await bench.need(['import', '-', BASE], { input: baseArchive() });
  return bench;
}

/** @param home A store that others use too, and that stays; one in the folder unless told. */
export function createWorkbench(user: User = SELF, home?: string): Workbench {
  const folder = mkdtempSync(join(tmpdir(), 'decant-e2e-'));
  lchownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o755);
  const store = home ?? join(folder, 'store');
  let made = 0;

  const invocation = (args: readonly string[], options: DecantOptions = {}) => {
    const { node = [process.execPath], variables, home: otherHome = store, ...rest } = options;
    const env = { PATH: process.env['PATH'] ?? '', HOME: folder, DECANT_HOME: otherHome, ...variables };
    return [[...node, PROGRAM, ...args], { env, user, cwd: folder, ...rest }] as const;
  };
  const need: Workbench['need'] = (args, options) => mustRun(...invocation(args, options));
  const change: Workbench['change'] = (directory, files) => {
    for (const [name, spec] of Object.entries(files)) writeEntry(directory, name, spec, user);
  };

  return {
    user,
    folder,
    home: store,
    path: (name) => join(folder, name),
    start: (args, options) => start(...invocation(args, options)),
    decant: (args, options) => run(...invocation(args, options)),
    need,
    json: async <T>(args: readonly string[], options?: DecantOptions) =>
      JSON.parse((await need([...args, '--format', 'json'], options)).stdout) as T,
    files(files, name = `files-${(made += 1)}`) {
      const directory = join(folder, name);
      mkdirSync(directory);
      lchownSync(directory, user.uid, user.gid);
      change(directory, files);
      return directory;
    },
    change,
    remove: () => removeFolder(folder),
  };
}

function writeEntry(directory: string, name: string, spec: FileSpec, user: User): void {
  const path = join(directory, name);
  const { text = '', mode, link } = typeof spec === 'string' ? { text: spec } : spec;
  makeDirectories(directory, dirname(path), user);
  if (name.endsWith('/')) mkdirSync(path, { recursive: true });
  else if (link !== undefined) symlinkSync(link, path);
  else writeFileSync(path, text);
  lchownSync(path, user.uid, user.gid);
  if (link === undefined) chmodSync(path, mode ?? (name.endsWith('/') ? 0o755 : 0o644));
}

function makeDirectories(root: string, path: string, user: User): void {
  if (path === root) return;
  makeDirectories(root, dirname(path), user);
  mkdirSync(path, { recursive: true });
  lchownSync(path, user.uid, user.gid);
}

/** Layers of an ordinary user belong to that user's subordinate ids too: only in a namespace can they be removed. */
function removeFolder(folder: string): void {
  // A process that was told to end may write its last meanwhile.
  if (SELF.uid === 0) rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  else execFileSync('unshare', ['--user', '--map-root-user', '--map-auto', 'rm', '-rf', folder]);
}
