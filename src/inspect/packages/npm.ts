/** Packages of npm, yarn and pnpm: the package.json of each below a `node_modules` (package.json, npm documentation). */
import type { FileEntry } from '../../tree/entry.ts';
import { type Reading, readText } from './files.ts';
import type { PackageFinding } from './package.ts';

const MANIFEST = /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@.][^/]*\/package\.json$/;
const MAX_BYTES = 4 * 1024 * 1024;

export function isNpmManifest(path: string): boolean {
  return MANIFEST.test(path);
}

export async function npmPackage(reading: Reading, file: FileEntry): Promise<readonly PackageFinding[]> {
  const { path } = file;
  if (file.size > MAX_BYTES) return [];
  let manifest: unknown;
  try {
    manifest = JSON.parse((await readText(reading, file)).replace(/^\uFEFF/, ''));
  } catch {
    reading.warn(`${path} is not JSON`);
    return [];
  }
  if (typeof manifest !== 'object' || manifest === null) return [];
  const { name, version, license, licenses, homepage, author } = manifest as Readonly<
    Record<string, unknown>
  >;
  // Test data of packages lies below node_modules too, and has neither.
  if (typeof name !== 'string' || name === '' || typeof version !== 'string' || version === '') return [];
  const named = [license, ...(Array.isArray(licenses) ? (licenses as readonly unknown[]) : [licenses])];
  const supplier = textOf(author, 'name');
  return [
    {
      manager: 'npm',
      name,
      version,
      licenses: named.flatMap((one) => textOf(one, 'type') ?? []),
      ...(typeof homepage === 'string' && homepage !== '' && { homepage }),
      ...(supplier !== undefined && { supplier }),
      path,
    },
  ];
}

/** Old manifests have an object where newer ones have a text. */
function textOf(value: unknown, key: string): string | undefined {
  const text = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : value;
  return typeof text === 'string' && text !== '' ? text : undefined;
}
