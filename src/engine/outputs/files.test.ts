import { expect, test } from 'vitest';
import { parsePlatform } from '../../oci/platform.ts';
import { makeLayer } from '../../tree/layer.ts';
import { packLayer } from '../../tree/pack.ts';
import { plainDirectory } from '../../tree/tree.ts';
import { filesOfAll } from './files.ts';

test('a directory that hides what lay below it is one like any other among the files', async () => {
  const layers = [
    makeLayer([plainDirectory('d'), plainDirectory('d/hidden')]),
    makeLayer([{ ...plainDirectory('d'), opaque: true }, plainDirectory('d/new')]),
  ];
  const files = { platform: parsePlatform('linux/amd64'), layers, beside: new Map() };
  const nodes = [...filesOfAll([files], false)];
  expect(nodes.map(({ path }) => path)).toEqual(['d', 'd/new']);
  let text = '';
  for await (const bytes of packLayer(makeLayer(nodes), { open: () => new Uint8Array() }))
    text += Buffer.from(bytes).toString('latin1');
  expect(text).toContain('d/new');
  expect(text).not.toContain('.wh.');
});
