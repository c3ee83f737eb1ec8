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
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStore } from '../store/store.ts';
import type { FileEntry } from '../tree/entry.ts';
import { contextTree } from './context.ts';
import { fileDigests } from './file-digests.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'decant-context-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const LONG_AGO = new Date('2020-01-01T00:00:00Z');

function write(path: string, text: string): void {
  writeFileSync(join(root, path), text);
  utimesSync(join(root, path), LONG_AGO, LONG_AGO);
}

describe('a directory as a tree', () => {
  test('has files of root, with their modes, and times of the clock', () => {
    write('a', 'text');
    chmodSync(join(root, 'a'), 0o4751);
    expect(contextTree(root).get('a')).toMatchObject({
      type: 'file',
      mode: 0o4751,
      uid: 0,
      gid: 0,
      size: 4,
      clock: true,
    });
  });

  test('has links as they are, also those that lead out of it', () => {
    symlinkSync('../../etc/passwd', join(root, 'l'));
    expect(contextTree(root).get('l')).toMatchObject({ type: 'symlink', target: '../../etc/passwd' });
  });

  test('knows hard links', () => {
    write('a', '');
    linkSync(join(root, 'a'), join(root, 'b'));
    const tree = contextTree(root);
    expect((tree.get('a') as FileEntry).link).toBe((tree.get('b') as FileEntry).link);
  });

  test('lists names in order, those that are no UTF-8 too', () => {
    for (const name of [Buffer.from('b'), Buffer.from([0x61, 0xff]), Buffer.from('ä')]) {
      writeFileSync(Buffer.concat([Buffer.from(`${root}/`), name]), 'x');
    }
    const tree = contextTree(root);
    expect(tree.list('')).toEqual(['a\udcff', 'b', 'ä']);
    expect(tree.get('a\udcff')).toMatchObject({ type: 'file', size: 1 });
  });

  test('has nothing below a file or where nothing is', () => {
    write('a', '');
    const tree = contextTree(root);
    expect([tree.get('a/b'), tree.get('c'), tree.list('a'), tree.list('c')]).toEqual([
      undefined,
      undefined,
      [],
      [],
    ]);
  });
});

test('a file that changes between key and copy is told', async () => {
  const store = await openStore(join(root, '.store'));
  mkdirSync(join(root, 'context'));
  write('context/a', 'hello');
  const tree = contextTree(join(root, 'context'));
  const seen: [string, number][] = [];
  const digests = fileDigests(tree, store, (...each) => seen.push(each));
  digests.checkSame('a', tree.get('a'));
  for (const _time of [1, 2]) await digests.digestOf(tree.get('a') as FileEntry);
  expect(seen).toEqual([['a', 5]]);
  digests.checkSame('a', tree.get('a'));
  write('context/a', 'HELLO');
  const changed = expect.objectContaining({ code: 'COPY_FAILED' });
  expect(() => digests.checkSame('a', tree.get('a'))).toThrow(changed);
  expect(() => digests.checkSame('a', undefined)).toThrow(changed);
  await store.close();
});

describe('digests of files', () => {
  const digests = async (path: string) => {
    const store = await openStore(join(root, '.store'));
    const tree = contextTree(join(root, 'context'));
    const found = fileDigests(tree, store);
    const digest = await found.digestOf(tree.get(path) as FileEntry);
    await found.save();
    await store.close();
    return digest;
  };
  const HELLO = 'sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';

  beforeEach(() => {
    mkdirSync(join(root, 'context'));
    write('context/a', 'hello');
  });

  test('are those of the content', async () => {
    expect(await digests('a')).toBe(HELLO);
    expect(await digests('a')).toBe(HELLO);
  });

  test('of large files too', async () => {
    writeFileSync(join(root, 'context/big'), Buffer.alloc(3 * 1024 * 1024));
    expect(await digests('big')).toBe(
      'sha256:bbd05cf6097ac9b1f89ea29d2542c1b7b67ee46848393895f5a9e43fa1f621e5',
    );
  });

  test('follow a change that keeps size and time of modification', async () => {
    await digests('a');
    write('context/a', 'HELLO');
    expect(await digests('a')).not.toBe(HELLO);
  });

  test('are never wrong for a file that is written again within one tick of the clock', async () => {
    for (let round = 0; round < 20; round += 1) {
      writeFileSync(join(root, 'context/a'), `text ${round % 2}`);
      const fresh = await digests('a');
      writeFileSync(join(root, 'context/a'), `text ${(round + 1) % 2}`);
      expect(await digests('a')).not.toBe(fresh);
    }
  });
});
