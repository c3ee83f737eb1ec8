/** Agreement with GNU tar, both ways and in every format that it writes. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  linkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { encodePath } from '../path.ts';
import { collect, streamOf } from '../stream.ts';
import { readTar } from './read.ts';
import { encodeTarHeader, TAR_END, type TarHeaderInput, tarPadding } from './write.ts';

const work = mkdtempSync(join(tmpdir(), 'decant-tar-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const LONG = `${'deep/'.repeat(40)}${'n'.repeat(200)}`;
const LATIN = Buffer.from('caf\xe9', 'latin1');

const source = join(work, 'source');
mkdirSync(join(source, 'dir'), { recursive: true });
writeFileSync(join(source, 'dir/file'), 'content\n', { mode: 0o640 });
writeFileSync(Buffer.concat([Buffer.from(`${source}/`), LATIN]), 'latin');
mkdirSync(join(source, 'deep/'.repeat(40)), { recursive: true });
writeFileSync(join(source, LONG), 'long');
symlinkSync('t'.repeat(150), join(source, 'soft'));
linkSync(join(source, 'dir/file'), join(source, 'hard'));
utimesSync(join(source, 'dir/file'), 1_700_000_000.5, 1_700_000_000.5);
writeSparse(join(source, 'sparse'));

function writeSparse(path: string): void {
  const file = openSync(path, 'w');
  // Holes between many parts, so that the map needs more than the header block has room for.
  for (let part = 0; part < 40; part += 1) writeSync(file, `part ${part}`, part * 262_144 + 65_536);
  closeSync(file);
  truncateSync(path, 20 * 1024 * 1024);
}

const runTar = (...args: string[]): Buffer => execFileSync('tar', args, { maxBuffer: 64 * 1024 * 1024 });

describe('archives that GNU tar writes', () => {
  const owner = ['--owner=:3000000', '--group=:3000001'];
  // Zeros are looked for in the content, so that it does not matter what the file system makes of holes.
  const sparse = ['--sparse', '--hole-detection=raw'];
  it.each([
    ['posix', [...owner, '--format=posix']],
    ['gnu', [...owner, '--format=gnu']],
    ['posix, sparse 0.0', [...owner, '--format=posix', ...sparse, '--sparse-version=0.0']],
    ['posix, sparse 0.1', [...owner, '--format=posix', ...sparse, '--sparse-version=0.1']],
    ['posix, sparse 1.0', [...owner, '--format=posix', ...sparse, '--sparse-version=1.0']],
    ['gnu, sparse', [...owner, '--format=gnu', ...sparse]],
  ])('are read as they were meant: %s', async (_, flags) => {
    const bytes = runTar('-C', source, ...flags, '--sort=name', '-cf', '-', '.');
    const members = new Map<string, string>();
    for await (const { header, sparse, body } of readTar(streamOf(bytes))) {
      expect([header.uid, header.gid]).toEqual([3_000_000, 3_000_001]);
      const content = await collect(body());
      if (header.type === 'file') {
        const original = Buffer.concat([Buffer.from(`${source}/`), encodePath(header.path)]);
        expect(content.equals(readFileSync(original))).toBe(true);
      }
      members.set(header.path, `${header.type} ${header.size}${sparse ? ' sparse' : ''} ${header.linkname}`);
    }
    expect(members.get('./dir/')).toBe('directory 0 ');
    expect(members.get('./dir/file')).toBe('file 8 ');
    expect(members.get('./hard')).toBe('link 0 ./dir/file');
    expect(members.get('./soft')).toBe(`symlink 0 ${'t'.repeat(150)}`);
    expect(members.get('./caf\uDCE9')).toBe('file 5 ');
    expect(members.get(`./${LONG}`)).toBe('file 4 ');
    expect(members.get('./sparse')).toBe(
      `file ${20 * 1024 * 1024}${flags.includes('--sparse') ? ' sparse' : ''} `,
    );
  });

  it('keep their fractions of a second in PAX', async () => {
    const bytes = runTar('-C', source, '--format=posix', '-cf', '-', 'dir/file');
    for await (const { header } of readTar(streamOf(bytes))) expect(header.mtime).toBe(1_700_000_000.5);
  });

  it.each(['v7', 'ustar', 'oldgnu'])('are read in the older format %s', async (format) => {
    const bytes = runTar('-C', source, `--format=${format}`, '-cf', '-', 'dir');
    const members = [];
    for await (const { header, body } of readTar(streamOf(bytes))) {
      members.push(`${header.type} ${header.path} ${(await collect(body())).toString()}`);
    }
    expect(members).toEqual(['directory dir/ ', 'file dir/file content\n']);
  });
});

describe('archives that are written here', () => {
  const base = { mode: 0o644, uid: 0, gid: 0, mtime: 1_700_000_000 } as const;
  const members: readonly (TarHeaderInput & { readonly content?: string })[] = [
    { ...base, path: 'd', type: 'directory', mode: 0o1777 },
    { ...base, path: 'd/file', type: 'file', mode: 0o4755, uid: 3_000_000, gid: 5, content: 'hello' },
    { ...base, path: LONG, type: 'file', content: 'long' },
    { ...base, path: 'caf\uDCE9', type: 'file', content: 'latin' },
    { ...base, path: 'soft', type: 'symlink', mode: 0o777, linkname: `${'t'.repeat(120)}é` },
    { ...base, path: 'hard', type: 'link', linkname: 'd/file' },
    { ...base, path: 'null', type: 'char', major: 1, minor: 3 },
    { ...base, path: 'pipe', type: 'fifo' },
    { ...base, path: 'cap', type: 'file', xattrs: { 'user.binary': Buffer.from([1, 0, 10, 255, 61, 10]) } },
    { ...base, path: 'old', type: 'file', mtime: -86_400 },
  ];
  const archive = join(work, 'written.tar');
  writeFileSync(
    archive,
    Buffer.concat([
      ...members.flatMap((member) => {
        const content = Buffer.from(member.content ?? '');
        return [encodeTarHeader({ ...member, size: content.length }), content, tarPadding(content.length)];
      }),
      TAR_END,
    ]),
  );

  it('are listed by GNU tar without a word of complaint', () => {
    const { stdout, stderr, status } = spawnSync('tar', ['--numeric-owner', '--utc', '-tvf', archive], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout.replaceAll(/ +/g, ' ').split('\n')).toEqual([
      'drwxrwxrwt 0/0 0 2023-11-14 22:13 d/',
      '-rwsr-xr-x 3000000/5 5 2023-11-14 22:13 d/file',
      `-rw-r--r-- 0/0 4 2023-11-14 22:13 ${LONG}`,
      String.raw`-rw-r--r-- 0/0 5 2023-11-14 22:13 caf\351`,
      String.raw`lrwxrwxrwx 0/0 0 2023-11-14 22:13 soft -> ${'t'.repeat(120)}\303\251`,
      'hrw-r--r-- 0/0 0 2023-11-14 22:13 hard link to d/file',
      'crw-r--r-- 0/0 1,3 2023-11-14 22:13 null',
      'prw-r--r-- 0/0 0 2023-11-14 22:13 pipe',
      '-rw-r--r-- 0/0 0 2023-11-14 22:13 cap',
      '-rw-r--r-- 0/0 0 1969-12-31 00:00 old',
      '',
    ]);
  });

  it('are extracted by GNU tar', () => {
    const target = join(work, 'target');
    mkdirSync(target);
    runTar('-C', target, '--no-same-owner', '-xf', archive, 'd', LONG, 'hard');
    expect(readFileSync(join(target, 'hard'), 'utf8')).toBe('hello');
    expect(readFileSync(join(target, LONG), 'utf8')).toBe('long');
  });
});
