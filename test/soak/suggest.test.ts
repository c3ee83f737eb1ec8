/**
 * The base that an application asks for, at length: for several programs and runtimes, on what is suggested they run, and
 * with any one package less they do not.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { zipFile } from '../../src/codec/testing-zip.ts';
import { runOn, suggested, taken, without } from '../support/suggest.ts';
import type { Workbench } from '../support/workbench.ts';
import { basesWorkbench } from './bases/composed.ts';

let bench: Workbench;
beforeAll(() => {
  bench = basesWorkbench();
});
afterAll(() => bench.remove());

interface Case {
  readonly packages: readonly string[];
  readonly from?: string;
  readonly path: string;
  readonly command: readonly string[];
  readonly says: RegExp;
}

const CASES: Readonly<Record<string, Case>> = {
  sqlite: {
    packages: ['sqlite3'],
    path: '/usr/bin/sqlite3',
    command: ['/app/sqlite3', '-version'],
    says: /^3\./,
  },
  xmllint: {
    packages: ['libxml2-utils'],
    path: '/usr/bin/xmllint',
    command: ['/app/xmllint', '--version'],
    says: /libxml/,
  },
  curl: { packages: ['curl'], path: '/usr/bin/curl', command: ['/app/curl', '--version'], says: /^curl 8/ },
  jq: { packages: ['jq'], path: '/usr/bin/jq', command: ['/app/jq', '-n', '6 * 7'], says: /^42$/m },
  psycopg: {
    packages: ['python3-psycopg2'],
    from: 'python3',
    path: '/usr/lib/python3/dist-packages',
    command: ['/usr/bin/python3', '-c', 'import psycopg2; print(psycopg2.__version__)'],
    says: /^2\./,
  },
  addon: {
    packages: ['node-sqlite3'],
    from: 'nodejs',
    path: '/usr/lib/x86_64-linux-gnu/nodejs/sqlite3',
    command: [
      '/usr/bin/node',
      '-p',
      'const m = { exports: {} }; process.dlopen(m, "/app/addon.node"); Object.keys(m.exports).length',
    ],
    says: /^\d+$/m,
  },
};

test.each(Object.entries(CASES))('%s runs, and not with any package less', async (name, tried) => {
  const { packages, from = 'base', path, command, says } = tried;
  await taken(bench, { from, packages }, { [name]: path });
  if (name === 'addon') {
    const files = readdirSync(bench.path(name), { recursive: true, encoding: 'utf8' });
    const addon = files.find((file) => file.endsWith('.node')) ?? '';
    writeFileSync(bench.path('addon/addon.node'), readFileSync(bench.path(`addon/${addon}`)));
  }
  const { recipe, packages: extras } = await suggested(bench, name);
  const ran = await runOn(bench, recipe ?? '', name, command);
  expect(ran.stdout + ran.stderr).toMatch(says);
  expect(extras.length).toBeGreaterThan(0);
  for (const extra of extras) {
    const lacking = await runOn(bench, without(recipe ?? '', extra.name), name, command);
    expect(lacking.status, extra.name).not.toBe(0);
    expect(lacking.stderr, extra.name).toContain('cannot open shared object file');
  }
});

test('a library in a jar is looked at, and so is the version of its classes', async () => {
  await taken(bench, { from: 'base', packages: ['libpq5'] }, { pq: '/usr/lib/x86_64-linux-gnu/libpq.so.5*' });
  const [library = ''] = readdirSync(bench.path('pq'));
  const native = readFileSync(bench.path(`pq/${library}`));
  const javaClass = Buffer.from([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 69]);
  const inner = zipFile({ 'Main.class': javaClass, 'linux-x86_64/libx.so': native });
  writeFileSync(bench.path('app.jar'), zipFile({ 'BOOT-INF/lib/x.jar': inner }));
  const answer = await suggested(bench, 'app.jar');
  expect(answer).toMatchObject({ suite: '13', base: 'java25', problems: [] });
  expect(answer.packages.length).toBeGreaterThan(0);
  await bench.need(['base', 'suggest', 'app.jar', '-o', 'jar.yaml']);
  await bench.need(['base', 'build', 'jar.yaml']);
});

test('a program asks for the base that has its libraries, where one has', async () => {
  await taken(bench, { from: 'base', packages: ['openssl'] }, { openssl: '/usr/bin/openssl' });
  const { base, packages, recipe } = await suggested(bench, 'openssl');
  expect([base, packages]).toEqual(['base', []]);
  const ran = await runOn(bench, recipe ?? '', 'openssl', ['/app/openssl', 'version']);
  expect(ran.stdout).toMatch(/^OpenSSL 3/);
});

test('a program for another processor is suggested a base for that', async () => {
  await taken(
    bench,
    { from: 'base-nossl', packages: ['sqlite3'] },
    { arm: '/usr/bin/sqlite3' },
    'linux/arm64',
  );
  const { platform, packages, recipe } = await suggested(bench, 'arm');
  expect(platform).toBe('linux/arm64');
  expect(packages.map(({ name }) => name)).toContain('libsqlite3-0');
  expect(recipe).toContain('build it with --platform linux/arm64');
});
