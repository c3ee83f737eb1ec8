/**
 * What hooks make against what Debian's maintainer scripts leave: the same packages, once installed by Debian's own
 * tools and once merged and completed here. Every difference is listed, with its reason.
 */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  createReadStream,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Deb } from '../../src/debian/deb/deb.ts';
import { readDebs } from '../../src/debian/deb/read-debs.ts';
import { type Applied, applyHooks } from '../../src/distroless/hooks/apply.ts';
import { builtInHooks } from '../../src/distroless/hooks/built-in.ts';
import { checkScripts } from '../../src/distroless/hooks/scripts.ts';
import { mergePackages } from '../../src/distroless/merge/merge-packages.ts';
import type { Entry, FileEntry, Layer } from '../../src/tree/entry.ts';
import { layerFromTar } from '../../src/tree/from-tar.ts';
import { resolvePath, stack, type Tree } from '../../src/tree/tree.ts';
import { mustRun } from '../support/process.ts';

const WANTED = [
  'ca-certificates',
  'openjdk-17-jre-headless',
  'php-cli',
  'nginx',
  'nodejs',
  'python3',
  'fontconfig-config',
  'mawk',
  'tzdata',
];

/** Paths that differ on purpose. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'etc/passwd': 'the users of the public distroless images',
  'etc/group': 'the users of the public distroless images',
  'home/nonroot': 'the users of the public distroless images',
  'usr/lib/os-release': 'the name says that it is not a whole Debian',
  'etc/ssl/certs/java/cacerts': 'dated by the certificates, not by the clock; compared by its contents',
  'usr/local/lib/python3.11/dist-packages': 'time of its making',
  'usr/bin/python': 'the public distroless images have it',
  'var/log/nginx/access.log': 'logs go to the standard streams',
  'var/log/nginx/error.log': 'logs go to the standard streams',
  'usr/lib/ssl/cert.pem': 'so that OpenSSL needs no environment',
};

const directory = mkdtempSync(join(tmpdir(), 'distroless-hooks-'));
const signal = new AbortController().signal;
let debs: readonly Deb[];
let applied: Applied;
let installed: Tree;

beforeAll(async () => {
  const archive = join(directory, 'installed.tar');
  const mirror = process.env['DECANT_DEBIAN_MIRROR'];
  await mustRun([
    'mmdebstrap',
    '--quiet',
    '--variant=apt',
    `--include=${WANTED.join(',')}`,
    'bookworm',
    archive,
    ...(mirror ? [mirror] : []),
  ]);
  installed = stack([await readArchive(archive)]);
  await mustRun(['apt-get', 'download', '-q', ...installedPackages()], { cwd: directory });
  const paths = readdirSync(directory).filter((name) => name.endsWith('.deb'));
  debs = await readDebs(
    paths.map((name) => join(directory, name)),
    { temporary: () => Promise.resolve(directory), signal },
  );
  const { layer, time } = mergePackages(debs);
  applied = await applyHooks(builtInHooks, {
    tree: stack([layer]),
    readFile: (file) => Promise.resolve(contentOf(file)),
    packages: debs.map(({ name, version, architecture }) => ({ name, version, architecture })),
    architecture: 'amd64',
    suite: { id: 'debian', version: '12', codename: 'bookworm' },
    options: { timeZone: 'Etc/UTC' },
    time,
  });
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** `name=version` of all that is installed: other sources of this machine's apt may have other versions. */
function installedPackages(): readonly string[] {
  const status = installed.get('var/lib/dpkg/status');
  const text = status?.type === 'file' ? Buffer.from(contentOf(status)).toString() : '';
  return text
    .split('\n\n')
    .map((stanza) =>
      ['Package', 'Version'].map((field) => new RegExp(`^${field}: (.*)$`, 'm').exec(stanza)?.[1]),
    )
    .filter(([name]) => name !== undefined)
    .map((both) => both.join('='));
}

function readArchive(path: string): Promise<Layer> {
  return layerFromTar(createReadStream(path), {
    what: path,
    content: (offset) => ({ kind: 'file', path, offset }),
    whiteouts: false,
    absolute: 'refuse',
  });
}

function contentOf({ content, size }: FileEntry): Uint8Array {
  if (content.kind === 'inline') return content.bytes;
  if (content.kind === 'blob') throw new TypeError('no blobs here');
  const bytes = Buffer.alloc(size);
  const file = openSync(content.path, 'r');
  readSync(file, bytes, 0, size, content.offset ?? 0);
  closeSync(file);
  return bytes;
}

const all = (): readonly Entry[] => {
  const made = new Set([...applied.made.values()].flat());
  return applied.layer.entries.filter(({ path }) => made.has(path));
};

function described(tree: Tree, path: string): string {
  const node = tree.get(resolvePath(tree, path, 'parents'));
  if (!node) return 'nothing';
  if (node.type === 'symlink') {
    const target = resolvePath(tree, path);
    return `link to ${target}`;
  }
  const owner = `${node.type} ${node.mode.toString(8)} ${node.uid}:${node.gid}`;
  return node.type === 'file' ? `${owner} ${Buffer.from(contentOf(node)).toString('base64')}` : owner;
}

describe('the packages', () => {
  test('make every hook do something, but those of the recipe and of the debug variants', () => {
    const silent = builtInHooks.map(({ name }) => name).filter((name) => !applied.made.has(name));
    expect(silent.toSorted()).toEqual(['busybox', 'directories']);
  });

  test('have scripts that are known, where they are those of runtimes', () => {
    const system = debs.filter(({ control }) =>
      ['required', 'important'].includes(control.get('Priority') ?? ''),
    );
    const others = debs.filter((deb) => !system.includes(deb) && deb.name !== 'apt');
    expect(() => checkScripts(others)).not.toThrow();
  });
});

test('what hooks make is what the scripts left, but for what is listed', () => {
  const ours = stack([mergePackages(debs).layer, applied.layer]);
  const different = all()
    .map(({ path }) => path)
    .filter((path) => !(path in DIFFERENT))
    .map((path) => [path, described(ours, path), described(installed, path)] as const)
    .filter(([, mine, theirs]) => mine !== theirs);
  expect(different).toEqual([]);
});

test('the cache of the dynamic loader is among it', () => {
  expect(all().map(({ path }) => path)).toContain('etc/ld.so.cache');
});

test('what the scripts left of links in /etc/alternatives is here too, but for manual pages and tape drives', () => {
  const ours = stack([mergePackages(debs).layer, applied.layer]);
  const missing = installed
    .list('etc/alternatives')
    .filter((name) => !name.endsWith('.gz') && !['README', 'rmt', 'jexec-binfmt'].includes(name))
    .filter((name) => !ours.get(`etc/alternatives/${name}`));
  expect(missing).toEqual([]);
});

test('the keystore has what Java wrote', () => {
  const list = (entry: Entry | undefined): readonly string[] => {
    const path = join(directory, 'cacerts');
    if (entry?.type === 'file') writeFileSync(path, contentOf(entry));
    const options = ['-list', '-keystore', path, '-storepass', 'changeit', '-storetype', 'JKS'];
    const text = execFileSync('keytool', options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return [...text.matchAll(/^(debian:.*), [A-Z]\w+ \d+, \d+, trustedCertEntry, \n(.*)$/gm)]
      .map(([, alias, print]) => `${alias} ${print}`)
      .toSorted();
  };
  const path = 'etc/ssl/certs/java/cacerts';
  const mine = list(applied.layer.entries.find((entry) => entry.path === path));
  expect(mine.length).toBeGreaterThan(100);
  expect(mine).toEqual(list(installed.get(path)));
});
