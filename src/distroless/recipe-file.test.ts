import { describe, expect, test } from 'vitest';
import { DecantError } from '../errors.ts';
import { catalogueRecipe } from './catalogue/catalogue.ts';
import { parseRecipe } from './recipe-file.ts';
import { LEAN } from './catalogue/leave-out.ts';
import { variantOf } from './recipe.ts';

function parse(text: string) {
  return parseRecipe({ text, file: 'dir/app.yaml', lookUp: catalogueRecipe });
}

const WHOLE = `
name: tool
description: a tool
suite: bookworm
packages: [libc6, "zlib1g (>= 1)"]
exclude:
  debconf: asks nothing here
leave-out: [/usr/share/doc/**]
allow-scripts: { tool-data: makes a cache that the tool makes itself }
users:
  - { name: app, uid: 1000, home: /home/app }
files:
  - { path: /etc/app.conf, text: "a=1\\n", mode: "0640", gid: 1000 }
  - { path: /usr/bin/t, link: tool }
  - { path: /var/lib/app, directory: , uid: 1000, mode: "0750" }
environment: { LANG: C.UTF-8, PORT: 8080 }
entrypoint: [/usr/bin/tool]
command: [--help]
user: "1000"
working-directory: /var/lib/app
`;

test('a recipe with everything', () => {
  expect(parse(WHOLE)).toEqual({
    name: 'tool',
    description: 'a tool',
    suite: { id: 'debian', version: '12', codename: 'bookworm' },
    packages: ['libc6', 'zlib1g (>= 1)'],
    exclude: [{ package: 'debconf', reason: 'asks nothing here' }],
    leaveOut: ['/usr/share/doc/**'],
    lean: LEAN,
    allowScripts: [{ package: 'tool-data', reason: 'makes a cache that the tool makes itself' }],
    users: [{ name: 'app', uid: 1000, gid: 1000, home: '/home/app' }],
    files: [
      { path: '/etc/app.conf', type: 'file', content: 'a=1\n', mode: 0o640, gid: 1000 },
      { path: '/usr/bin/t', type: 'link', content: 'tool' },
      { path: '/var/lib/app', type: 'directory', uid: 1000, mode: 0o750 },
    ],
    environment: { LANG: 'C.UTF-8', PORT: '8080' },
    entrypoint: ['/usr/bin/tool'],
    command: ['--help'],
    user: '1000',
    workingDirectory: '/var/lib/app',
  });
});

test('one that begins from a base adds to it', () => {
  const recipe = parse('from: static\nsuite: 13\npackages: [curl]\nenvironment: { A: b }');
  const base = catalogueRecipe('static', '13');
  expect(recipe.packages).toEqual([...(base?.packages ?? []), 'curl']);
  expect(recipe.environment).toEqual({ ...base?.environment, A: 'b' });
  expect(recipe.name).toBe('app');
});

describe('what is wrong is shown with its line', () => {
  test.each([
    ['packages: [a\n', 2, ''],
    ['a list', 1, 'a recipe is a map of keys and values'],
    ['name: x\npackage: [a]', 2, 'there is no key "package" here'],
    ['name: x', 1, 'a recipe needs packages'],
    ['packages: [a]\nsuite: 11', 2, 'there is no suite "11"'],
    ['packages: [a]\nfrom: nothing', 2, 'there is no base "nothing" to begin from'],
    ['packages: a', 1, '"packages" is a list'],
    ['packages: [a]\nusers:\n  - name: x', 3, 'a user needs a name and a uid'],
    ['packages: [a]\nusers:\n  - name: X!\n    uid: 1', 3, '"X!" is no user name'],
    ['packages: [a]\nusers:\n  - name: x\n    uid: -1', 4, '"uid" is a whole number'],
    ['packages: [a]\nfiles:\n  - path: relative\n    text: x', 3, 'a file needs an absolute path'],
    ['packages: [a]\nfiles:\n  - path: /a/../../b\n    text: x', 3, 'a file needs an absolute path'],
    ['packages: [a]\nfiles:\n  - path: /a', 3, 'a file has one of text, link, directory'],
    ['packages: [a]\nfiles:\n  - path: /a\n    text: x\n    mode: rw', 5, '"rw" is no mode'],
    ['packages: [a]\nenvironment: [A]', 2, '"environment" is a map of names and texts'],
  ])('%j', (text, line, message) => {
    try {
      parse(text);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(DecantError);
      expect(error).toMatchObject({ code: 'RECIPE_INVALID', place: { file: 'dir/app.yaml', start: line } });
      expect((error as DecantError).message).toContain(message);
    }
  });
});

test('variants say who runs and whether a busybox is there', () => {
  const recipe = parse('packages: [a]\nentrypoint: [/a]');
  expect(variantOf(recipe, 'latest')).toEqual(recipe);
  expect(variantOf(recipe, 'nonroot')).toMatchObject({
    user: '65532',
    workingDirectory: '/home/nonroot',
    entrypoint: ['/a'],
  });
  expect(variantOf(recipe, 'debug')).toMatchObject({
    user: '0',
    packages: ['a', 'busybox-static'],
    entrypoint: ['/busybox/sh'],
  });
  expect(variantOf(recipe, 'lean').leaveOut).toEqual([...recipe.leaveOut, ...LEAN]);
  expect(variantOf(recipe, 'lean-nonroot')).toMatchObject({ user: '65532' });
  expect(variantOf(recipe, 'debug-nonroot')).toMatchObject({ user: '65532', entrypoint: ['/busybox/sh'] });
});
