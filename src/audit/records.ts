/**
 * Records of packages, and executables that none of them names: what a scanner for vulnerabilities can see of an image.
 * Nothing here counts for the score (score.ts says why); an image that has fewer records than the one it is compared
 * with, and the same software, is told of.
 */
import { findPackages } from '../inspect/packages/packages.ts';
import type { FileEntry } from '../tree/entry.ts';
import type { Tree } from '../tree/tree.ts';
import type { Records } from './types.ts';

/** What `findPackages` opens when it looks neither for languages nor for licences. */
const TEXTS =
  /^(?:var\/lib\/dpkg\/(?:status|info\/[^/]+\.list|status\.d\/[^/]+)|(?:usr\/)?lib\/apk\/db\/installed|(?:etc|usr\/lib)\/os-release)$/;
const DATABASES = /^(?:var\/lib|usr\/lib\/sysimage|usr\/share)\/rpm\/(?:rpmdb\.sqlite|Packages(?:\.db)?)$/;
const MAX_TEXT_BYTES = 8 * 1024 * 1024;
/** Those of a distribution with everything in it have 40 MB. */
const MAX_DATABASE_BYTES = 64 * 1024 * 1024;

/** Whether the content of a file is wanted. */
export function isRecord({ path, size }: FileEntry): boolean {
  return (size <= MAX_TEXT_BYTES && TEXTS.test(path)) || (size <= MAX_DATABASE_BYTES && DATABASES.test(path));
}

export interface RecordsInput {
  readonly tree: Tree;
  readonly executables: readonly FileEntry[];
  /** Undefined for what was not kept. */
  readonly content: (entry: FileEntry) => Uint8Array | undefined;
  /** What could not be read. */
  readonly warn: (text: string) => void;
}

export async function recordsOf({ tree, executables, content, warn }: RecordsInput): Promise<Records> {
  const open = (entry: FileEntry): Uint8Array => {
    const bytes = content(entry);
    if (!bytes && entry.size > 0)
      warn(`/${entry.path} is too large, or one too many: its packages are not counted`);
    return bytes ?? new Uint8Array();
  };
  const list = await findPackages({ tree, open, languages: false, licenses: false });
  for (const warning of list.warnings) warn(warning);
  const left = new Set(executables.map(({ path }) => path));
  const total = left.size;
  const packages: Record<string, number> = {};
  for (const { manager, files = [] } of list.packages) {
    packages[manager] = (packages[manager] ?? 0) + 1;
    for (const file of files) left.delete(file);
  }
  return { packages, executables: total, unowned: left.size };
}
