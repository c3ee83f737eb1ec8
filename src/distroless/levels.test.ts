import { afterAll, describe, expect, test } from 'vitest';
import { debBench } from '../debian/deb/testing.ts';
import type { TestPackage } from '../debian/testing/deb.ts';
import { levelsOf } from './levels.ts';
import { SUITES } from './recipe.ts';
import type { Recipe } from './recipe.ts';

const bench = debBench();
afterAll(bench.close);

function recipe(name: string, packages: readonly string[], more: Partial<Recipe> = {}): Recipe {
  return {
    name,
    description: '',
    suite: SUITES['13'],
    packages,
    exclude: [],
    leaveOut: [],
    lean: [],
    allowScripts: [],
    users: [],
    files: [],
    environment: {},
    entrypoint: [],
    command: [],
    user: '0',
    workingDirectory: '/',
    ...more,
  };
}

function pkg(name: string, depends = '', fields: Readonly<Record<string, string>> = {}): TestPackage {
  return { name, version: '1', fields: { ...(depends && { Depends: depends }), ...fields } };
}

async function levels(top: Recipe, ...packages: readonly TestPackage[]): Promise<readonly string[]> {
  const found = levelsOf(top, await bench.debs(...packages));
  return found.map(({ recipe: { name }, debs }) => `${name}: ${debs.map((deb) => deb.name).join(' ')}`);
}

const FILES = recipe('static', ['files']);
const LIBC = recipe('base', ['files', 'libc'], {
  below: FILES,
  exclude: [{ package: 'libgcc', reason: 'loaded by nobody' }],
});
const TOP = recipe('app', ['files', 'libc', 'app'], { below: LIBC });

describe('the levels of a base', () => {
  const files = pkg('files');
  const libc = pkg('libc', 'libgcc');

  test('are the bases below, each with what its packages need', async () => {
    expect(await levels(TOP, files, libc, pkg('app', 'libc'), pkg('other'))).toEqual([
      'static: files',
      'base: files libc',
      'app: files libc app other',
    ]);
  });

  test('do not have what a lower one excludes, even where the top has it', async () => {
    const [, base] = await levels(TOP, files, libc, pkg('libgcc'), pkg('app', 'libgcc'));
    expect(base).toBe('base: files libc');
  });

  test('follow what packages provide, and the first alternative that is there', async () => {
    const below = recipe('below', ['web-server (>= 1)']);
    const server = pkg('nginx', 'missing | ssl', {
      Provides: 'web-server (= 1)',
      'Pre-Depends': 'libc:any (>= 1)',
    });
    expect(await levels(recipe('top', [], { below }), server, pkg('ssl'), pkg('libc'), pkg('top'))).toEqual([
      'below: nginx ssl libc',
      'top: nginx ssl libc top',
    ]);
  });

  test('leave out a base of which something is not there, and not those below that', async () => {
    expect(await levels(TOP, files, pkg('app'))).toEqual(['static: files', 'app: files app']);
    expect(await levels(LIBC, files, pkg('libc', 'missing'))).toEqual(['static: files', 'base: files libc']);
  });

  test('are one where there is nothing below', async () => {
    expect(await levels(FILES, files, libc)).toEqual(['static: files libc']);
  });
});
