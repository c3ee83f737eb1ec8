/**
 * Python distributions as installers record them: `*.dist-info` with METADATA and RECORD (PyPA "Recording installed
 * projects", "Core metadata"), and `*.egg-info`, a file or a directory, of older tools.
 */
import type { FileEntry } from '../../tree/entry.ts';
import { cleanPath, parentOf } from '../../tree/path.ts';
import { fileAt, ownedPaths, presentFiles, type Reading, readText } from './files.ts';
import type { PackageFinding } from './package.ts';

const METADATA = /\.dist-info\/METADATA$|(?:\.egg-info|EGG-INFO)\/PKG-INFO$|\.egg-info$/;
const MAX_BYTES = 16 * 1024 * 1024;

export function isPythonRecord(path: string): boolean {
  return METADATA.test(path);
}

export async function pythonPackage(reading: Reading, file: FileEntry): Promise<readonly PackageFinding[]> {
  const { path } = file;
  if (file.size > MAX_BYTES) return [];
  const fields = headersOf(await readText(reading, file));
  const [name, version] = [fields.get('name')?.[0], fields.get('version')?.[0]];
  if (!name || !version) {
    reading.warn(`${path} has no name or no version`);
    return [];
  }
  const supplier = fields.get('author')?.[0] ?? fields.get('author-email')?.[0];
  const homepage = fields.get('home-page')?.[0];
  const files = await recordedFiles(reading, path);
  return [
    {
      manager: 'python',
      name,
      version,
      licenses: licensesOf(fields),
      ...(supplier && { supplier }),
      ...(homepage && homepage !== 'UNKNOWN' && { homepage }),
      path,
      ...(files && { files: presentFiles(ownedPaths(reading.tree), files) }),
    },
  ];
}

/** Fields as in a mail: up to the first empty line, continued on lines that begin with a space. */
function headersOf(text: string): ReadonlyMap<string, readonly string[]> {
  const [head = ''] = text.split(/\r?\n\r?\n/, 1);
  const fields = new Map<string, string[]>();
  for (const [, name = '', value = ''] of head.matchAll(
    /^([A-Za-z][A-Za-z0-9-]*):[ \t]*(.*(?:\r?\n[ \t].*)*)$/gm,
  )) {
    const key = name.toLowerCase();
    fields.set(key, [...(fields.get(key) ?? []), value.trim()]);
  }
  return fields;
}

const CLASSIFIER = /^License :: (?:OSI Approved :: )?(.+)$/;
/** Longer ones are the text of the licence itself. */
const MAX_NAME = 100;

function licensesOf(fields: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const expression = fields.get('license-expression')?.[0];
  if (expression) return [expression];
  const named = fields.get('license')?.[0];
  if (named && named !== 'UNKNOWN' && named.length <= MAX_NAME && !named.includes('\n')) return [named];
  return (fields.get('classifier') ?? []).flatMap((one) => CLASSIFIER.exec(one)?.[1] ?? []);
}

async function recordedFiles(reading: Reading, path: string): Promise<readonly string[] | undefined> {
  const folder = parentOf(path);
  const list = async (name: string): Promise<readonly string[] | undefined> => {
    const file = fileAt(reading.tree, `${folder}/${name}`);
    if (!file || file.size > MAX_BYTES) return undefined;
    return (await readText(reading, file)).split(/\r?\n/).filter((line) => line !== '');
  };
  // A record counts from the directory that the packages are in, an older list from its own.
  const record = path.endsWith('/METADATA') ? await list('RECORD') : undefined;
  if (record) return record.map((line) => cleanPath(firstCell(line), parentOf(folder)));
  const installed = path.endsWith('/PKG-INFO') ? await list('installed-files.txt') : undefined;
  return installed?.map((line) => cleanPath(line, folder));
}

/** Of a line of comma-separated values. */
function firstCell(line: string): string {
  const quoted = /^"((?:[^"]|"")*)"/.exec(line)?.[1];
  return quoted === undefined ? (line.split(',', 1)[0] ?? '') : quoted.replaceAll('""', '"');
}
