import { describe, expect, test } from 'vitest';
import { DecantError } from '../errors.ts';
import { catalogueRecipe } from './catalogue/catalogue.ts';
import { AUTHORITY_ONE } from './hooks/testing-certificates.ts';
import { parseRecipe } from './recipe-file.ts';
import { LEAN } from './catalogue/leave-out.ts';
import { variantOf } from './recipe.ts';

const PEM = Buffer.from(AUTHORITY_ONE);

function readFile(path: string): Uint8Array {
  if (path === 'keys/corp.pem') return PEM;
  if (path === 'notes.txt') return Buffer.from('nothing');
  throw new Error(`ENOENT: no such file or directory, open '${path}'`);
}

function parse(text: string) {
  return parseRecipe({ text, file: 'dir/app.yaml', lookUp: catalogueRecipe, readFile });
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
  - { name: app, uid: 1000, home: /home/app, group: apps, groups: [audio], shell: /usr/bin/tool }
groups:
  - { name: audio, gid: 29 }
home-mode: "0755"
certificates: [keys/corp.pem]
time-zone: Europe/Berlin
jlink: { package: openjdk-17-jdk-headless, modules: [java.base, java.sql] }
files:
  - { path: /etc/app.conf, text: "a=1\\n", mode: "0640", gid: 1000 }
  - { path: /usr/bin/t, link: tool }
  - { path: /var/lib/app, directory: true, uid: 1000, mode: "0750" }
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
    users: [
      {
        name: 'app',
        uid: 1000,
        gid: 1000,
        home: '/home/app',
        group: 'apps',
        groups: ['audio'],
        shell: '/usr/bin/tool',
      },
    ],
    groups: [{ name: 'audio', gid: 29 }],
    homeMode: 0o755,
    certificates: [{ name: 'corp', pem: PEM }],
    timeZone: 'Europe/Berlin',
    jlink: { package: 'openjdk-17-jdk-headless', modules: ['java.base', 'java.sql'] },
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

test('what a recipe asks for is in, whatever the base that it begins from leaves out', () => {
  const excluded = (text: string): readonly string[] => parse(text).exclude.map((each) => each.package);
  expect(excluded('from: java21-jlink')).toContain('libfreetype6');
  expect(excluded('from: java21-jlink\npackages: ["libfreetype6 (>= 1)"]')).not.toContain('libfreetype6');
});

test('of a base that jlink makes, other modules can be asked for', () => {
  expect(parse('from: java21-jlink').jlink).toEqual(catalogueRecipe('java21-jlink', '13')?.jlink);
  expect(parse('from: java21-jlink\njlink: { modules: [java.base] }').jlink).toEqual({
    package: 'openjdk-21-jdk-headless',
    modules: ['java.base'],
  });
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
    ['packages: [a]\ngroups:\n  - name: x', 3, 'a group needs a name and a gid'],
    ['packages: [a]\ngroups:\n  - name: "a b"\n    gid: 1', 3, '"a b" is no group name'],
    ['packages: [a]\nhome-mode: open', 2, '"open" is no mode'],
    ['packages: [a]\ncertificates: [none.pem]', 2, 'cannot read the certificate "none.pem": no such file'],
    ['packages: [a]\ncertificates:\n  - notes.txt', 3, 'the certificate "notes.txt" cannot be added'],
    ['packages: [a]\njlink: { modules: [java.base] }', 2, 'jlink needs modules, and the package'],
    ['from: java21-jlink\njlink:\n  modules: ["--help"]', 3, '"--help" is no name of a module'],
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
