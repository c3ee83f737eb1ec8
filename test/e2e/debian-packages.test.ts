/**
 * Real packages, fetched through the host's own apt set-up, read by us and by Debian's own tools: the same names,
 * modes, owners, times, links, contents and control files.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Deb } from '../../src/debian/deb/deb.ts';
import { readDebs } from '../../src/debian/deb/read-debs.ts';
import { xzThread } from '../../src/debian/deb/xz-thread.ts';
import { mergePackages } from '../../src/distroless/merge/merge-packages.ts';
import { stack } from '../../src/tree/tree.ts';
import type { Entry, FileEntry } from '../../src/tree/entry.ts';
import { mustRun } from '../support/process.ts';

/** With set-user-id and set-group-id programs, hard links, links of every kind, conffiles, and every script. */
const PACKAGES = [
  'base-files',
  'base-passwd',
  'bsdutils',
  'ca-certificates',
  'coreutils',
  'dash',
  'libc-bin',
  'libc6',
  'login',
  'mount',
  'netbase',
  'passwd',
  'perl-base',
  'python3-minimal',
  'tzdata',
  'zlib1g',
];

const directory = mkdtempSync(join(tmpdir(), 'real-debs-'));
let paths: readonly string[] = [];
let debs: readonly Deb[] = [];

const read = (xz?: typeof xzThread): Promise<readonly Deb[]> =>
  readDebs(paths, {
    temporary: () => Promise.resolve(directory),
    signal: new AbortController().signal,
    ...(xz && { xz }),
  });

beforeAll(async () => {
  await tool('apt-get', ['download', '-q', ...PACKAGES], directory);
  paths = readdirSync(directory)
    .filter((name) => name.endsWith('.deb'))
    .toSorted()
    .map((name) => join(directory, name));
  debs = await read();
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('all packages are read', () => {
  expect(debs.map(({ name }) => name)).toEqual(PACKAGES);
});

describe.each(PACKAGES.map((name, index) => ({ name, index })))('$name', ({ name, index }) => {
  test('has the entries that tar sees in it', async () => {
    const tar = join(directory, `${name}.tar`);
    await shell(`dpkg-deb --fsys-tarfile "$1" > "$2"`, [paths[index] ?? '', tar]);
    const listed = await shell('TZ=UTC0 tar --numeric-owner --full-time --quoting-style=literal -tvf "$1"', [
      tar,
    ]);
    expect((debs[index]?.layer.entries ?? []).map(line).toSorted()).toEqual(
      listed.trimEnd().split('\n').map(listedLine).toSorted(),
    );
  });

  test('has the files that dpkg-deb unpacks', async () => {
    const unpacked = join(directory, `${name}.unpacked`);
    await tool('dpkg-deb', ['-x', paths[index] ?? '', unpacked]);
    for (const entry of debs[index]?.layer.entries ?? []) {
      if (entry.type === 'file')
        expect(digest(contentOf(entry)), entry.path).toBe(digest(readFileSync(join(unpacked, entry.path))));
    }
  });

  test('has the control files that dpkg-deb takes out', async () => {
    const control = join(directory, `${name}.control`);
    await tool('dpkg-deb', ['-e', paths[index] ?? '', control]);
    const files = debs[index]?.controlFiles ?? new Map<string, Uint8Array>();
    expect([...files.keys()].toSorted()).toEqual(readdirSync(control).toSorted());
    for (const [file, bytes] of files)
      expect(Buffer.from(bytes).equals(readFileSync(join(control, file)))).toBe(true);
    const field = await tool('dpkg-deb', ['-f', paths[index] ?? '', 'Depends']);
    expect(debs[index]?.control.get('Depends') ?? '').toBe(field.trimEnd());
  });
});

test('a thread reads what the program reads', async () => {
  const layers = (all: readonly Deb[]) => all.map(({ layer }) => layer.entries.map(line));
  expect(layers(await read(xzThread))).toEqual(layers(debs));
});

test('together they are a system whose dynamic linker is where programs look for it', () => {
  const { layer, owners, notes } = mergePackages(debs);
  const tree = stack([layer]);
  expect(tree.get('lib')).toMatchObject({ type: 'symlink', target: 'usr/lib' });
  expect(layer.entries.filter(({ path }) => /^(?:s?bin|lib(?:x?32|64)?)\//.test(path))).toEqual([]);
  expect(tree.get('usr/bin/passwd')).toMatchObject({ mode: 0o4755 });
  expect(owners.get('usr/bin/passwd')).toBe('passwd');
  expect(notes.filter(({ kind }) => kind === 'replaced')).toEqual([]);
  for (const deb of debs) {
    const status = tree.get(`var/lib/dpkg/status.d/${deb.name}`) as FileEntry;
    expect(contentOf(status).toString()).toBe(deb.controlText);
  }
});

test('md5sums of status.d agree with the files that are there', () => {
  const { layer } = mergePackages(debs, {
    leaveOut: ['/usr/share/doc/**', '/usr/share/man', '/usr/share/locale'],
  });
  const tree = stack([layer]);
  let sums = 0;
  for (const entry of layer.entries) {
    if (entry.type !== 'file' || !/^var\/lib\/dpkg\/status\.d\/.*\.md5sums$/.test(entry.path)) continue;
    for (const sum of contentOf(entry).toString().trimEnd().split('\n')) {
      if (sum === '') continue;
      const node = tree.get(sum.slice(34));
      expect(node?.type, sum).toBe('file');
      expect(digest(contentOf(node as FileEntry), 'md5')).toBe(sum.slice(0, 32));
      sums += 1;
    }
  }
  expect(sums).toBeGreaterThan(500);
});

function contentOf({ content, size }: FileEntry): Buffer {
  if (content.kind === 'inline') return Buffer.from(content.bytes);
  if (content.kind === 'blob') throw new TypeError('a package is no blob');
  const { offset = 0 } = content;
  return readFileSync(content.path).subarray(offset, offset + size);
}

function digest(bytes: Uint8Array, algorithm = 'sha256'): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

/** Mode, owner, size, time, path and target, as tar lists them; a hard link as the file that it is. */
function line(entry: Entry): string {
  const { path, mode, uid, gid, mtime } = entry;
  const kind = { file: '-', directory: 'd', symlink: 'l', char: 'c', block: 'b', fifo: 'p', whiteout: '?' }[
    entry.type
  ];
  const time = new Date(mtime * 1000).toISOString().slice(0, 19).replace('T', ' ');
  const target = entry.type === 'symlink' ? ` -> ${entry.target}` : '';
  return `${kind}${mode.toString(8)} ${uid}/${gid} ${time} ${path}${target}`;
}

function listedLine(text: string): string {
  const [, kind = '', bits = '', owner, time, rest = ''] =
    /^(.)(.{9}) (\S+) +\d+ (\S+ \S+) \.\/(.*)$/.exec(text) ?? [];
  const [name = '', linked] = rest.split(' link to ');
  const [path, target] = name.split(' -> ');
  const shown = target === undefined ? '' : ` -> ${target}`;
  return `${kind === 'h' && linked !== undefined ? '-' : kind}${modeOf(bits)} ${owner} ${time} ${path?.replace(/\/$/, '')}${shown}`;
}

/** `rwsr-xr-t` in octal. */
function modeOf(bits: string): string {
  let mode = 0;
  for (const [index, bit] of bits.split('').entries()) {
    if (!'-ST'.includes(bit)) mode |= 0o400 >> index;
    if ('sStT'.includes(bit)) mode |= [0o4000, 0o2000, 0o1000][Math.floor(index / 3)] ?? 0;
  }
  return mode.toString(8);
}

function shell(script: string, args: readonly string[]): Promise<string> {
  return tool('sh', ['-c', script, 'sh', ...args]);
}

async function tool(program: string, args: readonly string[], cwd = directory): Promise<string> {
  return (await mustRun([program, ...args], { cwd })).stdout;
}
