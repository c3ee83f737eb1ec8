/**
 * Packages of RPM: the headers in its database (rpm, "RPM V4 package format"), whichever of the three that RPM has had: a
 * table `Packages` of SQLite since 4.16, a hash table of Berkeley DB before, ndb at SUSE.
 */
import { berkeleyRecords } from '../../codec/berkeley-hash.ts';
import { sqliteRows } from '../../codec/sqlite.ts';
import type { FileEntry } from '../../tree/entry.ts';
import { fileAt, ownedPaths, presentFiles, readFile, type Reading } from './files.ts';
import type { PackageFinding } from './package.ts';
import { ndbHeaders } from './rpm-ndb.ts';

const FOLDERS = ['var/lib/rpm', 'usr/lib/sysimage/rpm', 'usr/share/rpm'];

/** The newest first: a folder that has two was moved from one to the other. */
const DATABASES: readonly (readonly [name: string, headers: HeadersIn])[] = [
  ['rpmdb.sqlite', sqliteHeaders],
  ['Packages.db', ndbHeaders],
  ['Packages', berkeleyHeaders],
];

type HeadersIn = (bytes: Buffer, name: string) => Iterable<Buffer>;

export async function rpmPackages(reading: Reading): Promise<readonly PackageFinding[]> {
  const found: PackageFinding[] = [];
  const seen = new Set<string>();
  for (const folder of FOLDERS) {
    for (const [name, headersIn] of DATABASES) {
      const file = fileAt(reading.tree, `${folder}/${name}`);
      if (!file) continue;
      // One folder may be a link to another.
      if (!seen.has(file.path)) found.push(...(await packagesOf(reading, file, headersIn)));
      seen.add(file.path);
      break;
    }
  }
  return found;
}

async function packagesOf(
  reading: Reading,
  file: FileEntry,
  headersIn: HeadersIn,
): Promise<readonly PackageFinding[]> {
  const { tree, warn } = reading;
  if ((fileAt(tree, `${file.path}-wal`)?.size ?? 0) > 0)
    warn(`/${file.path}-wal has changes of RPM's database that were not read`);
  const found: PackageFinding[] = [];
  const owned = ownedPaths(tree);
  try {
    for (const header of headersIn(await readFile(reading, file), file.path)) {
      const one = packageOf(header, file.path, owned);
      if (one) found.push(one);
    }
  } catch (error) {
    warn(`packages of RPM cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  return found;
}

function* sqliteHeaders(bytes: Buffer, name: string): Generator<Buffer> {
  for (const [, header] of sqliteRows(bytes, 'Packages', name)) if (Buffer.isBuffer(header)) yield header;
}

function* berkeleyHeaders(bytes: Buffer, name: string): Generator<Buffer> {
  // Keys are the numbers of packages; what number zero has is the highest of them.
  for (const { key, value } of berkeleyRecords(bytes, name)) if (key.some((byte) => byte !== 0)) yield value;
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
