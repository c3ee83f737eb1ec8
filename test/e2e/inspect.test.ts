/** What decant says of an image without unpacking it, side by side with umoci, skopeo, tar and find, which do. */
import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DockerRegistry, startRegistry } from '../support/docker-registry.ts';
import { BASE, type Workbench, withBase } from '../support/workbench.ts';

const DOCKERFILE = `FROM ${BASE}
COPY big /opt/tool/big
COPY --chown=1000:50 text /srv/text
RUN mkdir -p /opt/old /opt/again && echo gone > /opt/old/one && echo gone > /opt/old/two && echo 1 > /opt/again/a
RUN rm -r /opt/old && rm -r /opt/again && mkdir /opt/again && echo 22 > /opt/again/b
RUN chmod 4755 /opt/tool/big
RUN ln /srv/text /srv/hard && ln -s text /srv/soft && echo new > /srv/text
COPY text /srv/twice
ENV A=1
`;
const BIG = 'decant '.repeat(20_000);

interface Listed {
  readonly path: string;
  readonly type: string;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly size?: number;
  readonly target?: string;
  readonly layer: number | null;
}

interface Inspected {
  readonly id: string;
  readonly files: number;
  readonly packedSize: number;
  readonly unpackedSize: number;
  readonly layers: readonly {
    readonly digest: string;
    readonly packedSize: number;
    readonly unpackedSize: number;
    readonly instruction: string;
  }[];
  readonly waste: {
    readonly total: number;
    readonly visible: number;
    readonly shadowed: number;
    readonly deleted: number;
    readonly unchanged: number;
    readonly causes: readonly object[];
    readonly duplicates: { readonly groups: readonly { readonly copies: readonly object[] }[] };
  };
}

let bench: Workbench;
let registry: DockerRegistry;
let root: string;
beforeAll(async () => {
  [bench, registry] = await Promise.all([withBase(), startRegistry()]);
  const context = bench.files({ Dockerfile: DOCKERFILE, big: BIG, text: 'some text\n' });
  await bench.need(['build', '-t', 'app:1', context]);
  for (const place of [
    'oci:layout:1',
    'oci-archive:image.tar:1',
    'docker-archive:docker.tar:app:1',
    `docker://${registry.host}/app:1`,
  ])
    await bench.need(['copy', 'store:app:1', place]);
  const asUser = process.getuid?.() === 0 ? [] : ['--rootless'];
  const image = `${bench.path('layout')}:1`;
  execFileSync('umoci', ['unpack', ...asUser, '--image', image, bench.path('bundle')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  root = bench.path('bundle/rootfs');
});
afterAll(async () => {
  bench.remove();
  await registry.stop();
});

const inspect = async (image: string): Promise<Inspected> => {
  const [found] = await bench.json<Inspected[]>(['inspect', image]);
  if (!found) throw new Error(`nothing about ${image}`);
  return found;
};
const listed = (image: string, home?: string): Promise<Listed[]> =>
  bench.json<Listed[]>(['ls', '-R', image], home === undefined ? {} : { home });

/** What umoci unpacked, as the file system tells it. */
function onDisk(path = ''): Omit<Listed, 'layer'>[] {
  return readdirSync(join(root, path))
    .toSorted()
    .flatMap((name) => {
      const child = `${path}/${name}`;
      const stats = lstatSync(join(root, child));
      const { uid, gid } = stats;
      const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
      const what = { path: child, mode, uid, gid };
      if (stats.isDirectory()) return [{ ...what, type: 'directory' }, ...onDisk(child)];
      if (stats.isSymbolicLink())
        return [{ ...what, type: 'symlink', target: readlinkSync(join(root, child)) }];
      return [{ ...what, type: 'file', size: stats.size }];
    });
}

const byPath = (a: { readonly path: string }, b: { readonly path: string }): number =>
  a.path < b.path ? -1 : Number(a.path > b.path);

describe('the files of an image', () => {
  test('are those that umoci unpacks: path, type, mode, owner, size and target', async () => {
    const ours = (await listed('app:1')).map(({ path, type, mode, uid, gid, size, target }) => ({
      path,
      type,
      mode,
      uid,
      gid,
      ...(size === undefined ? {} : { size }),
      ...(target === undefined ? {} : { target }),
    }));
    expect(ours.length).toBeGreaterThan(10);
    expect(ours.toSorted(byPath)).toEqual(onDisk().toSorted(byPath));
  });

  test('are the same wherever it is, and nothing of it is in the store then', async () => {
    const here = await listed('app:1');
    for (const place of [
      'oci:layout:1',
      './layout',
      './image.tar',
      'docker-archive:docker.tar',
      `${registry.host}/app:1`,
      `docker://${registry.host}/app:1`,
    ]) {
      const home = bench.path('other-store');
      expect(await listed(place, home), place).toEqual(here);
      expect(await bench.json(['images'], { home })).toEqual([]);
    }
  });

  test('are from the layer whose instruction history names', async () => {
    const layers = (await inspect('app:1')).layers.map(({ instruction }) => instruction);
    const from = new Map(
      (await listed('app:1')).map(({ path, layer }) => [path, layers[(layer ?? 0) - 1] ?? '']),
    );
    expect(from.get('/srv/twice')).toBe('COPY text /srv/twice');
    expect(from.get('/opt/tool/big')).toBe('RUN chmod 4755 /opt/tool/big');
    expect(from.get('/opt/again/b')).toMatch(/^RUN rm -r \/opt\/old /);
    const history = await bench.json<{ instruction: string; layer: object | null }[]>(['history', 'app:1']);
    expect(history[0]).toMatchObject({ instruction: 'ENV A=1', layer: null });
    expect(history.filter(({ layer }) => layer).map(({ instruction }) => instruction)).toEqual(
      layers.toReversed(),
    );
  });

  test.each([
    [['-type', 'f', '-perm', '-4000']],
    [['/srv', '-type', 'f', '-size', '+1c']],
    [['/opt', '-name', '[ab]', '-o', '-type', 'd', '!', '-name', 't*']],
    [['/srv', '/opt', '-uid', '1000']],
    [['-type', 'l', '-lname', 'te*']],
    [['-maxdepth', '2', '-mindepth', '2', '!', '-type', 'd', '-size', '-2k']],
    [['-path', '/opt/*', '-not', '-empty']],
  ])('find %o finds what find(1) does', async (words) => {
    const first = words.findIndex((word) => /^[-!(]/.test(word));
    const paths = first === 0 ? ['.'] : words.slice(0, first).map((path) => `.${path}`);
    const tests = words.slice(first).map((word) => (word.startsWith('/') ? `.${word}` : word));
    const theirs = execFileSync('find', [...paths, ...tests], { cwd: root, encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (line === '.' ? '/' : line.slice(1)));
    const ours = (await bench.need(['find', 'app:1', ...words])).stdout.split('\n').slice(0, -1);
    expect(ours.length).toBeGreaterThan(0);
    expect(ours.toSorted()).toEqual(theirs.toSorted());
  });

  test('are written as they are', async () => {
    expect((await bench.need(['cat', 'app:1', '/opt/tool/big', 'srv/soft'])).stdout).toBe(`${BIG}new\n`);
    expect((await bench.need(['cat', './docker.tar', '/srv/twice'])).stdout).toBe('some text\n');
    const { status, stdout, stderr } = await bench.decant(['cat', 'app:1', '/srv/soft', '/srv']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^error: \/srv in app:1 is a directory, not a file \[PATH_UNKNOWN\]\nhint: /);
  });

  test('are drawn with sizes that add up', async () => {
    const { size } = await bench.json<{ size: number }>(['tree', 'app:1']);
    expect(size).toBe((await inspect('app:1')).waste.visible);
    const { stdout } = await bench.need(['tree', '-L', '1', 'app:1', '/srv']);
    expect(stdout).toMatch(/^ +\d+ B {2}\/srv\n/);
    expect(stdout).toMatch(/└── twice\n\n6 directories, 17 files\n$/);
  });
});

describe('the sizes of an image', () => {
  test('are those that skopeo tells of its layers, packed', async () => {
    const { layers, packedSize } = await inspect('app:1');
    const place = `oci:${bench.path('layout')}:1`;
    const told = JSON.parse(execFileSync('skopeo', ['inspect', '--raw', place], { encoding: 'utf8' })) as {
      readonly layers: readonly { readonly digest: string; readonly size: number }[];
    };
    const names = JSON.parse(execFileSync('skopeo', ['inspect', place], { encoding: 'utf8' })) as {
      readonly Layers: readonly string[];
    };
    expect(layers.map(({ digest, packedSize: size }) => [digest, size])).toEqual(
      told.layers.map(({ digest, size }) => [digest, size]),
    );
    expect(layers.map(({ digest }) => digest)).toEqual(names.Layers);
    expect(packedSize).toBe(told.layers.reduce((sum, { size }) => sum + size, 0));
  });

  test('are those that tar tells of its members, unpacked', async () => {
    const { layers, unpackedSize, waste } = await inspect('app:1');
    const sizes = layers.map(({ digest }) => {
      const blob = bench.path(`layout/blobs/sha256/${digest.slice(7)}`);
      const lines = execFileSync('tar', ['--numeric-owner', '-tvf', blob], { encoding: 'utf8' }).split('\n');
      return lines
        .filter((line) => line.startsWith('-'))
        .reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[2]), 0);
    });
    expect(layers.map(({ unpackedSize: size }) => size)).toEqual(sizes);
    expect(waste.total).toBe(unpackedSize);
  });

  test('are visible, shadowed or deleted, each by an instruction', async () => {
    const { waste } = await inspect('app:1');
    expect(waste.visible + waste.shadowed + waste.deleted).toBe(waste.total);
    expect(waste).toMatchObject({
      shadowed: BIG.length + 'some text\n'.length,
      deleted: 'gone\n'.length * 2 + '1\n'.length,
      // The mode was changed and nothing else: the whole file is there twice.
      unchanged: BIG.length,
    });
    expect(waste.causes).toEqual([
      { layer: 6, how: 'shadowed', bytes: BIG.length, files: 1, instruction: 'RUN chmod 4755 /opt/tool/big' },
      expect.objectContaining({ layer: 5, how: 'deleted', bytes: 12, files: 3 }),
      expect.objectContaining({ layer: 7, how: 'shadowed', bytes: 10, files: 1 }),
    ]);
    const text = (await bench.need(['inspect', 'app:1'])).stdout;
    expect(text).toMatch(
      /^ {2}waste +140 kB of .* cannot be seen: 140 kB shadowed, 12 B deleted; 140 kB of it/m,
    );
    expect(text).toMatch(/^ *140 kB +1 +shadowed +6 +RUN chmod 4755 \/opt\/tool\/big$/m);
  });

  test('of an image in a registry are told without fetching its layers', async () => {
    const home = bench.path('empty-store');
    const place = `docker://${registry.host}/app:1`;
    const fetched = async (): Promise<number> =>
      (await registry.requests()).filter(({ method, path }) => method === 'GET' && path.includes('/blobs/'))
        .length;
    const before = await fetched();
    const [found] = await bench.json<Inspected[]>(['inspect', '--config', place], { home });
    const { id, packedSize } = await inspect('app:1');
    expect(found).toMatchObject({ id, packedSize });
    expect(found).not.toHaveProperty('waste');
    await bench.need(['history', place], { home });
    expect((await fetched()) - before).toBe(2);
  });
});
