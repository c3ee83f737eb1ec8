/**
 * Native libraries of a runtime that could not be loaded: those that need a library which the image does not have.
 * Java loads each when it is first used, so an image without fonts does without what draws them.
 */
import { readElf } from '../../codec/elf.ts';
import type { FileEntry, Layer } from '../../tree/entry.ts';
import { makeLayer } from '../../tree/layer.ts';
import { baseName } from '../../tree/path.ts';

/** The runtime without them. @param present What else the image has. */
export async function loadable(
  runtime: Layer,
  present: Layer,
  readFile: (file: FileEntry) => Promise<Uint8Array>,
): Promise<Layer> {
  const needs = new Map<string, readonly string[]>();
  for (const entry of runtime.entries) {
    if (entry.type !== 'file' || !entry.path.endsWith('.so')) continue;
    needs.set(entry.path, readElf(await readFile(entry))?.needed ?? []);
  }
  const names = new Set([...present.entries, ...runtime.entries].map(({ path }) => baseName(path)));
  const left = new Set<string>();
  for (let found = true; found;) {
    found = false;
    for (const [path, needed] of needs) {
      if (left.has(path) || needed.every((name) => names.has(name))) continue;
      left.add(path);
      names.delete(baseName(path));
      found = true;
    }
  }
  return makeLayer(runtime.entries.filter(({ path }) => !left.has(path)));
}
