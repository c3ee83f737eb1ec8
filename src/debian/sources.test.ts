import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { parseDeb822Sources, parseSourcesList, readAptSources } from './apt-sources.ts';
import type { ArchiveSource } from './source.ts';
import { securityBeside, sourcesFor, type SourceOptions, suiteFamily } from './sources.ts';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** `uri suite component,component [keys]` for each. */
function lines(sources: readonly ArchiveSource[]): readonly string[] {
  return sources.map(({ uri, suite, components, signedBy = [], architectures }) => {
    const keys = signedBy.map((key) => Object.values(key).join('')).join(',');
    const options = [architectures?.join(','), keys].filter(Boolean).join(' ');
    return `${uri} ${suite} ${components.join(',')}${options === '' ? '' : ` [${options}]`}`;
  });
}

describe('sources.list', () => {
  test.each<[string, readonly string[]]>([
    ['deb http://m.test/debian bookworm main', ['http://m.test/debian bookworm main']],
    [
      'deb http://m.test/debian/ bookworm main contrib # best',
      ['http://m.test/debian bookworm main,contrib'],
    ],
    [
      'deb [ arch=amd64,arm64 signed-by=/a.gpg,/b.gpg ] https://m.test x main',
      ['https://m.test x main [amd64,arm64 /a.gpg,/b.gpg]'],
    ],
    ['deb [trusted=yes] http://m.test x main', ['http://m.test x main']],
    ['deb file:/srv/mirror x main', ['file:///srv/mirror x main']],
    ['deb-src http://m.test x main', []],
    ['# deb http://m.test x main', []],
    ['deb cdrom:[Debian]/ x main', []],
    ['deb http://m.test ./', []],
    ['deb http://m.test stable/', []],
    ['nonsense', []],
    ['', []],
  ])('%j', (text, expected) => {
    expect(lines(parseSourcesList(text))).toEqual(expected);
  });
});

describe('sources as control data', () => {
  test('are each address with each suite', () => {
    const text = `
# The first
Types: deb deb-src
URIs: http://a.test/debian http://b.test/debian/
Suites: bookworm
 bookworm-updates
Components: main contrib
# in between
Signed-By: ${KEYRING}

Types: deb
URIs: http://c.test
Suites: x
Components: main
Architectures: amd64 arm64
Signed-By: 0123456789ABCDEF0123456789ABCDEF01234567
`;
    expect(lines(parseDeb822Sources(text, 'test'))).toEqual([
      `http://a.test/debian bookworm main,contrib [${KEYRING}]`,
      `http://a.test/debian bookworm-updates main,contrib [${KEYRING}]`,
      `http://b.test/debian bookworm main,contrib [${KEYRING}]`,
      `http://b.test/debian bookworm-updates main,contrib [${KEYRING}]`,
      'http://c.test x main [amd64,arm64 0123456789ABCDEF0123456789ABCDEF01234567]',
    ]);
  });

  test.each(['Enabled: no', 'Enabled: false'])('count only where they are enabled (%s)', (line) => {
    const text = `Types: deb\nURIs: http://c.test\nSuites: x\nComponents: main\n${line}\n`;
    expect(parseDeb822Sources(text, 'test')).toEqual([]);
  });

  test('may have the key itself', () => {
    const key = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n.\nabc\n=def\n-----END PGP PUBLIC KEY BLOCK-----';
    const text = `Types: deb\nURIs: http://c.test\nSuites: x\nComponents: main\nSigned-By:\n ${key.replace(/\n/g, '\n ')}\n`;
    expect(parseDeb822Sources(text, 'test')[0]?.signedBy).toEqual([
      { armored: key.replace('\n.\n', '\n\n') },
    ]);
  });
});

test.each([
  ['bookworm', ['bookworm', 'bookworm-updates', 'bookworm-security']],
  ['sid', ['sid']],
  ['bookworm-security', ['bookworm-security']],
])('%s is corrected by %j', (suite, family) => {
  expect(suiteFamily(suite)).toEqual(family);
});

test.each([
  ['http://m.test/debian', 'http://m.test/debian-security'],
  ['http://m.test/a/debian', 'http://m.test/a/debian-security'],
  ['http://m.test/archive/debian/20260101T000000Z', 'http://m.test/archive/debian-security/20260101T000000Z'],
  ['http://m.test/ubuntu', 'http://m.test/ubuntu'],
  ['http://debian.test', 'http://debian.test'],
])('the security mirror beside %s is %s', (main, security) => {
  expect(securityBeside(main)).toBe(security);
});

/** Sources of a machine with these files. */
function on(
  files: Readonly<Record<string, string>>,
  suites: readonly string[],
  more: SourceOptions = {},
): readonly string[] {
  const root = mkdtempSync(join(tmpdir(), 'decant-apt-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return lines(sourcesFor(suites, { root, ...more }));
  } finally {
    rmSync(root, { recursive: true });
  }
}

const DEBIAN_12 = 'ID=debian\nVERSION_CODENAME=bookworm\n';
const USUAL = {
  'etc/os-release': DEBIAN_12,
  'etc/apt/sources.list': `
deb [signed-by=${KEYRING}] http://m.test/debian bookworm main contrib
deb [signed-by=${KEYRING}] http://m.test/debian bookworm-updates main
deb [signed-by=${KEYRING} arch=amd64] http://s.test/security bookworm-security main
`,
  'etc/apt/sources.list.d/vendor.list': 'deb http://vendor.test bookworm main\n',
  'etc/apt/sources.list.d/node.sources':
    'Types: deb\nURIs: http://node.test\nSuites: nodistro\nComponents: main\nSigned-By: /node.gpg\n',
  'etc/apt/sources.list.d/ignored.list.bak': 'deb http://bak.test bookworm main\n',
  'etc/apt/sources.list.d/broken.sources': 'this is : no\n field\nx\n',
};

describe('mirrors of the machine', () => {
  test('are those of its own release', () => {
    expect(on(USUAL, suiteFamily('bookworm'))).toEqual([
      `http://m.test/debian bookworm main [${KEYRING}]`,
      `http://m.test/debian bookworm-updates main [${KEYRING}]`,
      `http://s.test/security bookworm-security main [${KEYRING}]`,
    ]);
  });

  test('are asked for other releases too', () => {
    expect(on(USUAL, suiteFamily('trixie'))).toEqual([
      `http://m.test/debian trixie main [${KEYRING}]`,
      `http://m.test/debian trixie-updates main [${KEYRING}]`,
      `http://s.test/security trixie-security main [${KEYRING}]`,
    ]);
  });

  test('are understood under names that move', () => {
    const files = {
      'etc/os-release': DEBIAN_12,
      'etc/apt/sources.list':
        'deb http://m.test/debian stable main\ndeb http://m.test/debian stable-updates main\n',
    };
    expect(on(files, suiteFamily('bookworm'))).toEqual([
      'http://m.test/debian bookworm main',
      'http://m.test/debian bookworm-updates main',
      'http://m.test/debian-security bookworm-security main',
    ]);
  });

  test('are one where there are several of the same', () => {
    const text =
      'Types: deb\nURIs: http://a.test/debian http://b.test/debian\nSuites: bookworm\nComponents: main\n';
    expect(
      on({ 'etc/os-release': DEBIAN_12, 'etc/apt/sources.list.d/debian.sources': text }, ['bookworm']),
    ).toEqual(['http://a.test/debian bookworm main']);
  });

  test('give the components that are asked for, and the keys', () => {
    const components = ['main', 'contrib'];
    expect(on(USUAL, ['bookworm'], { components, signedBy: [{ file: '/mine.gpg' }] })).toEqual([
      'http://m.test/debian bookworm main,contrib [/mine.gpg]',
    ]);
  });

  test('have releases of their own distribution only', () => {
    const ubuntu = {
      'etc/os-release': 'ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n',
      'etc/apt/sources.list':
        'deb http://u.test/ubuntu noble main\ndeb http://u.test/ubuntu noble-updates main\n',
    };
    const options = { distribution: 'ubuntu' } as const;
    expect(on(ubuntu, ['jammy', 'jammy-security'], options)).toEqual([
      'http://u.test/ubuntu jammy main',
      'http://u.test/ubuntu jammy-security main',
    ]);
    expect(() => on(USUAL, ['noble'], options)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('DECANT_UBUNTU_MIRROR') }),
    );
    const both = { ...USUAL, 'etc/apt/sources.list.d/u.list': 'deb http://u.test/ubuntu noble main\n' };
    expect(on(both, ['noble'], options)).toEqual(['http://u.test/ubuntu noble main']);
  });

  test('that are not there are asked for', () => {
    expect(() => on({}, ['bookworm'])).toThrow('no mirror is known that could have the suite bookworm');
    expect(readAptSources('/nonexistent')).toEqual([]);
  });
});

describe('a mirror that is named', () => {
  const both = ['trixie', 'trixie-security'];

  test('comes before those of the machine', () => {
    expect(on(USUAL, both, { flags: { mirror: 'https://f.test/debian/' } })).toEqual([
      'https://f.test/debian trixie main',
      'https://f.test/debian-security trixie-security main',
    ]);
  });

  test('is of one distribution', () => {
    const environment = {
      DECANT_DEBIAN_MIRROR: 'http://d.test',
      DECANT_UBUNTU_MIRROR: 'http://u.test/ubuntu',
    };
    expect(on({}, ['noble', 'noble-security'], { environment, distribution: 'ubuntu' })).toEqual([
      'http://u.test/ubuntu noble main',
      'http://u.test/ubuntu noble-security main',
    ]);
  });

  test('by a flag counts more than by the environment, and that more than by the project', () => {
    const flags = { mirror: 'http://f.test' };
    const environment = {
      DECANT_DEBIAN_MIRROR: 'http://e.test',
      DECANT_DEBIAN_SECURITY_MIRROR: 'http://es.test',
    };
    const config = { mirror: 'http://c.test', securityMirror: 'http://cs.test' };
    expect(on(USUAL, both, { flags, environment, config })).toEqual([
      'http://f.test trixie main',
      'http://es.test trixie-security main',
    ]);
    expect(on(USUAL, both, { environment, config })[0]).toBe('http://e.test trixie main');
    expect(on(USUAL, both, { environment: { DECANT_DEBIAN_MIRROR: '' }, config })).toEqual([
      'http://c.test trixie main',
      'http://cs.test trixie-security main',
    ]);
  });

  test.each([
    ['ftp://m.test', '--mirror: "ftp://m.test" is not an address of a mirror'],
    ['m.test/debian', '--mirror: "m.test/debian" is not an address of a mirror'],
    ['http://m.test/?a=b', '--mirror: http://m.test has more than a path after the host'],
    ['ftp://user:secret@m.test', '--mirror: "ftp://m.test" is not an address of a mirror'],
  ])('%s is refused, without its secrets', (mirror, message) => {
    expect(() => on({}, ['x'], { flags: { mirror } })).toThrow(message);
  });
});
