/** Images once they are there: import, load, save, tag, rmi, prune, and the commands that answer questions. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imageIn, layoutFiles, listing } from '../support/images.ts';
import type { Workbench } from '../support/workbench.ts';
import { BASE, createWorkbench, withBase } from '../support/workbench.ts';

interface Row {
  readonly name: string | null;
  readonly id: string;
  readonly digest: string;
}

const archive = (name: string): string => join(import.meta.dirname, '../support/archives', name);

let bench: Workbench;
beforeAll(async () => {
  bench = await withBase();
  const context = bench.files({ Dockerfile: `FROM ${BASE}\nCOPY f /f\nENV A=1\nRUN rm /srv/one\n`, f: 'f' });
  await bench.need(['build', '-t', 'app:1', context]);
});
afterAll(() => bench.remove());

const rows = (store: Workbench = bench): Promise<Row[]> => store.json<Row[]>(['images']);
const idOf = async (name: string, store: Workbench = bench): Promise<string | undefined> =>
  (await rows(store)).find((row) => row.name === name)?.id;

describe('import', () => {
  test.each(['gz', 'xz', 'zst', 'bz2'])('takes an archive compressed with %s', async (kind) => {
    const plain = bench.path('root.tar');
    writeFileSync(plain, gunzipSync(readFileSync(archive('root.tar.gz'))));
    const { stdout } = await bench.need(['import', plain, 'plain']);
    expect(stdout).toMatch(/^plain:latest sha256:[0-9a-f]{64}\n$/);
    await bench.need(['import', archive(`root.tar.${kind}`), `packed:${kind}`]);
    const [one, other] = await bench.json<Row[]>(['inspect', 'plain', `packed:${kind}`]);
    expect([other?.id, other?.digest]).toEqual([one?.id, one?.digest]);
  });

  test('takes standard input, and keeps every bit of the files', async () => {
    await bench.need(['import', '-', 'piped'], { input: readFileSync(archive('root.tar.xz')) });
    const { bytes } = await bench.need(['build', '-o', '-', bench.files({ Dockerfile: 'FROM piped\n' })]);
    expect(listing(bytes)).toEqual({
      '/etc': 'dir 0755 0:0',
      '/etc/motd': 'file 4755 0:0 "pour\\n"',
      '/srv': 'dir 0755 0:0',
      '/srv/link': 'symlink 0777 0:0 -> ../etc/motd',
    });
  });

  test('says for which platform, where that is not this machine', async () => {
    await bench.need(['import', '--platform', 'linux/riscv64', archive('root.tar.gz'), 'foreign']);
    expect(await bench.json(['inspect', 'foreign'])).toMatchObject([{ platform: 'linux/riscv64' }]);
  });

  test.each([
    ['a missing file', ['import', 'nowhere.tar', 'x'], 1, 'FILE_UNREADABLE'],
    ['a folder', ['import', '.', 'x'], 1, 'FILE_UNREADABLE'],
    ['no archive', ['import', archive('README.md'), 'x'], 1, 'ARCHIVE_INVALID'],
    ['no name', ['import', archive('root.tar.gz')], 2, 'USAGE'],
    ['a wrong name', ['import', archive('root.tar.gz'), 'Upper'], 2, 'REFERENCE_INVALID'],
    ['a wrong platform', ['import', '--platform', '//', archive('root.tar.gz'), 'x'], 2, 'USAGE'],
  ])('%s is one clear error', async (_, args, status, code) => {
    const result = await bench.decant(args);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toContain(`[${code}]`);
    expect(await idOf('x:latest')).toBeUndefined();
  });
});

describe('save and load', () => {
  test.each(['docker-archive', 'oci-archive'])('%s keeps every id, digest and name', async (type) => {
    const file = bench.path(`${type}.tar`);
    await bench.need(['tag', 'app:1', 'example.org/team/app:v1']);
    await bench.need(['save', 'app:1', 'example.org/team/app:v1', BASE, '--type', type, '-o', file]);
    const other = createWorkbench();
    try {
      const { stdout } = await other.need(['load', '-i', file]);
      expect(stdout.split('\n').filter(Boolean)).toHaveLength(2);
      expect(stdout).toMatch(/^loaded .*\bapp:1\b/m);
      const names = ['app:1', 'example.org/team/app:v1', BASE];
      const kept = (await rows()).filter(({ name }) => name !== null && names.includes(name));
      expect(await rows(other)).toEqual(kept);
      const again = other.path('again.tar');
      await other.need(['save', 'app:1', 'example.org/team/app:v1', BASE, '--type', type, '-o', again]);
      expect(readFileSync(again).equals(readFileSync(file))).toBe(true);
      expect((await other.need(['run', 'app:1', 'cat', '/f'])).stdout).toBe('f');
    } finally {
      other.remove();
    }
  });

  test('go through standard output and input', async () => {
    const { bytes } = await bench.need(['save', 'app:1']);
    expect(imageIn(layoutFiles(bytes)).id).toBe(await idOf('app:1'));
    const other = createWorkbench();
    try {
      const loaded = await other.json<{ names: string[]; digest: string }[]>(['load'], { input: bytes });
      expect(loaded).toEqual([{ names: ['app:1'], digest: imageIn(layoutFiles(bytes)).digest }]);
    } finally {
      other.remove();
    }
  });

  test.each([
    ['a root file system', () => readFileSync(archive('root.tar.gz')), '`decant import`'],
    ['a text', () => Buffer.from('hello'), ''],
    ['nothing', () => Buffer.alloc(0), ''],
  ])('load refuses %s', async (_, input, hint) => {
    const before = await rows();
    const result = await bench.decant(['load'], { input: input() });
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain('[ARCHIVE_INVALID]');
    expect(result.stderr).toContain(hint);
    expect(await rows()).toEqual(before);
  });

  test('save of an image that is not there writes nothing', async () => {
    const file = bench.path('none.tar');
    expect(await bench.decant(['save', 'app:1', 'nobody:1', '-o', file])).toMatchObject({ status: 1 });
    expect(existsSync(file)).toBe(false);
  });
});

describe('tag and rmi', () => {
  test('a tag is another name; rmi takes names one by one, and the image with the last', async () => {
    const context = bench.files({ Dockerfile: 'FROM scratch\nLABEL for=tag\n' });
    await bench.need(['build', '-t', 'first', context]);
    const id = await idOf('first:latest');
    await bench.need(['tag', 'first', 'second', 'registry.example:5000/third:x']);
    expect(await idOf('registry.example:5000/third:x')).toBe(id);
    expect((await bench.need(['rmi', 'first', 'registry.example:5000/third:x'])).stdout).toBe(
      'untagged first:latest\nuntagged registry.example:5000/third:x\n',
    );
    expect(await idOf('second:latest')).toBe(id);
    const digest = (await rows()).find((row) => row.id === id)?.digest ?? '';
    expect((await bench.need(['rmi', 'second'])).stdout).toBe(`untagged second:latest\ndeleted ${digest}\n`);
    expect((await rows()).some((row) => row.id === id)).toBe(false);
  });

  test('rmi by id takes all names', async () => {
    const context = bench.files({ Dockerfile: 'FROM scratch\nLABEL for=rmi\n' });
    await bench.need(['build', '-t', 'a:1', '-t', 'b:1', context]);
    const id = await idOf('a:1');
    const { stdout } = await bench.need(['rmi', id?.slice(7, 19) ?? '']);
    expect(stdout).toMatch(/^untagged a:1\nuntagged b:1\ndeleted sha256:/);
  });

  test('rmi of what is not there fails, unless --force', async () => {
    const result = await bench.decant(['rmi', 'nobody:1']);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain('nobody:1');
    expect(await bench.decant(['rmi', '--force', 'nobody:1'])).toMatchObject({ status: 0, stdout: '' });
  });

  test('a name can be given to another image', async () => {
    await bench.need(['tag', 'app:1', 'current']);
    await bench.need(['tag', BASE, 'current']);
    expect(await idOf('current:latest')).toBe(await idOf(BASE));
    await bench.need(['rmi', 'current']);
  });

  test.each(['inspect', 'history', 'rmi', 'save', 'run'])(
    '%s names the image that is not there',
    async (command) => {
      const result = await bench.decant([command, 'nobody:1']);
      expect(result).toMatchObject({ status: 1, stdout: '' });
      expect(result.stderr).toContain('nobody:1');
      expect(result.stderr).toContain('[IMAGE_UNKNOWN]');
      expect(result.stderr).toContain('hint: `decant images`');
    },
  );
});

describe('prune', () => {
  test('removes images without a name and what nothing needs, and nothing else', async () => {
    const store = await withBase();
    try {
      const context = store.files({ Dockerfile: `FROM ${BASE}\nRUN echo 1 > /x\n` });
      await store.need(['build', '-t', 'named', context]);
      await store.need(['build', store.files({ Dockerfile: 'FROM scratch\nLABEL no=name\n' })]);
      const named = (await rows(store)).filter(({ name }) => name !== null);
      expect(await rows(store)).toHaveLength(named.length + 1);
      const report = await store.json<{ removed: { kind: string; count: number }[] }>(['prune']);
      expect(report.removed.find(({ kind }) => kind === 'images')?.count).toBe(1);
      expect(await rows(store)).toEqual(named);

      await store.need(['rmi', 'named', BASE]);
      const all = await store.json<{ freed: number }>(['prune', '--all']);
      expect(all.freed).toBeGreaterThan(2_000_000);
      expect(readdirSync(join(store.home, 'blobs/sha256'))).toEqual([]);
      expect(readdirSync(join(store.home, 'layers'))).toEqual([]);
      expect((await store.need(['prune', '--all'])).stdout).toBe('nothing to remove\n');
    } finally {
      store.remove();
    }
  });

  test('refuses a duration that is none', async () => {
    const result = await bench.decant(['prune', '--older-than', 'a while']);
    expect(result).toMatchObject({ status: 2, stdout: '' });
    expect(result.stderr).toContain('a while');
  });
});

// docs/cli.md promises these keys: a key that is missing here may go, one that is here may not.
describe('answers as JSON have the keys that are documented', () => {
  const digest = expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as unknown;
  const number = expect.any(Number) as unknown;
  const created = '1970-01-01T00:00:00Z';

  test('images', async () => {
    const listed = await bench.json<Row[]>(['images']);
    expect(listed.find(({ name }) => name === 'app:1')).toEqual({
      name: 'app:1',
      id: digest,
      digest,
      platform: expect.stringMatching(/^linux\//) as unknown,
      created,
      packedSize: number,
      unpackedSize: number,
    });
  });

  test('inspect', async () => {
    const layer = { digest, diffId: digest, packedSize: number, unpackedSize: number };
    expect(await bench.json(['inspect', 'app:1', BASE])).toEqual([
      {
        names: expect.arrayContaining(['app:1']) as unknown,
        id: digest,
        digest,
        platform: expect.stringMatching(/^linux\//) as unknown,
        created,
        packedSize: number,
        unpackedSize: number,
        files: number,
        packages: { count: 0, managers: {} },
        waste: expect.objectContaining({ total: number, visible: number }) as unknown,
        config: {
          environment: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'A=1'],
        },
        layers: [
          { ...layer, createdBy: 'decant import', instruction: 'decant import' },
          { ...layer, createdBy: 'COPY f /f', instruction: 'COPY f /f' },
          { ...layer, createdBy: 'RUN /bin/sh -c rm /srv/one', instruction: 'RUN rm /srv/one' },
        ],
      },
      expect.objectContaining({ names: [BASE] }),
    ]);
  });

  test('history', async () => {
    const layer = { digest, packedSize: number, unpackedSize: number };
    const step = (createdBy: string, made: object | null, instruction = createdBy) => {
      return { created, createdBy, instruction, comment: 'decant', layer: made };
    };
    expect(await bench.json(['history', 'app:1'])).toEqual([
      step('RUN /bin/sh -c rm /srv/one', layer, 'RUN rm /srv/one'),
      step('ENV A=1', null),
      step('COPY f /f', layer),
      step('decant import', layer),
    ]);
  });

  test('compare', async () => {
    const figures = { digest, packedSize: number, unpackedSize: number };
    const answer = await bench.json<{ images: { files: number }[] }>(['compare', BASE, 'app:1']);
    expect(answer).toMatchObject({
      images: [
        { name: BASE, ...figures, files: number, layers: 1 },
        { name: 'app:1', ...figures, files: number, layers: 3 },
      ],
      ratio: { packed: number, unpacked: number, files: 1 },
      sharedLayers: { count: 1 },
      files: { added: 1, removed: 1 },
      packages: { added: 0, removed: 0, changed: 0, same: 0, list: [] },
      surface: { scores: [{ value: number }, { value: number }] },
      deployment: [{ bandwidth: 10e6, fresh: [number, number], update: number }, {}, {}],
    });
    // One file more, one file less: a removed file is not counted, though its bytes are still shipped.
    expect(answer.images[0]?.files).toBe(answer.images[1]?.files);
  });

  test('prune', async () => {
    const kinds = ['images', 'blobs', 'unpacked layers', 'cache records', 'cache mounts', 'builds'];
    expect(await bench.json(['prune'])).toEqual({
      dryRun: false,
      removed: kinds.map((kind) => ({ kind, count: number, size: number })),
      freed: number,
    });
  });

  test('doctor', async () => {
    const { healthy, checks } = await bench.json<{ healthy: boolean; checks: unknown[] }>(['doctor']);
    expect(healthy).toBe(true);
    expect(checks.length).toBeGreaterThan(3);
    for (const check of checks)
      expect(check).toMatchObject({ name: expect.any(String) as unknown, status: 'ok' });
  });
});

describe('answers as text', () => {
  test('images is a table, and -q ids only', async () => {
    const { stdout } = await bench.need(['images']);
    expect(stdout).toMatch(/^NAME +ID +CREATED +SIZE +UNPACKED\n/);
    expect(stdout).toMatch(/^app:1 +[0-9a-f]{12} /m);
    const ids = (await bench.need(['images', '-q'])).stdout.trim().split('\n');
    expect(ids).toContain(await idOf('app:1'));
    expect(new Set(ids).size).toBe(ids.length);
    expect((await bench.need(['ls'])).stdout).toBe(stdout);
  });

  test('compare tells how many times smaller', async () => {
    await bench.need(['import', archive('root.tar.gz'), 'small']);
    const { stdout } = await bench.need(['compare', BASE, 'small']);
    expect(stdout).toMatch(/^unpacked .* \d+ times smaller$/m);
    expect((await bench.need(['compare', 'small', BASE])).stdout).toMatch(/^unpacked .* times larger$/m);
    const { stdout: alike } = await bench.need(['compare', BASE, 'app:1']);
    expect(alike).not.toContain('1.00 times');
    expect(alike).toMatch(/^files: 1 added, 1 removed, /m);
  });

  test('compare measures, and writes Markdown for a pull request', async () => {
    const args = ['compare', '--format', 'markdown', '--measure', '--bandwidth', '8Mbit', BASE, 'app:1'];
    const { stdout } = await bench.need(args);
    expect(stdout).toMatch(/^### `app:1` is /);
    expect(stdout).toMatch(/^\| pull at 8 Mbit\/s \| \d+\.\d\d s \| /m);
    expect(stdout).toMatch(/^\| pulled here \| \d+\.\d+ s \| \d+\.\d+ s \| /m);
    expect(stdout).toMatch(/<details><summary>Files: 1 added, 1 removed, /);
  });

  test('nothing of it is coloured, and nothing goes to standard error', async () => {
    for (const args of [['images'], ['inspect', 'app:1'], ['history', 'app:1'], ['compare', BASE, 'app:1']]) {
      const { stdout, stderr } = await bench.need(args);
      expect(stderr).toBe('');
      expect(stdout.includes('\u001B')).toBe(false);
    }
  });
});

describe('the command itself', () => {
  test('says its version and its help on standard output', async () => {
    expect((await bench.need(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await bench.need(['--help'])).stdout).toContain('build [options] <context>');
    expect((await bench.need(['build', '--help'])).stdout).toContain('--target <stage>');
  });

  test.each([
    ['nothing', [], 2],
    ['a command that does not exist', ['biuld', '.'], 2],
    ['a flag of no command', ['--frobnicate'], 2],
    ['too many arguments', ['history', 'a', 'b'], 2],
    ['a wrong choice', ['images', '--format', 'xml'], 2],
  ])('%s is wrong usage', async (_, args, status) => {
    const result = await bench.decant(args);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).not.toBe('');
  });

  test('suggests the command that was meant', async () => {
    expect((await bench.decant(['biuld', '.'])).stderr).toContain('build');
  });

  test('a store in a place that cannot be written says so', async () => {
    bench.change(bench.folder, { occupied: '' });
    const result = await bench.decant(['images'], { home: bench.path('occupied') });
    expect(result).toMatchObject({ status: 5, stdout: '' });
    expect(result.stderr).toContain('[STORE_UNWRITABLE]');
    expect(result.stderr).toContain('occupied');
  });
});
