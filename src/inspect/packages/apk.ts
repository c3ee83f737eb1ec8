/**
 * Packages of apk: its database of installed packages (apk(5); `lib/apk/db/installed`). A line is a letter, a colon and
 * a value; an empty line ends a package; `F:` names a directory and the `R:` lines after it the files in it.
 */
import { fileAt, ownedPaths, presentFiles, type Reading, readText } from './files.ts';
import type { PackageFinding } from './package.ts';

/** Where it is, and where it is to be from apk-tools 3 on. */
const PLACES = ['lib/apk/db/installed', 'usr/lib/apk/db/installed'];

export async function apkPackages(reading: Reading): Promise<readonly PackageFinding[]> {
  const owned = ownedPaths(reading.tree);
  const read = new Set<string>();
  const found: PackageFinding[] = [];
  for (const place of PLACES) {
    const file = fileAt(reading.tree, place);
    // One may be a link to the other.
    if (!file || read.has(file.path)) continue;
    read.add(file.path);
    for (const text of (await readText(reading, file)).split(/\n{2,}/)) {
      const one = packageOf(text, file.path, owned);
      if (one) found.push(one);
      else if (text.trim() !== '') reading.warn(`${file.path}: a package has no name or no version`);
    }
  }
  return found;
}

function packageOf(
  text: string,
  path: string,
  owned: (path: string) => string | undefined,
): PackageFinding | undefined {
  const fields = new Map<string, string>();
  const files: string[] = [];
  let folder = '';
  for (const line of text.split('\n')) {
    const value = line.slice(2);
    if (line.startsWith('F:')) folder = value;
    else if (line.startsWith('R:')) files.push(folder === '' ? value : `${folder}/${value}`);
    else if (line[1] === ':') fields.set(line.charAt(0), value);
  }
  const [name, version] = [fields.get('P'), fields.get('V')];
  if (!name || !version) return undefined;
  const [architecture, origin, license] = [fields.get('A'), fields.get('o'), fields.get('L')];
  const [supplier, homepage] = [fields.get('m'), fields.get('U')];
  return {
    manager: 'apk',
    name,
    version,
    ...(architecture && { architecture }),
    // A package has the version of what it was built from.
    source: { name: origin || name, version },
    ...(license && { licenses: [license] }),
    ...(supplier && { supplier }),
    ...(homepage && { homepage }),
    path,
    files: presentFiles(owned, files),
  };
}
