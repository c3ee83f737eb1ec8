/**
 * Packages of RPM: the headers in its database (rpm, "RPM V4 package format"; a table `Packages` of SQLite since RPM
 * 4.16). Databases of older releases (Berkeley DB) and of SUSE (ndb) are not read, which is warned of.
 */
import { sqliteRows } from '../../codec/sqlite.ts';
import type { FileEntry } from '../../tree/entry.ts';
import { fileAt, ownedPaths, presentFiles, readFile, type Reading } from './files.ts';
import type { PackageFinding } from './package.ts';

const FOLDERS = ['var/lib/rpm', 'usr/lib/sysimage/rpm', 'usr/share/rpm'];
const OTHERS = ['Packages', 'Packages.db'];

export async function rpmPackages(reading: Reading): Promise<readonly PackageFinding[]> {
  const found: PackageFinding[] = [];
  const seen = new Set<string>();
  for (const folder of FOLDERS) {
    const file = fileAt(reading.tree, `${folder}/rpmdb.sqlite`);
    if (file && !seen.has(file.path)) found.push(...(await packagesOf(reading, file)));
    if (file) seen.add(file.path);
    for (const name of OTHERS) {
      const other = file ? undefined : fileAt(reading.tree, `${folder}/${name}`);
      if (!other || seen.has(other.path)) continue;
      seen.add(other.path);
      reading.warn(
        `the packages of RPM in /${other.path} are not listed: only its databases of SQLite are read`,
      );
    }
  }
  return found;
}

async function packagesOf(reading: Reading, file: FileEntry): Promise<readonly PackageFinding[]> {
  const { tree, warn } = reading;
  if ((fileAt(tree, `${file.path}-wal`)?.size ?? 0) > 0)
    warn(`/${file.path}-wal has changes of RPM's database that were not read`);
  const found: PackageFinding[] = [];
  const owned = ownedPaths(tree);
  try {
    for (const [, header] of sqliteRows(await readFile(reading, file), 'Packages', file.path)) {
      const one = Buffer.isBuffer(header) ? packageOf(header, file.path, owned) : undefined;
      if (one) found.push(one);
    }
  } catch (error) {
    warn(`packages of RPM cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return found;
}

const TAG = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  vendor: 1011,
  license: 1014,
  url: 1020,
  architecture: 1022,
  source: 1044,
  folderIndexes: 1116,
  names: 1117,
  folders: 1118,
} as const;

function packageOf(
  bytes: Buffer,
  path: string,
  owned: (path: string) => string | undefined,
): PackageFinding | undefined {
  const header = headerOf(bytes);
  const text = (tag: number): string | undefined => header.texts(tag)[0];
  const [name, version, release] = [text(TAG.name), text(TAG.version), text(TAG.release)];
  // Keys that packages are checked with stand among the packages, and are none.
  if (!name || !version || !release || name === 'gpg-pubkey') return undefined;
  const [epoch] = header.numbers(TAG.epoch);
  const [architecture, license] = [text(TAG.architecture), text(TAG.license)];
  const [supplier, homepage] = [text(TAG.vendor), text(TAG.url)];
  const [, source, itsVersion] = /^(.+)-([^-]+-[^-]+)\.(?:no)?src\.rpm$/.exec(text(TAG.source) ?? '') ?? [];
  const folders = header.texts(TAG.folders);
  const indexes = header.numbers(TAG.folderIndexes);
  const files = header.texts(TAG.names).map((file, index) => `${folders[indexes[index] ?? 0] ?? ''}${file}`);
  return {
    manager: 'rpm',
    name,
    version: `${epoch === undefined ? '' : `${epoch}:`}${version}-${release}`,
    ...(architecture && { architecture }),
    ...(source !== undefined &&
      itsVersion !== undefined && { source: { name: source, version: itsVersion } }),
    ...(license && { licenses: [license] }),
    ...(supplier && { supplier }),
    ...(homepage && { homepage }),
    path,
    files: presentFiles(owned, files),
  };
}

const TYPE_INT32 = 4;
const TEXT_TYPES = new Set([6, 8, 9]);
const MAX_ENTRIES = 65_536;
const MAX_VALUES = 4_000_000;

/** Numbers of index entries and of bytes of data; entries of tag, type, offset and count; the data. Big-endian. */
function headerOf(bytes: Buffer) {
  const count = bytes.readUInt32BE(0);
  if (count > MAX_ENTRIES) throw new RangeError('a header has too many entries');
  const data = bytes.subarray(8 + 16 * count);
  const places = new Map<
    number,
    { readonly type: number; readonly offset: number; readonly count: number }
  >();
  for (let at = 8; at < 8 + 16 * count; at += 16) {
    const [tag, type] = [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)];
    places.set(tag, {
      type,
      offset: bytes.readUInt32BE(at + 8),
      count: Math.min(bytes.readUInt32BE(at + 12), MAX_VALUES),
    });
  }
  return {
    texts(tag: number): readonly string[] {
      const place = places.get(tag);
      if (!place || !TEXT_TYPES.has(place.type)) return [];
      const texts: string[] = [];
      let at = place.offset;
      for (let left = place.count; left > 0 && at < data.length; left--) {
        const end = data.indexOf(0, at);
        if (end < 0) break;
        texts.push(data.toString('utf8', at, end));
        at = end + 1;
      }
      return texts;
    },
    numbers(tag: number): readonly number[] {
      const place = places.get(tag);
      if (place?.type !== TYPE_INT32) return [];
      const whole = Math.min(place.count, Math.floor((data.length - place.offset) / 4));
      return Array.from({ length: Math.max(whole, 0) }, (_, index) =>
        data.readUInt32BE(place.offset + 4 * index),
      );
    },
  };
}
