/** Which distribution a tree is of (os-release(5)): its packages are named and ordered as that distribution does. */
import type { Tree } from '../../tree/tree.ts';
import { fileAt, type Reading, readText } from './files.ts';
import type { Distribution } from './package.ts';

const PLACES = ['etc/os-release', 'usr/lib/os-release'];
const MAX_BYTES = 64 * 1024;

export async function readDistribution(
  reading: Reading & { readonly tree: Tree },
): Promise<Distribution | undefined> {
  for (const place of PLACES) {
    const file = fileAt(reading.tree, place);
    if (file && file.size <= MAX_BYTES) return parseOsRelease(await readText(reading, file));
  }
  return undefined;
}

export function parseOsRelease(text: string): Distribution | undefined {
  const values = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(/^([A-Z][A-Z0-9_]*)=(.*)$/gm))
    values.set(name, unquoted(value.trim()));
  const id = values.get('ID');
  if (id === undefined || !/^[a-z0-9._-]+$/.test(id)) return undefined;
  const versionId = values.get('VERSION_ID');
  const codename = values.get('VERSION_CODENAME');
  const name = values.get('PRETTY_NAME') ?? values.get('NAME');
  return {
    id,
    ...(versionId !== undefined && versionId !== '' && { versionId }),
    ...(codename !== undefined && codename !== '' && { codename }),
    ...(name !== undefined && { name }),
  };
}

/** As a shell reads one word: in quotes of either kind, a backslash before what it would expand. */
function unquoted(value: string): string {
  const inside = /^"(.*)"$/s.exec(value)?.[1];
  if (inside !== undefined) return inside.replaceAll(/\\([\\"$`])/g, '$1');
  return /^'(.*)'$/s.exec(value)?.[1] ?? value;
}
