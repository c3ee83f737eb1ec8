import { afterAll, describe, expect, test } from 'vitest';
import { contentLines, debBench } from '../../debian/deb/testing.ts';
import type { TestPackage } from '../../debian/testing/deb.ts';
import { composeSystem, unpackedSystem } from './compose-system.ts';
import { configureScript } from './configure-script.ts';
import { isLeftover } from './leftovers.ts';
import { SLIM_CONFIGURATION } from './slim.ts';

const bench = debBench();
afterAll(bench.close);

const SYSTEM: readonly TestPackage[] = [
  { name: 'base-files', version: '12', files: { '/var/lib/dpkg': { directory: true, mode: 0o700 } } },
  { name: 'base-passwd', version: '3', scripts: { preinst: '#!/bin/sh\n' } },
  {
    name: 'dpkg',
    version: '1',
    files: { '/usr/bin/dpkg': 'dpkg', '/usr/share/man/man1/dpkg.1.gz': 'manual' },
  },
  {
    name: 'libx',
    version: '1',
    fields: { 'Multi-Arch': 'same' },
    files: { '/lib/x': 'x', '/usr/share/doc/libx/copyright': 'c', '/usr/share/doc/libx/NEWS': 'n' },
    scripts: { preinst: '#!/bin/sh\n' },
  },
];

describe('an unpacked system', () => {
  const lines = async (options: Parameters<typeof unpackedSystem>[1]): Promise<readonly string[]> =>
    contentLines(unpackedSystem(await bench.debs(...SYSTEM), options).layer);

  test("has dpkg's records in the place of those for scanners", async () => {
    const paths = (await lines({})).map((line) => line.split(' ', 1)[0]);
    expect(paths).toContain('/var/lib/dpkg/status');
    expect(paths).toContain('/var/lib/dpkg/info/libx:amd64.preinst');
    expect(paths.filter((path) => path?.includes('status.d'))).toEqual([]);
  });

  test('keeps directories as packages have them', async () => {
    expect(await lines({})).toContain('/var/lib/dpkg directory 700 0:0');
  });

  test('knows where to get packages from, if that is said', async () => {
    const aptSources = { path: 'etc/apt/sources.list.d/other.sources', text: 'Types: deb\n' };
    expect(await lines({ aptSources })).toContain(
      '/etc/apt/sources.list.d/other.sources file 644 0:0 "Types: deb\\n"',
    );
    expect((await lines({})).some((line) => line.startsWith('/etc/apt'))).toBe(false);
  });

  test('may do without documentation, now and later', async () => {
    const slim = await lines({ slim: true });
    const shared = slim.filter((line) => line.startsWith('/usr/share') && line.includes(' file '));
    expect(shared).toEqual(['/usr/share/doc/libx/copyright file 644 0:0 "c"']);
    expect(slim).toContain(`/etc/dpkg/dpkg.cfg.d/slim file 644 0:0 ${JSON.stringify(SLIM_CONFIGURATION)}`);
    expect(SLIM_CONFIGURATION).toMatch(/^path-exclude=\/usr\/share\/doc\/\*$/m);
  });
});

describe('the script that configures', () => {
  test('prepares users first, then every package, and lets dpkg do the rest', async () => {
    const script = configureScript((await bench.debs(...SYSTEM)).toReversed());
    const steps = script.split('\n').filter((line) => /^(?:before |dpkg )/.test(line));
    expect(steps).toEqual([
      'before base-passwd amd64 base-passwd',
      'before libx amd64 libx:amd64',
      'dpkg --force-depends --configure base-passwd base-files',
      'dpkg --configure --pending',
    ]);
  });

  test.each(['dpkg', 'base-passwd', 'base-files'])('needs the package %s', async (name) => {
    const debs = await bench.debs(...SYSTEM.filter((one) => one.name !== name));
    expect(() => configureScript(debs)).toThrow(`needs the package "${name}"`);
  });
});

describe('leftovers', () => {
  test.each([
    'var/log/dpkg.log',
    'var/log/apt/term.log',
    'var/cache/ldconfig/aux-cache',
    'var/cache/debconf/templates.dat-old',
    'var/lib/dpkg/status-old',
    'var/lib/apt/lists/lock',
    'etc/passwd-',
    'etc/.pwd.lock',
    'etc/hostname',
    'etc/resolv.conf',
    'tmp/x',
    'run/x.pid',
  ])('%s is none of the system', (path) => expect(isLeftover(path)).toBe(true));

  test.each([
    'var/log',
    'var/log/wtmp',
    'var/lib/apt/lists/partial',
    'var/lib/dpkg/status',
    'etc/passwd',
    'etc/host.conf',
    'tmp',
    'run',
    'run/lock',
    'usr/share/x-old',
  ])('%s stays', (path) => expect(isLeftover(path)).toBe(false));
});

describe('composing', () => {
  const request = async (more: Partial<Parameters<typeof composeSystem>[0]>) => ({
    debs: await bench.debs(...SYSTEM),
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    directory: bench.directory,
    open: () => new Uint8Array(),
    privileges: 'root' as const,
    signal: new AbortController().signal,
    ...more,
  });

  test('needs a machine of the architecture', async () => {
    await expect(composeSystem(await request({ architecture: 'riscv64' }))).rejects.toMatchObject({
      code: 'MACHINE_UNSUPPORTED',
    });
  });

  test('asks for a user namespace where it has no privileges', async () => {
    await expect(composeSystem(await request({ privileges: 'none' }))).rejects.toMatchObject({
      name: 'NamespaceNeeded',
    });
  });
});
