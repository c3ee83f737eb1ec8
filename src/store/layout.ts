/**
 * The store's folder: an OCI image layout (OCI image-spec, image-layout.md) with decant's private parts beside it.
 * It is made when something is first written; until then opening costs one failed read.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { DecantError } from '../errors.ts';
import { makeFolder, readIfPresent, storeError, writeFileAtomic } from './files.ts';
import { ownedName } from './owner.ts';

/** Raised when an older decant could not use the store any more. */
export const STORE_FORMAT = 1;

const PUBLIC = ['blobs', 'blobs/sha256'];
/** Unpacked layers hold setuid programs of strangers: nobody else may reach them. */
const PRIVATE = ['layers', 'cache', 'origins', 'builds', 'mounts', 'pipes', 'locks', 'locks/use', 'tmp'];
const FILES = ['oci-layout', 'index.json', 'version'];

export interface StoreLayout {
  readonly root: string;
  /** A path below the root. */
  readonly path: (...parts: readonly string[]) => string;
  /** Makes the folder unless it is there. Throws STORE_UNWRITABLE. */
  readonly ensure: () => void;
}

/** Throws STORE_VERSION for a store of another format and STORE_DAMAGED for one that says nothing sensible. */
export function openLayout(root: string): StoreLayout {
  const absolute = resolve(root);
  const path = (...parts: readonly string[]): string => join(absolute, ...parts);
  const isThere = checkVersion(path('version'));
  let made = false;
  return {
    root: absolute,
    path,
    ensure: () => {
      if (made) return;
      if (isThere) makeFolders(absolute, path);
      else make(absolute, path);
      made = true;
    },
  };
}

function checkVersion(file: string): boolean {
  const text = readIfPresent(file)?.toString('latin1').trim();
  if (text === undefined) return false;
  if (!/^\d{1,9}$/.test(text)) {
    throw new DecantError('STORE_DAMAGED', `${file} does not hold the number of a store format`, {
      hint: `if this is a decant store, write ${STORE_FORMAT} to that file; else set DECANT_HOME to another folder`,
    });
  }
  if (Number(text) !== STORE_FORMAT) {
    throw new DecantError(
      'STORE_VERSION',
      `the store has format ${text}, this decant knows format ${STORE_FORMAT}`,
      {
        hint: 'use the decant that made it, or set DECANT_HOME to another folder',
      },
    );
  }
  return true;
}

function make(root: string, path: StoreLayout['path']): void {
  try {
    makeFolder(root, 0o700);
    refuseOtherFolders(root);
  } catch (error) {
    throw storeError(error, root);
  }
  makeFolders(root, path);
  const write = (name: string, text: string): void =>
    writeFileAtomic(path(name), Buffer.from(text), path('tmp', ownedName()));
  write('oci-layout', '{"imageLayoutVersion":"1.0.0"}');
  // Last, so that whatever was interrupted before is done again.
  write('version', `${STORE_FORMAT}\n`);
}

/** Those that are missing: most of them hold what can be made again, and people remove what is large. */
function makeFolders(root: string, path: StoreLayout['path']): void {
  try {
    const missing = (folder: string): boolean => !existsSync(path(folder));
    for (const folder of PUBLIC.filter(missing)) makeFolder(path(folder), 0o755);
    for (const folder of PRIVATE.filter(missing)) makeFolder(path(folder), 0o700);
  } catch (error) {
    throw storeError(error, root);
  }
}

/** Somebody's home directory must not fill up with ours because a variable was set wrongly. */
function refuseOtherFolders(root: string): void {
  const known = new Set([...PUBLIC, ...PRIVATE, ...FILES, 'lost+found']);
  const stranger = readdirSync(root).find((name) => !known.has(name) && !name.startsWith('.'));
  if (stranger === undefined) return;
  throw new DecantError(
    'STORE_UNWRITABLE',
    `${root} is not a decant store and not empty: it has ${stranger}`,
    {
      hint: 'set DECANT_HOME to a new or empty folder',
    },
  );
}
