/**
 * A real distribution in the sandbox: installing certificates while others are lent. `update-ca-certificates` renames
 * a new bundle over the old one, which is what a mount at that place would make impossible.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ACTORS, buildDriver, carryOut } from './sandbox/actors.ts';

const BUNDLE = 'etc/ssl/certs/ca-certificates.crt';
const LENT = '-----BEGIN CERTIFICATE-----\nbGVudA==\n-----END CERTIFICATE-----\n';

const folder = mkdtempSync(join(tmpdir(), 'decant-debian-'));
const archive = join(folder, 'bookworm.tar');
let driver: Awaited<ReturnType<typeof buildDriver>>;

beforeAll(async () => {
  driver = await buildDriver();
  const mirror = process.env['DECANT_DEBIAN_MIRROR'];
  execFileSync('mmdebstrap', [
    '--quiet',
    '--variant=minbase',
    'bookworm',
    archive,
    ...(mirror ? [mirror] : []),
  ]);
  chmodSync(folder, 0o755);
});
afterAll(() => {
  driver.remove();
  rmSync(folder, { recursive: true, force: true });
});

test.each(ACTORS)('as $name, apt-get installs ca-certificates over what is lent', async (actor) => {
  const script = `set -e
    grep -c bGVudA== /${BUNDLE}
    apt-get update -q >/dev/null
    apt-get install -y -q --no-install-recommends ca-certificates >/dev/null 2>&1
    grep -c "BEGIN CERTIFICATE" /${BUNDLE}
    update-ca-certificates --fresh >/dev/null 2>&1`;
  const result = await carryOut(actor, driver.path, {
    layers: [],
    archive,
    certificates: LENT,
    network: 'host',
    args: ['/bin/sh', '-c', script],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', DEBIAN_FRONTEND: 'noninteractive', ...proxies() },
  });
  expect(result).toMatchObject({ status: 0, stderr: '' });
  const [lent, installed] = (result.stdout ?? '').split('\n').map(Number);
  expect(lent).toBe(1);
  expect(installed).toBeGreaterThan(100);

  const written = result.written ?? {};
  expect(written[BUNDLE]).toMatch(/^file 0644 0:0 clock "-----BEGIN CERTIFICATE/);
  expect(Object.entries(written).filter(([, text]) => text.includes('bGVudA=='))).toEqual([]);
  const ours = ['proc', 'sys', 'dev', 'etc/hosts', 'etc/resolv.conf'];
  expect(Object.keys(written).filter((path) => ours.includes(path))).toEqual([]);
});

/** Where the network is behind a proxy, apt has to know. */
function proxies(): Record<string, string> {
  const names = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => [name, name.toUpperCase()]);
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
