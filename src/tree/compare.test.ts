import { expect, test } from 'vitest';
import { compareTrees, type Difference } from './compare.ts';
import type { Entry, FileEntry } from './entry.ts';
import { bytesOf, directory, file, link, treeOf } from './testing.ts';

const side = (...entries: readonly Entry[]) => ({ tree: treeOf(...entries), open: bytesOf });

const told = (differences: readonly Difference[]): readonly string[] =>
  differences.map(({ path, before, after, aspects }) =>
    before && after ? `~ ${path}: ${aspects.join(', ')}` : `${before ? '-' : '+'} ${path}`,
  );

test('paths that one tree has and the other has not', async () => {
  const [before, after] = [side(file('a/x'), file('b')), side(file('a/y'), file('b'))];
  expect(told(await compareTrees(before, after))).toEqual(['- a/x', '+ a/y']);
});

test('what is different of a path that both have', async () => {
  const before = side(
    file('content', 'one'),
    file('larger', 'one'),
    file('mode', '', { mode: 0o755 }),
    file('owner', '', { uid: 1 }),
    file('type'),
    link('target', 'x'),
    file('xattrs', '', { xattrs: { 'security.capability': Buffer.from('a') } }),
  );
  const after = side(
    file('content', 'two'),
    file('larger', 'three'),
    file('mode', '', { mode: 0o644 }),
    file('owner', '', { uid: 2 }),
    directory('type'),
    link('target', 'y'),
    file('xattrs'),
  );
  expect(told(await compareTrees(before, after))).toEqual([
    '~ content: content',
    '~ larger: content',
    '~ mode: mode',
    '~ owner: owner',
    '~ target: target',
    '~ type: type',
    '~ xattrs: attributes',
  ]);
});

test('times are no difference, and neither is where the same bytes are', async () => {
  const [before, after] = [side(file('a', 'x', { mtime: 1 })), side(file('a', 'x', { mtime: 2 }))];
  expect(await compareTrees(before, after)).toEqual([]);
});

test('contents of one size are read only where they are not known to be the same', async () => {
  const opened: string[] = [];
  const open = (entry: FileEntry): Uint8Array => {
    opened.push(entry.path);
    return bytesOf(entry);
  };
  const at = (offset: number): FileEntry => ({
    ...file('same-place', 'abc'),
    content: { kind: 'blob', blob: 'sha256:0', offset },
  });
  const digest = { digest: 'sha256:1' };
  const before = { tree: treeOf(at(5), file('digest', 'abc', digest), file('read', 'abc')), open };
  const after = { tree: treeOf(at(5), file('digest', 'abc', digest), file('read', 'abc')), open };
  expect(await compareTrees(before, after)).toEqual([]);
  expect(opened).toEqual(['read', 'read']);
});
