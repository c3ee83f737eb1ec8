import { expect, test } from 'vitest';
import type { FileEntry } from './entry.ts';
import { packedFiles } from './packed-files.ts';

const PLAIN: FileEntry = {
  type: 'file',
  path: 'srv/app/ä b',
  mode: 0o4755,
  uid: 1000,
  gid: 4_294_967_295,
  mtime: 1_600_000_000.123456,
  clock: true,
  size: 2 ** 41,
  content: { kind: 'file', path: '/home/me/src/ä b' },
};

test('plain files come back as they were', () => {
  const files = packedFiles();
  const all = Array.from({ length: 10_000 }, (_, at) => ({
    ...PLAIN,
    size: at,
    clock: at % 2 === 0,
    path: `d/${at % 7}/f${at}`,
    content: { kind: 'file', path: `/c/${at % 7}/f${at}` },
  })) satisfies readonly FileEntry[];
  const rows = [PLAIN, ...all].map((file) => files.add(file));
  expect([PLAIN, ...all].map(({ path }, at) => files.get(rows[at] ?? -1, path))).toEqual([PLAIN, ...all]);
});

test.each<[string, Partial<FileEntry>]>([
  ['of another name', { content: { kind: 'file', path: '/home/me/src/c ä b' } }],
  ['in an archive', { content: { kind: 'file', path: '/home/me/src/ä b', offset: 0 } }],
  ['in a blob', { content: { kind: 'blob', blob: 'sha256:1', offset: 0 } }],
  ['in memory', { content: { kind: 'inline', bytes: Buffer.alloc(1) } }],
  ['linked', { link: 'a' }],
  ['whose digest is known', { digest: 'sha256:1' }],
  ['with attributes', { xattrs: {} }],
  ['of an owner that no system has', { uid: 2 ** 32 }],
])('a file %s is not that plain', (_what, more) => {
  expect(packedFiles().add({ ...PLAIN, ...more })).toBeUndefined();
});
