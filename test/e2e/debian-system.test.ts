/**
 * A full Debian, composed from the packages of the host's own apt set-up and configured in the sandbox: Debian's own
 * tools find nothing wrong with it, and made twice it is the same.
 */
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Deb } from '../../src/debian/deb/deb.ts';
import { readDebs } from '../../src/debian/deb/read-debs.ts';
import { composeSystem, type ComposedSystem } from '../../src/distroless/system/compose-system.ts';
import { findPackages } from '../../src/inspect/packages/packages.ts';
import { openContents } from '../../src/store/contents.ts';
import { unpackLayer } from '../../src/sandbox/unpack.ts';
import { openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/store.ts';
import { packLayer } from '../../src/tree/pack.ts';
import { plainDirectory, stack } from '../../src/tree/tree.ts';
import { mustRun } from '../support/process.ts';

const directory = mkdtempSync(join(tmpdir(), 'debian-system-'));
const root = join(directory, 'root');
const signal = new AbortController().signal;
const SOURCES = 'Types: deb\nURIs: file:/nowhere\nSuites: none\nComponents: main\n';
let store: Store;
let debs: readonly Deb[];
let made: ComposedSystem;

const open = () => openContents(store, () => Promise.resolve(directory));

function compose(slim: boolean): Promise<ComposedSystem> {
  return composeSystem({
    debs,
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    slim,
    aptSources: { path: 'etc/apt/sources.list.d/debian.sources', text: SOURCES },
    directory: mkdtempSync(join(directory, 'system-')),
    open: open(),
    privileges: 'root',
    signal,
  });
}

async function digest({ layer }: ComposedSystem): Promise<string> {
  const sum = createHash('sha256');
  for await (const chunk of packLayer(layer, { open: open() })) sum.update(chunk);
  return sum.digest('hex');
}

beforeAll(async () => {
  store = await openStore(join(directory, 'store'));
  const nothing = join(directory, 'no-packages');
  writeFileSync(nothing, '');
  const wanted = ['?essential', '?priority(required)', 'apt', 'usr-is-merged'];
  const options = ['-o', `Dir::State::status=${nothing}`, '-o', 'Debug::NoLocking=1'];
  const plan = await mustRun(['apt-get', ...options, '-s', 'install', '--no-install-recommends', ...wanted]);
  const names = [...plan.stdout.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name);
  await mustRun(['apt-get', 'download', '-q', ...names], { cwd: directory });
  const paths = readdirSync(directory).filter((name) => name.endsWith('.deb'));
  debs = await readDebs(
    paths.map((name) => join(directory, name)),
    { temporary: () => Promise.resolve(directory), signal },
  );
  made = await compose(false);
  await unpackLayer([plainDirectory(''), ...made.layer.entries], open(), root, { userNamespace: false });
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('a full system', () => {
  test('has the packages, as decant lists them, that dpkg-query lists, with their files', async () => {
    const { packages } = await findPackages({ tree: stack([made.layer]), open: open() });
    const fields = '${Package} ${Version} ${Architecture} ${source:Package} ${source:Version}\n';
    const listed = await mustRun(['dpkg-query', `--root=${root}`, '-W', '-f', fields]);
    const lines = packages
      .filter(({ manager }) => manager === 'dpkg')
      .map(({ name, version, architecture, source }) =>
        [name, version, architecture, source?.name, source?.version].join(' '),
      );
    expect(lines.toSorted()).toEqual(listed.stdout.trimEnd().split('\n').toSorted());
    const coreutils = packages.find(({ name }) => name === 'coreutils');
    const owned = await mustRun(['dpkg-query', `--root=${root}`, '-L', 'coreutils']);
    // dpkg's paths are the packages' own, from before /bin and /lib became links.
    const top = realpathSync(root);
    const real = (path: string): string =>
      join(realpathSync(join(root, dirname(path))), basename(path)).slice(top.length);
    const isFile = (path: string): boolean =>
      lstatSync(join(root, path), { throwIfNoEntry: false }) !== undefined &&
      // dpkg also names /bin, which is a link to a directory.
      !statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory();
    expect(coreutils?.files?.map((path) => `/${path}`)).toEqual(
      owned.stdout.trimEnd().split('\n').filter(isFile).map(real).toSorted(),
    );
  });

  test('has every package installed', async () => {
    const listed = await mustRun([
      'dpkg-query',
      `--root=${root}`,
      '-W',
      '-f',
      '${db:Status-Abbrev}${Package}\n',
    ]);
    const expected = debs.map(({ name }) => `ii ${name}`).toSorted();
    expect(listed.stdout.trimEnd().split('\n').toSorted()).toEqual(expected);
  });

  test('leaves dpkg nothing to complain about', async () => {
    expect((await mustRun(['dpkg', `--root=${root}`, '--audit'])).stdout).toBe('');
    expect((await mustRun(['dpkg', `--root=${root}`, '--verify'])).stdout).toBe('');
  });

  test('has a shell, users, a merged /usr, and shadow passwords', async () => {
    const tree = stack([made.layer]);
    expect(tree.get('bin')).toMatchObject({ type: 'symlink', target: 'usr/bin' });
    expect(tree.get('usr/bin/sh')).toMatchObject({ type: 'symlink', target: 'dash' });
    expect(tree.get('etc/shadow')).toMatchObject({ mode: 0o640, gid: 42 });
    expect(readFileSync(join(root, 'etc/passwd'), 'utf8')).toMatch(/^root:x:0:0:root:\/root:\/bin\/bash$/m);
    expect(tree.get('usr/bin/awk')).toMatchObject({ type: 'symlink' });
  });

  test('runs', async () => {
    const script =
      'dpkg --configure -a && apt-get check && perl -e "print 6*7" && awk "BEGIN { print 1 }" </dev/null';
    const ran = await mustRun(['chroot', root, '/bin/sh', '-c', `LC_ALL=C.UTF-8; export LC_ALL; ${script}`], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    });
    expect(ran.stdout).toContain('421\n');
  });

  test('has nothing of this machine and nothing of its installation', () => {
    const paths = new Set(made.layer.entries.map(({ path }) => path));
    for (const path of [
      'etc/hostname',
      'etc/resolv.conf',
      'usr/sbin/policy-rc.d',
      'var/lib/dpkg/status-old',
    ]) {
      expect(paths, path).not.toContain(path);
    }
    expect(readFileSync(join(root, 'etc/machine-id'), 'utf8')).toBe('');
    expect(
      [...paths].filter((path) => /^(?:tmp|dev|proc|sys|var\/tmp)\/|^var\/log\/.*\.log$/.test(path)),
    ).toEqual([]);
    expect(readFileSync(join(root, 'etc/apt/sources.list.d/debian.sources'), 'utf8')).toBe(SOURCES);
  });

  test('is the same when it is made again', async () => {
    expect(await digest(await compose(false))).toBe(await digest(made));
  });

  test('is smaller without documentation, and keeps copyrights', async () => {
    const slim = (await compose(true)).layer.entries.map(({ path }) => path);
    expect(slim.filter((path) => /^usr\/share\/(?:man|info|locale)\/./.test(path))).toEqual([]);
    const copyrights = (paths: readonly string[]): readonly string[] =>
      paths.filter((path) => /^usr\/share\/doc\/[^/]+\/copyright$/.test(path));
    expect(copyrights(slim)).toEqual(copyrights(made.layer.entries.map(({ path }) => path)));
  });
});
