import { expect, test } from 'vitest';
import { directory, file, layerText, link } from '../../tree/testing.ts';
import { applyHooks } from './apply.ts';
import { fileEntry } from './entries.ts';
import type { Hook } from './hook.ts';
import { contextOf } from './testing.ts';

function hook(name: string, apply: Hook['apply'], packages: readonly string[] = []): Hook {
  return { name, reason: 'a test', packages, apply };
}

const writes = (name: string, path: string, text = ''): Hook =>
  hook(name, ({ time }) => Promise.resolve([fileEntry(path, text, time)]));

test('a hook applies where one of its packages is in', async () => {
  const one = { ...writes('one', 'one'), packages: ['a', 'b'] };
  const two = { ...writes('two', 'two'), packages: ['c'] };
  const { made } = await applyHooks([one, two], contextOf([], { packages: ['b'] }));
  expect([...made]).toEqual([['one', ['one']]]);
});

test('a hook sees what those before it made, and reads it', async () => {
  const copies = hook('copies', async ({ read, time }) => [
    fileEntry('b', (await read('a')) ?? 'nothing', time),
  ]);
  const { layer } = await applyHooks([writes('first', 'a', 'text'), copies], contextOf([]));
  expect(layerText(layer)).toEqual(['/a file 0644 0:0 "text"', '/b file 0644 0:0 "text"']);
});

test("entries land where the tree's links lead, and directories above them are made", async () => {
  const entries = [link('lib', 'usr/lib'), directory('usr/lib', { mode: 0o700 })];
  const { layer } = await applyHooks([writes('one', 'lib/a/b')], contextOf(entries));
  expect(layerText(layer)).toEqual([
    '/usr directory 0755 0:0',
    '/usr/lib directory 0700 0:0',
    '/usr/lib/a directory 0755 0:0',
    '/usr/lib/a/b file 0644 0:0 ""',
  ]);
  expect(layer.entries.map(({ path, mtime }) => [path, mtime])).toContainEqual(['usr/lib/a', 1000]);
});

test('links are followed as files are read, inside the tree', async () => {
  const reads = hook('reads', async ({ read, time }) => [
    fileEntry('b', (await read('a')) ?? 'nothing', time),
  ]);
  const entries = [link('a', '/../../etc/passwd'), file('etc/passwd', 'ours')];
  const { layer } = await applyHooks([reads], contextOf(entries));
  expect(layerText(layer)).toEqual(['/b file 0644 0:0 "ours"']);
});

test.each([
  ['two hooks make the same path', [writes('one', 'a'), writes('two', 'a')], 'made it already'],
  ['a file is in the way', [writes('one', 'file/a')], 'no directory'],
])('it is an error that %s', async (_, hooks, message) => {
  await expect(applyHooks(hooks, contextOf([file('file')]))).rejects.toMatchObject({
    code: 'FILE_CONFLICT',
    message: expect.stringContaining(message),
  });
});
