/**
 * Licences of a Debian package, where its copyright file is machine-readable (Debian Policy 12.5, "copyright-format
 * 1.0"). In other copyright files licences are prose, and nothing is guessed.
 */
import { parseParagraphs } from '../../codec/control.ts';
import { fileAt, type Reading, readText } from './files.ts';

const MAX_BYTES = 4 * 1024 * 1024;

/** Short names as they stand in the file, sorted, each once. */
export async function dpkgLicenses(reading: Reading, name: string): Promise<readonly string[]> {
  const file = fileAt(reading.tree, `usr/share/doc/${name}/copyright`);
  if (!file || file.size > MAX_BYTES) return [];
  return licensesOf(await readText(reading, file));
}

export function licensesOf(copyright: string): readonly string[] {
  if (!/^Format(?:-Specification)?:\s*\S*(?:copyright-format|dep5)/im.test(copyright.slice(0, 2000)))
    return [];
  const licenses = new Set<string>();
  for (const field of fieldsOf(copyright)) {
    const short = field.split('\n')[0]?.trim();
    if (short !== undefined && short !== '') licenses.add(short);
  }
  return [...licenses].sort();
}

/** Many a copyright file has a line that is no control data; the fields of the others still count. */
function fieldsOf(copyright: string): readonly string[] {
  return copyright.split(/\n[ \t\r]*\n/).flatMap((text) => {
    try {
      return parseParagraphs(text).flatMap((fields) => fields.get('License') ?? []);
    } catch {
      return /^License:[ \t]*(\S.*)$/im.exec(text)?.[1] ?? [];
    }
  });
}
