/**
 * What `npm run demo` promises, on a store of its own: both images are built from real Dockerfiles, answer alike, and
 * differ in size by the factor claimed. And the poured image is one that Debian's own tools take and run.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lessonCommands, steady } from '../support/lesson.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DECANT = join(ROOT, 'bin/decant');
const SINGLE = 'calculator:single';
const POURED = 'calculator:poured';

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Comparison {
  readonly images: readonly {
    readonly name: string;
    readonly digest: string;
    readonly packedSize: number;
    readonly unpackedSize: number;
    readonly files: number;
    readonly layers: number;
  }[];
  readonly ratio: { readonly packed: number; readonly unpacked: number; readonly files: number };
}

let folder = '';
let demo: Ended;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'decant-demo-test-'));
  demo = await run(process.execPath, [join(ROOT, 'scripts/demo.mjs')]);
});

afterAll(async () => {
  await podman('rmi', '--all', '--force');
  // Unpacked layers of an ordinary user belong to that user's subordinate ids: only decant can remove them.
  const others = [
    'c-clock:single',
    'c-clock:poured',
    'gcr.io/distroless/static-debian12:nonroot',
    'calculator:distroless',
  ];
  await decant('rmi', '--force', SINGLE, POURED, ...others, 'debian:bookworm');
  await decant('prune', '--all');
  await rm(folder, { recursive: true, force: true });
});

describe('the demo', () => {
  test('succeeds and says so', () => {
    expect(demo, demo.stderr).toMatchObject({ status: 0 });
    expect(demo.stdout).toContain('20 of 20 answers are right and the same');
    expect(demo.stdout).toMatch(/the poured image is \d+ times smaller/);
  });

  test('shows an image of at most 1.5 MB that is at least 800 times smaller, and one file', async () => {
    const { images, ratio } = await compare();
    expect(images.map(({ name }) => name)).toEqual([SINGLE, POURED]);
    expect(images[1]).toMatchObject({ files: 1, layers: 1 });
    expect(images[1]?.unpackedSize).toBeLessThanOrEqual(1_500_000);
    expect(ratio.unpacked).toBeGreaterThanOrEqual(800);
  });

  test('gives the same images a second time, from the cache', async () => {
    const before = await compare();
    const again = await run(process.execPath, [join(ROOT, 'scripts/demo.mjs')]);
    expect(again, again.stderr).toMatchObject({ status: 0 });
    expect(await compare()).toEqual(before);
  });

  test('leaves a poured image that runs as nobody in particular and knows no shell', async () => {
    const { stdout } = await decant('run', '--rm', POURED, '2', '*', '(3 + 4)');
    expect(stdout).toBe('14\n');
    expect((await decant('run', '--rm', '--entrypoint', '/bin/sh', POURED)).status).not.toBe(0);
    expect(await decant('run', '--rm', POURED, '1 / 0')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: 'error: division by zero\n',
    });
  });

  test('builds a calculator that passes its own tests, with the compiler that built it', async () => {
    const context = join(folder, 'calculator');
    await cp(join(ROOT, 'examples/calculator'), context, { recursive: true });
    await rm(join(context, '.dockerignore'));
    await writeFile(
      join(context, 'Dockerfile'),
      `FROM ${SINGLE}\nCOPY . /src\nRUN cd /src && go test ./...\n`,
    );
    const { status, stderr } = await decant('build', '--network', 'none', '--progress', 'plain', context);
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/ok\s+calculator\/calc/);
  });
});

describe('another example', () => {
  let shown: Ended;
  beforeAll(async () => {
    shown = await run(process.execPath, [join(ROOT, 'scripts/demo.mjs'), 'c-clock']);
  });

  test('is shown by name, a service that says the same from both images', () => {
    expect(shown, shown.stdout + shown.stderr).toMatchObject({ status: 0 });
    expect(shown.stdout).toContain('7 of 7 answers are right and the same');
    expect(shown.stdout).toContain('the poured one runs as user 65532, the other as 0');
    expect(shown.stdout).toMatch(/^ {2}shell +yes +none$/m);
    expect(shown.stdout).not.toContain('all of them');
  });

  test('is the program and its base, on a distroless base that was composed for it', async () => {
    const { stdout } = await decant(
      'compare',
      '--sizes',
      '--format',
      'json',
      'c-clock:single',
      'c-clock:poured',
    );
    const { images, ratio } = JSON.parse(stdout) as Comparison;
    expect(images[1]).toMatchObject({ layers: 2 });
    expect(images[1]?.unpackedSize).toBeLessThanOrEqual(3_500_000);
    expect(ratio.unpacked).toBeGreaterThanOrEqual(100);
  });
});

/** After both examples: it begins with what they leave in the store. */
describe('the lesson', () => {
  const commands = lessonCommands(readFileSync(join(ROOT, 'docs/lesson.md'), 'utf8'));
  let place = '';
  beforeAll(async () => {
    place = join(folder, 'lesson');
    await cp(join(ROOT, 'examples'), join(place, 'examples'), { recursive: true });
  });

  test('has commands to run', () => {
    expect(commands.length).toBeGreaterThan(15);
  });

  test.each(commands)('$command', async (lesson) => {
    const { stdout } = await run('bash', ['-c', `cd "$0" && { ${lesson.command}\n} 2>&1`, place]);
    expect(steady(lesson, stdout)).toBe(steady(lesson, lesson.says));
  });

  test('ends with a page', async () => {
    expect(await readFile(join(place, 'calculator.html'), 'utf8')).toContain('calculator:poured');
  });
});

describe('what can be shown', () => {
  test('is every folder of examples, by name and language', async () => {
    const { status, stdout } = await run(process.execPath, [join(ROOT, 'scripts/demo.mjs'), '--help']);
    expect(status).toBe(0);
    const named = [...stdout.matchAll(/^ {2}([a-z-]+) +[A-Z].*, onto [a-z0-9]+$/gm)].map(
      ([, name = '']) => name,
    );
    expect(named.toSorted()).toEqual(await exampleFolders());
  });

  test.each([['nothing-of-this-name'], ['--everything'], ['calculator', 'c-clok']])(
    'is said where a name is wrong: %s',
    async (...names) => {
      const { status, stdout, stderr } = await run(process.execPath, [
        join(ROOT, 'scripts/demo.mjs'),
        ...names,
      ]);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(new RegExp(`^error: there is no example called ${names.at(-1)}$`, 'm'));
      for (const name of await exampleFolders()) expect(stderr).toContain(name);
    },
  );

  test('is poured from the first stage that the single image is, step for step', async () => {
    for (const name of await exampleFolders()) {
      const read = async (file: string): Promise<readonly string[]> => {
        const text = await readFile(join(ROOT, 'examples', name, file), 'utf8');
        const lines = text.split('\n').filter((line) => !line.startsWith('#'));
        return [lines[0]?.replace(' AS build', '') ?? '', ...lines.slice(1, 4)];
      };
      expect(await read('Dockerfile'), name).toEqual(await read('Dockerfile.single'));
    }
  });
});

describe.each(['docker', 'oci'])('the poured image as an archive of type %s', (type) => {
  let archive = '';

  beforeAll(async () => {
    archive = join(folder, `poured-${type}.tar`);
    const saved = await decant('save', POURED, '-o', archive, '--type', `${type}-archive`);
    expect(saved, saved.stderr).toMatchObject({ status: 0 });
  });

  test('is what `build --output` writes', async () => {
    const built = join(folder, `built-${type}.tar`);
    const output = `type=${type},dest=${built}`;
    const context = join(ROOT, 'examples/calculator');
    const { status, stderr } = await decant(
      'build',
      '--network',
      'host',
      '-t',
      POURED,
      '-o',
      output,
      context,
    );
    expect(status, stderr).toBe(0);
    const config = (path: string) =>
      run('skopeo', ['inspect', '--config', '--raw', `${type}-archive:${path}`]);
    expect(await config(built)).toEqual(await config(archive));
  });

  test('is read by skopeo', async () => {
    const { status, stdout, stderr } = await run('skopeo', [
      'inspect',
      '--config',
      `${type}-archive:${archive}`,
    ]);
    expect(status, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      os: 'linux',
      config: { User: '65532:65532', Entrypoint: ['/calculator'] },
    });
  });

  test('is loaded and run by podman', async () => {
    await podman('rmi', '--all', '--force');
    const loaded = await podman('load', '--input', archive);
    expect(loaded, loaded.stderr).toMatchObject({ status: 0 });
    const image = /Loaded image: (\S+)/.exec(loaded.stdout)?.[1] ?? '';
    // Limits of its own: podman's defaults are above what a container it is itself started in may allow.
    const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024', '--network', 'none'];
    const answer = await podman('run', '--rm', ...limits, image, '(2 + 3) * 4');
    expect(answer, answer.stderr).toMatchObject({ status: 0, stdout: '20\n' });
  });
});

async function exampleFolders(): Promise<readonly string[]> {
  const entries = await readdir(join(ROOT, 'examples'), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}

async function compare(): Promise<Comparison> {
  const { stdout } = await decant('compare', '--sizes', '--format', 'json', SINGLE, POURED);
  return JSON.parse(stdout) as Comparison;
}

function decant(...args: readonly string[]): Promise<Ended> {
  return run(DECANT, args);
}

function podman(...args: readonly string[]): Promise<Ended> {
  const store = ['--root', join(folder, 'podman'), '--runroot', join(folder, 'podman-run')];
  return run('podman', [...store, '--runtime', 'runc', ...args]);
}

function run(command: string, args: readonly string[]): Promise<Ended> {
  const PATH = `${join(ROOT, 'bin')}:${process.env['PATH']}`;
  const env = { ...process.env, PATH, DECANT_HOME: join(folder, 'store') };
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { env, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve({ status: error ? Number(error.code) : 0, stdout, stderr });
    });
    child.stdin?.end();
  });
}
