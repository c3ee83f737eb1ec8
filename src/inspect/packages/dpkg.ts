/**
 * Packages of dpkg: its status file (dpkg(1), deb822(5)), and the records that distroless images have in its stead, a
 * control file each in `status.d` with the sums of its files beside it. A package that is not installed (removed, its
 * configuration left) is not listed.
 */
import { type Fields, parseControl } from '../../codec/control.ts';
import { dpkgLicenses } from './dpkg-licenses.ts';
import { fileAt, ownedPaths, presentFiles, type Reading, readText } from './files.ts';
import type { PackageFinding, PackageSource } from './package.ts';

const ADMIN = 'var/lib/dpkg';
const STATUS = `${ADMIN}/status`;
const STATUS_D = `${ADMIN}/status.d`;
const INFO = `${ADMIN}/info`;

export async function dpkgPackages(reading: Reading): Promise<readonly PackageFinding[]> {
  const { tree } = reading;
  const owned = ownedPaths(tree);
  const found: PackageFinding[] = [];
  for (const { path, text } of await stanzas(reading)) {
    const fields = parsed(text, path, reading);
    const one = fields && packageOf(fields, path);
    if (!fields || !one) continue;
    const files = presentFiles(owned, await listedFiles(reading, one, fields));
    const licenses = reading.licenses === false ? [] : await dpkgLicenses(reading, one.name);
    found.push({ ...one, files, ...(licenses.length > 0 && { licenses }) });
  }
  return found;
}

interface Stanza {
  readonly path: string;
  readonly text: string;
}

async function stanzas(reading: Reading): Promise<readonly Stanza[]> {
  const { tree } = reading;
  const all: Stanza[] = [];
  const add = async (path: string): Promise<void> => {
    const file = fileAt(tree, path);
    if (!file) return;
    for (const text of (await readText(reading, file)).split(/\n[ \t\r]*\n/))
      if (text.trim() !== '') all.push({ path, text });
  };
  await add(STATUS);
  for (const name of tree.list(STATUS_D)) if (!name.endsWith('.md5sums')) await add(`${STATUS_D}/${name}`);
  return all;
}

function parsed(text: string, path: string, { warn }: Reading): Fields | undefined {
  try {
    return parseControl(text, { name: path });
  } catch (error) {
    warn(`a package record cannot be read: ${(error as Error).message}`);
    return undefined;
  }
}

/** The third word of `Status` is what state it is in; records of distroless images have no such field. */
const GONE = new Set(['not-installed', 'config-files']);

function packageOf(fields: Fields, path: string): PackageFinding | undefined {
  const name = fields.get('Package');
  const version = fields.get('Version');
  const state = fields.get('Status')?.split(/\s+/)[2];
  if (!name || !version || (state !== undefined && GONE.has(state))) return undefined;
  const architecture = fields.get('Architecture');
  const supplier = fields.get('Maintainer');
  const homepage = fields.get('Homepage');
  return {
    manager: 'dpkg',
    name,
    version,
    ...(architecture && { architecture }),
    source: sourceOf(fields.get('Source'), name, version),
    ...(supplier && { supplier }),
    ...(homepage && { homepage }),
    path,
  };
}

/** `Source: name (version)`; without it, or without its version, they are the package's own. */
function sourceOf(field: string | undefined, name: string, version: string): PackageSource {
  const [, source, itsVersion] = /^(\S+)(?:\s+\(([^)\s]+)\))?/.exec(field ?? '') ?? [];
  return { name: source ?? name, version: itsVersion ?? version };
}

async function listedFiles(
  reading: Reading,
  { name, architecture, path }: PackageFinding,
  fields: Fields,
): Promise<readonly string[]> {
  const read = async (file: string): Promise<readonly string[] | undefined> => {
    const entry = fileAt(reading.tree, file);
    return entry && (await readText(reading, entry)).split('\n').filter((line) => line !== '');
  };
  if (path !== STATUS) {
    const sums = (await read(`${path}.md5sums`)) ?? [];
    return [...sums.map(pathOfSum), ...conffiles(fields)];
  }
  const list =
    (await read(`${INFO}/${name}:${architecture ?? ''}.list`)) ?? (await read(`${INFO}/${name}.list`));
  return list ?? conffiles(fields);
}

/** `<32 digits>  <path>`. */
function pathOfSum(line: string): string {
  return line.slice(34);
}

function conffiles(fields: Fields): readonly string[] {
  return [...(fields.get('Conffiles') ?? '').matchAll(/^\s*(\/\S+)/gm)].map(([, path = '']) => path);
}
