import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseRegistriesConf } from './conf-file.ts';
import { readRegistries } from './files.ts';
import { repositoryName } from './registries.ts';
import { registriesOf } from './rules.ts';
import { parseRegistriesYaml } from './yaml-file.ts';

const YAML = `registries:
  - prefix: docker.io
    mirrors:
      - location: mirror.example/hub
      - location: 'cache.example:5000'
        insecure: true
  - prefix: docker.io/team
    location: own.example/team
  - prefix: '*.corp.example'
    location: proxy.example
  - prefix: locked.example
    ca: [authority.pem]
    cert: client.pem
    key: keys/client.key
  - prefix: bad.example
    blocked: true
`;

const CONF = `
unqualified-search-registries = ["docker.io", # first
  'quay.io']
short-name-mode="permissive"

[[registry]]
prefix = "docker.io"   # a comment with "quotes"
location = "docker.io"
insecure = false

[[registry.mirror]]
location = "mirror.example/hub"
[[registry.mirror]]
location = "digests.example"
pull-from-mirror = "digest-only"

[[registry]]
location = "localhost:5000"
insecure = true

[aliases]
  "alpine" = "docker.io/library/alpine"
`;

const shown = ({ host, path }: { readonly host: string; readonly path: string }): string => `${host}/${path}`;
const split = (name: string) => {
  const [domain = '', ...path] = name.split('/');
  return { domain, path: path.join('/') };
};

describe('registries.yaml', () => {
  const registries = registriesOf(parseRegistriesYaml(YAML, '/etc/decant/registries.yaml'));

  test.each<[string, readonly string[]]>([
    [
      'docker.io/library/debian',
      [
        'mirror.example/hub/library/debian',
        'cache.example:5000/library/debian',
        'registry-1.docker.io/library/debian',
      ],
    ],
    ['docker.io/team/app', ['own.example/team/app']],
    [
      'docker.io/teams/app',
      ['mirror.example/hub/teams/app', 'cache.example:5000/teams/app', 'registry-1.docker.io/teams/app'],
    ],
    ['a.corp.example/x', ['proxy.example/x']],
    ['other.example/x', ['other.example/x']],
  ])('%s is at %j', (name, places) => {
    expect(registries.placesOf(split(name)).map(shown)).toEqual(places);
    expect(shown(registries.ownPlace(split(name)))).toBe(places.at(-1));
  });

  test('names certificates beside itself, and who may do without', () => {
    expect(registries.settingsOf('locked.example')).toEqual({
      insecure: false,
      ca: ['/etc/decant/authority.pem'],
      cert: '/etc/decant/client.pem',
      key: '/etc/decant/keys/client.key',
    });
    expect(registries.settingsOf('cache.example:5000').insecure).toBe(true);
    expect(registries.settingsOf('registry-1.docker.io').insecure).toBe(false);
  });

  test('blocks', () => {
    expect(() => registries.placesOf(split('bad.example/x'))).toThrow(/bad\.example\/x is blocked/);
  });

  test.each([
    ['registries: [{prefix: https://x}]', /is not a registry/],
    ['registries: [{location: x}]', /"prefix" is missing/],
    ['registries: [{prefix: x, cert: a}]', /"cert" and its "key"/],
    ['registries: [{prefix: x, mirorrs: []}]', /no key "mirorrs"/],
    ['registries: {x: 1}', /is a list/],
  ])('%s is an error', (text, message) => {
    expect(() => parseRegistriesYaml(text, 'registries.yaml')).toThrow(message);
  });
});

describe('registries.conf', () => {
  test('says the same in its way', () => {
    const registries = registriesOf(parseRegistriesConf(CONF));
    expect(registries.placesOf(split('docker.io/library/debian')).map(shown)).toEqual([
      'mirror.example/hub/library/debian',
      'registry-1.docker.io/library/debian',
    ]);
    expect(registries.settingsOf('localhost:5000').insecure).toBe(true);
  });

  test.each(['', '[[registry', '= 1', '[[registry]]\nlocation = 7', 'a = [', '\0'])(
    '%j says nothing',
    (text) => {
      expect(parseRegistriesConf(text)).toEqual([]);
    },
  );
});

describe('the file', () => {
  const root = mkdtempSync(join(tmpdir(), 'decant-registries-'));
  afterAll(() => rmSync(root, { recursive: true }));
  const write = (name: string, text: string): string => {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  };

  test('is the named one, else decant’s, else Podman’s; certificates lie beside', async () => {
    const environment = { XDG_CONFIG_HOME: join(root, 'config') };
    write('config/containers/registries.conf', '[[registry]]\nlocation = "x.example"\ninsecure = true\n');
    write('config/containers/certs.d/y.example:5000/ca.crt', '');
    const podman = await readRegistries(environment);
    expect(podman.settingsOf('x.example').insecure).toBe(true);
    expect(podman.settingsOf('y.example:5000').ca).toEqual([
      join(root, 'config/containers/certs.d/y.example:5000/ca.crt'),
    ]);
    write('config/decant/registries.yaml', 'registries: [{prefix: z.example, insecure: true}]');
    const own = await readRegistries(environment);
    expect([own.settingsOf('x.example').insecure, own.settingsOf('z.example').insecure]).toEqual([
      false,
      true,
    ]);
    const named = write('named.yaml', 'registries: []');
    const none = await readRegistries({ ...environment, DECANT_REGISTRIES: named });
    expect(none.settingsOf('z.example').insecure).toBe(false);
    await expect(readRegistries({ DECANT_REGISTRIES: join(root, 'gone') })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
    });
  });

  test('is none for most', async () => {
    const registries = await readRegistries({
      XDG_CONFIG_HOME: join(root, 'empty'),
      CONTAINERS_REGISTRIES_CONF: join(root, 'none'),
    });
    expect(registries.placesOf({ domain: 'docker.io', path: 'library/a' }).map(repositoryName)).toEqual([
      'docker.io/library/a',
    ]);
  });
});
