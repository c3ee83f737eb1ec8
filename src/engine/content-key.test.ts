import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Entry, FileEntry } from '../tree/entry.ts';
import { directory, file, link, treeOf } from '../tree/testing.ts';
import { contentKey, keyOf } from './content-key.ts';

const digestOf = ({ content }: FileEntry): string =>
  createHash('sha256')
    .update(content.kind === 'inline' ? content.bytes : content.kind)
    .digest('hex');

function key(entries: readonly Entry[], paths: readonly string[] = ['src']): Promise<string> {
  return contentKey(treeOf(...entries), paths, digestOf);
}

const BEFORE = [directory('src'), file('src/a', 'one'), file('src/b', 'two'), link('src/l', 'a')];

describe('the content key of a directory', () => {
  test.each<[string, readonly Entry[]]>([
    ['its name', BEFORE.map((entry) => ({ ...entry, path: entry.path.replace('src', 'other') }))],
    ['its own attributes', [directory('src', { mode: 0o700, uid: 3 }), ...BEFORE.slice(1)]],
    ['times', BEFORE.map((entry) => ({ ...entry, mtime: 5, clock: true }))],
    ['what stands beside it', [...BEFORE, file('beside', 'x')]],
    ['hard links', BEFORE.map((entry) => (entry.type === 'file' ? { ...entry, link: entry.path } : entry))],
  ])('does not depend on %s', async (_what, after) => {
    const path = after[0]?.path ?? 'src';
    expect(await key(after, [path])).toBe(await key(BEFORE));
  });

  test.each<[string, readonly Entry[]]>([
    ['a content', [BEFORE[0] as Entry, file('src/a', 'ONE'), ...BEFORE.slice(2)]],
    ['a mode', [BEFORE[0] as Entry, file('src/a', 'one', { mode: 0o755 }), ...BEFORE.slice(2)]],
    ['an owner', [BEFORE[0] as Entry, file('src/a', 'one', { uid: 1 }), ...BEFORE.slice(2)]],
    [
      'an extended attribute',
      [
        BEFORE[0] as Entry,
        file('src/a', 'one', { xattrs: { 'user.x': Buffer.from('y') } }),
        ...BEFORE.slice(2),
      ],
    ],
    ['a name', [BEFORE[0] as Entry, file('src/A', 'one'), ...BEFORE.slice(2)]],
    ['a link target', [...BEFORE.slice(0, 3), link('src/l', 'b')]],
    ['a new file', [...BEFORE, file('src/c', '')]],
    ['a new empty directory', [...BEFORE, directory('src/d')]],
    ['a file that became a directory', [directory('src'), directory('src/a'), ...BEFORE.slice(2)]],
  ])('changes with %s', async (_what, after) => {
    expect(await key(after)).not.toBe(await key(BEFORE));
  });
});

test('a single file counts with its name, through links', async () => {
  const tree = [file('a', 'x'), file('b', 'x'), link('c', 'a')];
  expect(await key(tree, ['a'])).not.toBe(await key(tree, ['b']));
  expect(await key(tree, ['c'])).toBe(await key([file('c', 'x')], ['c']));
});

test('sources do not run into each other', async () => {
  const tree = [directory('d'), file('d/a', ''), directory('e'), file('e/b', '')];
  expect(await key(tree, ['d', 'e'])).not.toBe(
    await key([directory('d'), file('d/a', ''), file('d/b', '')], ['d']),
  );
});

test('keys of different definitions differ', () => {
  expect(keyOf('a', ['b'])).not.toBe(keyOf('a', 'b'));
  expect(keyOf('a', 1)).toBe(keyOf('a', 1));
});
