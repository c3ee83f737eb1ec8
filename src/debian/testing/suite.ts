/** The files of one suite of the test archive: packages in the pool, indexes, and the text of the release. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { sha256 } from '../../codec/digest.ts';
import { buildDeb, type TestPackage } from './deb.ts';
import { storedXz } from './xz.ts';

/** When tests take place, unless they say otherwise. */
export const TEST_NOW: Date = new Date('2026-03-01T12:00:00Z');

export interface TestSuite {
  readonly packages: readonly TestPackage[];
  /** `['amd64']` unless said. */
  readonly architectures?: readonly string[];
  /** Whose packages each are; `main` for all of `packages`. */
  readonly components?: Readonly<Record<string, readonly TestPackage[]>>;
  /** An hour before TEST_NOW unless said. */
  readonly date?: Date;
  readonly validUntil?: Date;
  /** Forms in which indexes are published: all three, unless said. */
  readonly indexes?: readonly ('xz' | 'gz' | 'plain')[];
  readonly byHash?: boolean;
  /** Lists which package has which file too. */
  readonly contents?: boolean;
  /** More fields of the release, or others: `{ Suite: 'stable' }`. */
  readonly release?: Readonly<Record<string, string>>;
}

export interface SuiteFiles {
  /** By path below the archive. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly release: string;
  readonly date: Date;
}

const HOUR_MS = 60 * 60 * 1000;

export function suiteFiles(suite: string, description: TestSuite): SuiteFiles {
  const files = new Map<string, Buffer>();
  const listed = new Map<string, Buffer>();
  const architectures = description.architectures ?? ['amd64'];
  const forms = description.indexes ?? ['xz', 'gz', 'plain'];
  const components = description.components ?? { main: description.packages };
  for (const [component, packages] of Object.entries(components)) {
    for (const architecture of architectures) {
      const text = packagesOf(component, packages, architecture, files, architectures[0] ?? 'amd64');
      const index = `${component}/binary-${architecture}/Packages`;
      // The hash of what comes out is listed even where only the packed form is published, as Debian does.
      listed.set(index, Buffer.from(text));
      if (description.contents) {
        const list = `${component}/Contents-${architecture}`;
        const plain = Buffer.from(contentsOf(packages, architecture, architectures[0] ?? 'amd64'));
        listed.set(list, plain);
        listed.set(`${list}.gz`, gzipSync(plain));
        files.set(`dists/${suite}/${list}.gz`, gzipSync(plain));
      }
      for (const form of forms) {
        const [suffix, bytes] = packed(form, Buffer.from(text));
        listed.set(`${index}${suffix}`, bytes);
        files.set(`dists/${suite}/${index}${suffix}`, bytes);
        const hash = sha256(bytes).slice('sha256:'.length);
        if (description.byHash ?? true) {
          files.set(`dists/${suite}/${component}/binary-${architecture}/by-hash/SHA256/${hash}`, bytes);
        }
      }
    }
  }
  const date = description.date ?? new Date(TEST_NOW.getTime() - HOUR_MS);
  return { files, date, release: releaseOf(suite, description, listed, date) };
}

function packed(form: 'xz' | 'gz' | 'plain', bytes: Buffer): readonly [string, Buffer] {
  if (form === 'plain') return ['', bytes];
  return form === 'gz' ? ['.gz', gzipSync(bytes)] : ['.xz', storedXz(bytes)];
}

/** The index of one architecture; the packages go to the pool. */
function packagesOf(
  component: string,
  packages: readonly TestPackage[],
  architecture: string,
  files: Map<string, Buffer>,
  usual: string,
): string {
  const stanzas = packages.flatMap((one) => {
    const own = one.architecture ?? usual;
    if (own !== 'all' && own !== architecture) return [];
    const { bytes, control } = one.built ?? buildDeb(one, own);
    const version = one.version.replace(/^\d+:/, '');
    const path = `pool/${component}/${one.name.charAt(0)}/${one.name}/${one.name}_${version}_${own}.deb`;
    files.set(path, bytes);
    const sums = `MD5sum: ${createHash('md5').update(bytes).digest('hex')}\nSHA256: ${sha256(bytes).slice(7)}\n`;
    return [`${control}Filename: ${path}\nSize: ${bytes.length}\n${sums}`];
  });
  return stanzas.join('\n');
}

/** A line for each file, sections and all. */
function contentsOf(packages: readonly TestPackage[], architecture: string, usual: string): string {
  const owners = new Map<string, string[]>();
  for (const { name, files = {}, architecture: own = usual } of packages) {
    if (own !== architecture) continue;
    for (const path of Object.keys(files).map((each) => each.slice(1)))
      owners.set(path, [...(owners.get(path) ?? []), `section/${name}`]);
  }
  return [...owners]
    .map(([path, names]) => `${path.padEnd(55)} ${names.join(',')}\n`)
    .toSorted()
    .join('');
}

function releaseOf(
  suite: string,
  description: TestSuite,
  listed: ReadonlyMap<string, Buffer>,
  date: Date,
): string {
  const fields: Record<string, string> = {
    Origin: 'Test',
    Label: 'Test',
    Suite: suite,
    Codename: suite,
    Version: '1',
    Date: date.toUTCString(),
    ...(description.validUntil ? { 'Valid-Until': description.validUntil.toUTCString() } : {}),
    ...((description.byHash ?? true) ? { 'Acquire-By-Hash': 'yes' } : {}),
    'No-Support-for-Architecture-all': 'Packages',
    Architectures: ['all', ...(description.architectures ?? ['amd64'])].join(' '),
    Components: Object.keys(description.components ?? { main: [] }).join(' '),
    Description: 'An archive for tests',
    ...description.release,
  };
  const sums = [...listed].map(
    ([path, bytes]) => ` ${sha256(bytes).slice(7)} ${String(bytes.length).padStart(8)} ${path}`,
  );
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  return `${[...head, 'SHA256:', ...sums].join('\n')}\n`;
}
