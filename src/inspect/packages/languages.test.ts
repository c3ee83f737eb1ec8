import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ADDRESS, elfWithSections, FIRST_SECTION } from '../../codec/testing-elf-sections.ts';
import { zipFile } from '../../codec/testing-zip.ts';
import type { PackageList } from './package.ts';
import { packagesIn } from './testing.ts';

const lines = ({ packages }: PackageList): readonly string[] =>
  packages.map(({ manager, name, version, path }) => `${manager} ${name} ${version} ${path}`);

describe('packages of npm', () => {
  test('are those below node_modules, however deep', async () => {
    const found = await packagesIn({
      'app/package.json': '{"name":"app","version":"1.0.0"}',
      'app/node_modules/left-pad/package.json':
        '{"name":"left-pad","version":"1.3.0","license":"WTFPL","author":{"name":"azer"}}',
      'app/node_modules/@a/b/package.json':
        '{"name":"@a/b","version":"2.0.0","licenses":[{"type":"MIT"},{"type":"Apache-2.0"}]}',
      'app/node_modules/@a/b/node_modules/c/package.json': '{"name":"c","version":"0.1.0"}',
      'app/node_modules/c/dist/esm/package.json': '{"type":"module"}',
      'app/node_modules/.bin/package.json': '{"name":"x","version":"1.0.0"}',
      'app/node_modules/d/package.json': '{"name":"d"}',
      'app/node_modules/e/package.json': 'no json',
    });
    expect(lines(found)).toEqual([
      'npm @a/b 2.0.0 app/node_modules/@a/b/package.json',
      'npm c 0.1.0 app/node_modules/@a/b/node_modules/c/package.json',
      'npm left-pad 1.3.0 app/node_modules/left-pad/package.json',
    ]);
    expect(found.packages[0]).toMatchObject({
      licenses: ['MIT', 'Apache-2.0'],
      purl: 'pkg:npm/%40a/b@2.0.0',
    });
    expect(found.packages[2]).toMatchObject({ licenses: ['WTFPL'], supplier: 'azer' });
    expect(found.warnings).toEqual(['app/node_modules/e/package.json is not JSON']);
  });
});

describe('packages of Python', () => {
  test('are those of dist-info, with the files of RECORD', async () => {
    const { packages } = await packagesIn({
      'venv/lib/python3.12/site-packages/Flask-3.0.0.dist-info/METADATA':
        'Metadata-Version: 2.1\nName: Flask\nVersion: 3.0.0\nHome-page: https://x\nLicense: BSD-3-Clause\nAuthor: A\n B\n\nName: not this\n',
      'venv/lib/python3.12/site-packages/Flask-3.0.0.dist-info/RECORD':
        '../../../bin/flask,sha256=x,1\nflask/__init__.py,,\n"flask/a,b.py",,\nflask/gone.py,,\n',
      'venv/bin/flask*': 'x',
      'venv/lib/python3.12/site-packages/flask/__init__.py': 'x',
      'venv/lib/python3.12/site-packages/flask/a,b.py': 'x',
    });
    expect(packages).toEqual([
      {
        manager: 'python',
        name: 'Flask',
        version: '3.0.0',
        licenses: ['BSD-3-Clause'],
        homepage: 'https://x',
        supplier: 'A\n B',
        path: 'venv/lib/python3.12/site-packages/Flask-3.0.0.dist-info/METADATA',
        files: [
          'venv/bin/flask',
          'venv/lib/python3.12/site-packages/flask/__init__.py',
          'venv/lib/python3.12/site-packages/flask/a,b.py',
        ],
        purl: 'pkg:pypi/flask@3.0.0',
      },
    ]);
  });

  test('are those of egg-info too, a folder or a file', async () => {
    const found = await packagesIn({
      'usr/lib/python3/dist-packages/six-1.16.0.egg-info/PKG-INFO': 'Name: six\nVersion: 1.16.0\n',
      'usr/lib/python3/dist-packages/six-1.16.0.egg-info/installed-files.txt': '../six.py\n',
      'usr/lib/python3/dist-packages/six.py': 'x',
      'usr/lib/python3/dist-packages/old-1.egg-info':
        'Name: old\nVersion: 1\nClassifier: License :: OSI Approved :: MIT License\n',
    });
    expect(lines(found)).toEqual([
      'python old 1 usr/lib/python3/dist-packages/old-1.egg-info',
      'python six 1.16.0 usr/lib/python3/dist-packages/six-1.16.0.egg-info/PKG-INFO',
    ]);
    expect(found.packages[0]?.licenses).toEqual(['MIT License']);
    expect(found.packages[1]?.files).toEqual(['usr/lib/python3/dist-packages/six.py']);
  });
});

describe('a package of a language', () => {
  test('that a distribution brought is a part of its package', async () => {
    const { packages } = await packagesIn({
      'var/lib/dpkg/status': 'Package: python3-six\nVersion: 1.16.0-4\n',
      'var/lib/dpkg/info/python3-six.list': '/usr/lib/python3/dist-packages/six.egg-info\n',
      'usr/lib/python3/dist-packages/six.egg-info': 'Name: six\nVersion: 1.16.0\n',
    });
    expect(packages).toMatchObject([
      { manager: 'dpkg', name: 'python3-six' },
      { manager: 'python', name: 'six', partOf: 'pkg:deb/debian/python3-six@1.16.0-4' },
    ]);
  });
});

const INFO = [
  'path\texample.com/app',
  'mod\texample.com/app\t(devel)\t',
  'dep\tgithub.com/a/b\tv1.2.3\th1:x=',
  'dep\tgolang.org/x/old\tv0.1.0',
  '=>\tgithub.com/fork/new\tv0.2.0\th1:y=',
  'build\t-compiler=gc',
  '',
].join('\n');
const MODULES = [
  'go example.com/app  app',
  'go github.com/a/b v1.2.3 app',
  'go github.com/fork/new v0.2.0 app',
  'go stdlib 1.22.3 app',
];
/** As the linker marks it: sixteen bytes before and after. */
const MARKED = Buffer.concat([Buffer.alloc(16, 0xaa), Buffer.from(INFO), Buffer.alloc(16, 0xbb)]);
const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1');

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

describe('modules of Go', () => {
  const inline = Buffer.concat([
    MAGIC,
    Buffer.from([8, 2]),
    Buffer.alloc(16),
    varint(8),
    Buffer.from('go1.22.3'),
    varint(MARKED.length),
    MARKED,
  ]);

  test('stand after the header, since Go 1.18', async () => {
    expect(lines(await packagesIn({ 'app*': elfWithSections({ '.go.buildinfo': inline }) }))).toEqual(
      MODULES,
    );
  });

  test('are found in a program without sections', async () => {
    const program = elfWithSections({ '.x': inline }, { withoutHeaders: true });
    expect(lines(await packagesIn({ 'app*': program }))).toEqual(MODULES);
  });

  test.each([
    [64, true],
    [64, false],
    [32, true],
    [32, false],
  ] as const)(
    'are pointed to by the header of older programs: %i bits, little-endian: %s',
    async (bits, little) => {
      const size = bits / 8;
      const number = (value: number): Buffer => {
        const bytes = Buffer.alloc(8);
        if (little) bytes.writeBigUInt64LE(BigInt(value));
        else bytes.writeBigUInt64BE(BigInt(value));
        return little ? bytes.subarray(0, size) : bytes.subarray(8 - size);
      };
      const data = FIRST_SECTION + ADDRESS;
      const strings = 32 + 4 * size;
      const header = Buffer.concat([
        MAGIC,
        Buffer.from([size, little ? 0 : 1]),
        number(data + 32),
        number(data + 32 + 2 * size),
      ]);
      const section = Buffer.concat([
        Buffer.concat([header, Buffer.alloc(32 - header.length)]),
        number(data + strings),
        number(8),
        number(data + strings + 8),
        number(MARKED.length),
        Buffer.from('go1.22.3'),
        MARKED,
      ]);
      const program = elfWithSections({ '.go.buildinfo': section }, { class: bits, littleEndian: little });
      expect(lines(await packagesIn({ 'app*': program }))).toEqual(MODULES);
    },
  );
});

describe('crates of Rust', () => {
  const list = {
    packages: [
      { name: 'app', version: '0.1.0', source: 'local', root: true },
      { name: 'serde', version: '1.0.200', source: 'crates.io', dependencies: [0] },
      { name: 'cc', version: '1.0.0', source: 'crates.io', kind: 'build' },
    ],
  };

  test('are those that cargo-auditable noted, without what only built', async () => {
    const section = deflateSync(JSON.stringify(list));
    expect(lines(await packagesIn({ 'app*': elfWithSections({ '.dep-v0': section }) }))).toEqual([
      'cargo app 0.1.0 app',
      'cargo serde 1.0.200 app',
    ]);
  });

  test('that are damaged are told of', async () => {
    const { packages, warnings } = await packagesIn({
      'app*': elfWithSections({ '.dep-v0': Buffer.from('x') }),
    });
    expect(packages).toEqual([]);
    expect(warnings).toEqual(['app: what cargo-auditable noted in it (.dep-v0) is damaged']);
  });
});

describe('packages of Java', () => {
  const pom = (group: string, artifact: string, version: string): string =>
    `#Generated\nartifactId=${artifact}\ngroupId=${group}\nversion=${version}\n`;

  test('are those of Maven, in jars inside of jars too', async () => {
    const inner = zipFile({
      'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\r\n',
      'META-INF/maven/org.yaml/snakeyaml/pom.properties': pom('org.yaml', 'snakeyaml', '2.2'),
    });
    const app = zipFile({
      'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\r\n',
      'META-INF/maven/com.x/app/pom.properties': pom('com.x', 'app', '1.0'),
      'BOOT-INF/lib/snakeyaml-2.2.jar': inner,
    });
    const found = await packagesIn({ 'app.jar': app });
    expect(lines(found)).toEqual([
      'java com.x:app 1.0 app.jar',
      'java org.yaml:snakeyaml 2.2 app.jar!/BOOT-INF/lib/snakeyaml-2.2.jar',
    ]);
    expect(found.packages[1]?.purl).toBe('pkg:maven/org.yaml/snakeyaml@2.2');
  });

  test.each([
    [
      'commons-io-2.11.0.jar',
      'Bundle-SymbolicName: org.apache.commons.commons-io\r\n',
      'org.apache.commons:commons-io 2.11.0',
    ],
    ['guava-33.0.0-jre.jar', 'Bundle-SymbolicName: com.google.guava\r\n', 'com.google:guava 33.0.0-jre'],
    ['tool.jar', 'Implementation-Version: 1.\r\n 2\r\nImplementation-Vendor-Id: org.x\r\n', 'org.x:tool 1.2'],
    ['servlet-api.jar', 'Specification-Version: 4.0\r\n', 'servlet-api 4.0'],
  ])('are those of manifest and name: %s', async (name, manifest, expected) => {
    const jar = zipFile({ 'META-INF/MANIFEST.MF': `Manifest-Version: 1.0\r\n${manifest}\r\n` });
    expect(lines(await packagesIn({ [`lib/${name}`]: jar }))).toEqual([`java ${expected} lib/${name}`]);
  });

  test('that say nothing of a version are not listed, and damaged ones are told of', async () => {
    const { packages, warnings } = await packagesIn({
      'a.jar': zipFile({ 'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\r\n' }),
      'b.jar': Buffer.from('PK\x03\x04 damaged'),
    });
    expect(packages).toEqual([]);
    expect(warnings).toHaveLength(1);
  });
});
