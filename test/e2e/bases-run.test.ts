/** Programs run in composed bases as they would in service, as root and as nonroot. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Workbench } from '../support/workbench.ts';
import { createWorkbench } from '../support/workbench.ts';

let bench: Workbench;
beforeAll(() => {
  bench = createWorkbench();
});
afterAll(() => bench.remove());

async function output(base: string, args: readonly string[], flags: readonly string[] = []): Promise<string> {
  await bench.need(['base', 'build', base, '-t', base]);
  const { stdout, stderr } = await bench.need(['run', ...flags, base, ...args]);
  return stdout + stderr;
}

const PYTHON = `
import ssl, sqlite3, ctypes, zoneinfo, locale, hashlib, lzma, bz2, zlib, decimal, uuid, os, datetime
locale.setlocale(locale.LC_ALL, '')
assert len(ssl.create_default_context().get_ca_certs()) > 100
assert sqlite3.connect(':memory:').execute('select 6 * 7').fetchone() == (42,)
zone = zoneinfo.ZoneInfo('Europe/Berlin')
print(locale.getpreferredencoding(), os.getuid(), datetime.datetime(2024, 7, 1, tzinfo=zone).utcoffset())
`;

test.each([
  ['python3-debian12:nonroot', 65532],
  ['python3-debian13:latest', 0],
  ['python3-debian13:lean', 0],
])('Python in %s', async (base, uid) => {
  expect(await output(base, ['-c', PYTHON])).toMatch(new RegExp(`^utf-8 ${uid} 2:00:00\n$`, 'i'));
});

const NODE = `
const { createHash } = require('crypto');
console.log(createHash('sha256').update('').digest('hex').slice(0, 8), process.getuid(), typeof fetch);
`;

test.each([
  ['nodejs-debian13:nonroot', ['-e', NODE], 'e3b0c442 65532 function\n'],
  ['ruby-debian13:latest', ['-e', 'require "openssl"; require "yaml"; puts [1].to_yaml'], '---\n- 1\n'],
  ['php-cli-debian13:latest', ['-r', 'echo hash("crc32b", ""), json_encode([1]);'], '00000000[1]'],
  ['perl-base-debian13:latest', ['-e', 'use POSIX; use Socket; print floor(6.5)'], '6'],
])('%s', async (base, args, expected) => {
  expect(await output(base, args)).toBe(expected);
});

test('psql', async () => {
  expect(await output('postgres-client-debian13:latest', ['--version'])).toMatch(/^psql \(PostgreSQL\) 17/);
});

test('nginx', async () => {
  const base = 'nginx-debian13:latest';
  await bench.need(['base', 'build', base, '-t', base]);
  // Its logs are /dev/stderr and /dev/stdout, which can be opened where they are pipes; Node gives sockets.
  const node = ['sh', '-c', '"$@" 2>&1 | cat', 'sh', process.execPath];
  expect((await bench.need(['run', base, '-t'], { node })).stdout).toContain('test is successful');
});

test('java -version', async () => {
  const said = await output('java21-debian13:latest', ['-version'], ['--entrypoint', '/usr/bin/java']);
  expect(said).toMatch(/^openjdk version "21/);
});

test('TLS to a server whose authority is lent', async () => {
  const [key, certificate] = [bench.path('key.pem'), bench.path('certificate.pem')];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  const name = ['-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', [...request, ...name, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (_, response) => {
    response.end('hello');
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  try {
    const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
    const fetch = `import urllib.request; print(urllib.request.urlopen('${url}').read())`;
    const lent = ['--ca-certificates', certificate];
    expect(await output('python3-debian13:latest', ['-c', fetch], lent)).toBe("b'hello'\n");
    const refused = await bench.decant(['run', 'python3-debian13:latest', '-c', fetch]);
    expect(refused.stderr).toContain('CERTIFICATE_VERIFY_FAILED');
  } finally {
    server.close();
  }
});
