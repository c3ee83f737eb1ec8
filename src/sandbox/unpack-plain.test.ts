import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Entry } from '../tree/entry.ts';
import { bytesOf, directory, file, link } from '../tree/testing.ts';
import { isPlain } from './unpack-plain.ts';
import { unpackLayer } from './unpack.ts';

const OWNER = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'decant-unpack-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const COMMON = { mtime: 1_600_000_000.25, ...OWNER };

const PLAIN = [
  directory('', { ...COMMON, mode: 0o711 }),
  directory('a', { ...COMMON, mode: 0o2750 }),
  file('a-b', '#!', { ...COMMON, mode: 0o4755 }),
  file('a/b\udcff', 'text', COMMON),
  link('a/link', '/nowhere', COMMON),
  file('c/d/e', 'below what no entry names', { ...COMMON, mtime: 5 }),
];

function shown(root: string): Record<string, unknown> {
  return Object.fromEntries(
    readdirSync(root, { recursive: true, encoding: 'latin1' })
      .concat('')
      .map((name) => {
        const path = Buffer.from(join(root, name), 'latin1');
        const stats = lstatSync(path);
        const content = stats.isFile()
          ? readFileSync(path, 'utf8')
          : stats.isSymbolicLink()
            ? readlinkSync(path)
            : '';
        return [name, [stats.mode.toString(8), stats.uid, stats.gid, stats.mtimeMs, content]];
      }),
  );
}

it('makes of a few plain files what tar makes of them', async () => {
  // One entry that is left to tar takes the whole layer there.
  const withFifo: Entry[] = [...PLAIN, { ...COMMON, type: 'fifo', path: 'z', mode: 0o600 }];
  expect([isPlain(PLAIN), isPlain(withFifo)]).toEqual([true, false]);
  for (const [name, entries] of [
    ['here', PLAIN],
    ['tar', withFifo],
  ] as const) {
    await unpackLayer(entries, bytesOf, join(folder, name), {
      userNamespace: false,
      parent: (path) => directory(path, COMMON),
    });
  }
  const { z: _, ...byTar } = shown(join(folder, 'tar'));
  expect(shown(join(folder, 'here'))).toEqual(byTar);
  expect(Object.keys(byTar)).toHaveLength(8);
});

it('keeps times to the microsecond', async () => {
  const times = Array.from({ length: 90 }, (_, index) => 1_700_000_000 + Math.sin(index) * 1e8);
  const entries = times.map((mtime, index) => file(`f${index + 100}`, '', { ...COMMON, mtime }));
  await unpackLayer(entries, bytesOf, folder, { userNamespace: false });
  const kept = entries.map(({ path }) => Math.round((lstatSync(join(folder, path)).mtimeMs / 1000) * 1e6));
  expect(kept).toEqual(times.map((time) => Math.round(time * 1e6)));
});
