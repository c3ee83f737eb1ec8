/** Layers that bases have in common (docs/decisions/0003-layers-of-bases.md), and what a recipe makes of them. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Workbench } from '../support/workbench.ts';
import type { Base } from './bases/composed.ts';
import { basesWorkbench, checkStructure, compose } from './bases/composed.ts';

let bench: Workbench;
beforeAll(() => {
  bench = basesWorkbench();
});
afterAll(() => bench.remove());

const digests = async (name: string, ...flags: string[]): Promise<readonly string[]> =>
  (await compose(bench, name, ...flags)).layers.map(({ digest }) => digest);

/** Of the catalogue's bases, each composed once: many stand on the same. */
const composed = new Map<string, Promise<readonly string[]>>();
function known(name: string): Promise<readonly string[]> {
  const made = composed.get(name) ?? digests(name);
  composed.set(name, made);
  return made;
}

function recipe(text: string): Promise<Base> {
  const path = bench.path('recipe.yaml');
  writeFileSync(path, text);
  return compose(bench, path);
}

describe.each(['12', '13'])('on Debian %s', (suite) => {
  test.each([
    ['base-nossl', 'static'],
    ['base', 'base-nossl'],
    ['cc', 'base'],
    ['python3', 'cc'],
    ['nodejs', 'cc'],
    ['ruby', 'cc'],
    ['php-cli', 'cc'],
    ['nginx', 'base'],
    ['postgres-client', 'base'],
    ['perl-base', 'base-nossl'],
    ['java-base', 'base-nossl'],
    [suite === '12' ? 'java17' : 'java21', 'java-base'],
    ['python3:lean', 'cc:lean'],
  ])('%s has the layers of %s and one more', async (name, below) => {
    const of = (text: string): string =>
      text.replace(/(?=:)|$/, `-debian${suite}`).replace(/(:.*)-debian\d+$/, '$1');
    const layers = await known(of(name));
    expect(layers.slice(0, -1)).toEqual(await known(of(below)));
    expect(layers.length).toBeLessThanOrEqual(5);
  });
});

test('a locked base has the layers that the solved one has', async () => {
  const lock = bench.path('python3.lock');
  await bench.need(['base', 'lock', 'python3', '-o', lock]);
  expect(await digests('python3', '--lock', lock)).toEqual(await digests('python3'));
});

test('a recipe that adds has one layer more', async () => {
  const text =
    'from: python3\npackages: [libpq5]\nusers: [{ name: app, uid: 1000 }]\ntime-zone: Europe/Berlin\n';
  const base = await recipe(text);
  checkStructure(base, '13');
  expect(base.layers.slice(0, -1).map(({ digest }) => digest)).toEqual(await digests('python3'));
  expect(base.files().get('etc/localtime')).toMatchObject({ target: '/usr/share/zoneinfo/Europe/Berlin' });
});

test('what a recipe leaves out is nowhere in the image', async () => {
  const base = await recipe('from: cc\nleave-out: [/usr/share/zoneinfo]\n');
  checkStructure(base, '13');
  expect([...base.files().keys()].filter((path) => path.startsWith('usr/share/zoneinfo/'))).toEqual([]);
});
