import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Entry } from '../tree/entry.ts';
import { readUpper } from './upper.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'decant-upper-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const read = (startedAt = Infinity): Promise<Entry[]> =>
  readUpper(directory, { startedAt, userNamespace: false });
const at = (name: string): string => join(directory, name);

test('an empty directory has no entries', async () => {
  expect(await read()).toEqual([]);
});

test('files, directories, links and pipes, sorted by path', async () => {
  mkdirSync(at('a'), { mode: 0o700 });
  writeFileSync(at('a/f'), 'content');
  chmodSync(at('a/f'), 0o4755);
  writeFileSync(at('a-b'), '');
  symlinkSync('../x', at('a/l'));
  execFileSync('mkfifo', [at('p')]);
  for (const name of ['a/f', 'a-b', 'a']) utimesSync(at(name), 5, 1_000_000.5);
  const entries = await read();
  expect(entries.map((entry) => entry.path)).toEqual(['a', 'a-b', 'a/f', 'a/l', 'p']);
  expect(entries[0]).toEqual({ type: 'directory', path: 'a', mode: 0o700, ...own, mtime: 1_000_000.5 });
  expect(entries[2]).toEqual({
    type: 'file',
    path: 'a/f',
    mode: 0o4755,
    ...own,
    mtime: 1_000_000.5,
    size: 7,
    content: { kind: 'file', path: at('a/f') },
  });
  expect(entries[3]).toMatchObject({ type: 'symlink', target: '../x' });
  expect(entries[4]).toMatchObject({ type: 'fifo' });
});

test("times from the start on are the clock's", async () => {
  for (const [name, time] of [
    ['old', 1000],
    ['tick', 1999.995],
    ['new', 2000],
    ['future', 9000],
  ] as const) {
    writeFileSync(at(name), '');
    utimesSync(at(name), time, time);
  }
  const clocks = Object.fromEntries(
    (await read(2_000_000)).map((entry) => [entry.path, entry.clock ?? false]),
  );
  expect(clocks).toEqual({ old: false, tick: true, new: true, future: true });
});

test('names of one file share a link, and no others', async () => {
  writeFileSync(at('a'), 'x');
  linkSync(at('a'), at('b'));
  writeFileSync(at('c'), 'x');
  const links = (await read()).map((entry) => (entry.type === 'file' ? entry.link : undefined));
  expect(links[0]).toBeDefined();
  expect(links).toEqual([links[0], links[0], undefined]);
});

test('names that are not UTF-8 survive, in directories and in links', async () => {
  const bytes = Buffer.concat([Buffer.from(`${directory}/d`), Buffer.from([0xff])]);
  mkdirSync(bytes);
  writeFileSync(Buffer.concat([bytes, Buffer.from('/plain')]), 'x');
  symlinkSync(Buffer.from([0x78, 0xfe]), at('link'));
  const entries = await read();
  expect(entries.map((entry) => entry.path)).toEqual(['d\udcff', 'd\udcff/plain', 'link']);
  expect(entries[2]).toMatchObject({ target: 'x\udcfe' });
});

test('sockets are left out', async () => {
  const server = createServer().listen(at('s'));
  await new Promise((resolve) => server.once('listening', resolve));
  expect(await read()).toEqual([]);
  server.close();
});
