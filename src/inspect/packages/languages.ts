/** Packages of languages: found by looking at every file once, by its name, and programs by what they begin with. */
import { readElfOutline } from '../../codec/elf-sections.ts';
import type { FileEntry } from '../../tree/entry.ts';
import { walk } from '../../tree/tree.ts';
import { cargoCrates } from './cargo.ts';
import { readPart, type Reading } from './files.ts';
import { goModules } from './go.ts';
import { isJavaArchive, javaPackages } from './java.ts';
import { isNpmManifest, npmPackage } from './npm.ts';
import type { PackageFinding } from './package.ts';
import { isPythonRecord, pythonPackage } from './python.ts';

export async function languagePackages(reading: Reading): Promise<readonly PackageFinding[]> {
  const found: PackageFinding[] = [];
  for (const node of walk(reading.tree)) {
    if (node.type !== 'file' || node.size === 0) continue;
    reading.signal?.throwIfAborted();
    found.push(...(await packagesOf(reading, node)));
  }
  return found;
}

async function packagesOf(reading: Reading, file: FileEntry): Promise<readonly PackageFinding[]> {
  const { path } = file;
  if (isNpmManifest(path)) return npmPackage(reading, file);
  if (isPythonRecord(path)) return pythonPackage(reading, file);
  if (isJavaArchive(path)) return javaPackages(reading, file);
  return (file.mode & 0o111) !== 0 || LIBRARY.test(path) ? programPackages(reading, file) : [];
}

const LIBRARY = /\.(?:so|node)(?:\.|$)/;

async function programPackages(reading: Reading, file: FileEntry): Promise<readonly PackageFinding[]> {
  const read = (start: number, length: number): Promise<Buffer> => readPart(reading, file, start, length);
  const outline = await readElfOutline(read);
  if (!outline) return [];
  return [
    ...(await goModules(outline, read, file.path)),
    ...(await cargoCrates(outline, read, file.path, reading.warn)),
  ];
}
