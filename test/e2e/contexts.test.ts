/** Every kind of build context, main and named, as root and as an ordinary user. */
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync, truncateSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EMPTY_DIRECTORY } from '../differential/item.ts';
import { readTar, writeTar } from '../differential/tar.ts';
import { USERS } from '../support/users.ts';
import type { FileSpec, Workbench } from '../support/workbench.ts';
import { BASE, createWorkbench, withBase } from '../support/workbench.ts';

const tarOf = (files: Readonly<Record<string, string>>): Buffer =>
  writeTar(
    Object.entries(files).map(([path, text]) => ({
      ...EMPTY_DIRECTORY,
      path,
      type: 'file',
      mode: 0o644,
      content: Buffer.from(text),
    })),
  );

const served: Readonly<Record<string, Buffer | string>> = {
  '/context.tar': tarOf({
    Dockerfile: 'FROM scratch\nCOPY a /',
    a: 'from the archive\n',
    '.dockerignore': 'b',
  }),
  '/Dockerfile': 'FROM scratch\nCOPY <<a /\ntext\na\n',
  '/files.tar': tarOf({ f: 'f\n', 'd/g': 'g\n' }),
};
const server = createServer((request, response) => {
  const body = served[request.url ?? ''];
  response.writeHead(body === undefined ? 404 : 200).end(body);
});
const address = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => server.close());

describe.each(USERS)('as $name', (user) => {
  let bench: Workbench;
  let repository: string;
  beforeAll(async () => {
    bench = await withBase(user);
    const folder = bench.files({
      'outer/Dockerfile': 'FROM scratch\nCOPY . /',
      'outer/a': 'a\n',
      'outer/.dockerignore': 'a\n',
      'outer/sub/Other': 'FROM scratch\nCOPY b /only',
      'outer/sub/b': 'b\n',
    });
    const script = `cd "$1/outer" && git init -q -b main && git add . &&
      git -c user.name=a -c user.email=a@b commit -qm one && cd .. && git clone -q --bare outer outer.git`;
    execFileSync('sh', ['-c', script, 'sh', folder], {
      uid: user.uid,
      gid: user.gid,
      env: { PATH: process.env['PATH'], HOME: folder },
    });
    repository = `file://${folder}/outer.git`;
    const made = dockerfile('FROM scratch\nCOPY a /made', { a: 'made\n' });
    await bench.need(['build', '-o', `type=oci,tar=false,dest=${bench.path('layout')}`, made]);
  });

  test.each(['docker-archive', 'oci-archive'])(
    'an image in a %s is a base, and has no name after',
    async (type) => {
      const made = bench.files({ Dockerfile: `FROM scratch\nCOPY a /a\nENV FROM=${type}\n`, a: `${type}\n` });
      const archive = bench.path(`${type}.tar`);
      await bench.need(['build', '-o', `type=${type.replace('-archive', '')},dest=${archive}`, made]);
      const child = bench.files({ Dockerfile: 'FROM elsewhere\nCOPY b /b\n', b: 'b\n' });
      const flags = ['--build-context', `elsewhere=${type}://${archive}`, '-t', `on-${type}`];
      await bench.need(['build', ...flags, child]);
      const { stdout } = await bench.need(['cat', `store:on-${type}`, '/a', '/b']);
      expect(stdout).toBe(`${type}\nb\n`);
      const { stdout: images } = await bench.need(['images']);
      expect(images).not.toContain('elsewhere');
    },
  );
  afterAll(() => bench.remove());

  /** Path to content of regular files. */
  async function built(args: readonly string[]): Promise<Readonly<Record<string, string>>> {
    await bench.need(['build', '-o', `type=tar,dest=${bench.path('out.tar')}`, ...args]);
    const files = readTar(readFileSync(bench.path('out.tar'))).filter(({ type }) => type === 'file');
    return Object.fromEntries(files.map(({ path, content }) => [path, content.toString('utf8')]));
  }

  test.each<[string, readonly string[], Readonly<Record<string, string>>]>([
    ['a git repository', ['REPO'], { a: 'a\n', 'sub/b': 'b\n' }],
    [
      'a directory of one, with a Dockerfile of another name',
      ['-f', 'Other', 'REPO#main:sub'],
      { only: 'b\n' },
    ],
    ['an archive at an address', ['URL/context.tar'], { a: 'from the archive\n' }],
    ['a Dockerfile at an address', ['URL/Dockerfile'], { a: 'text\n' }],
  ])('the context can be %s', async (_what, args, expected) => {
    const files = await built(args.map((arg) => arg.replace('REPO', repository).replace('URL', address(''))));
    expect(files).toMatchObject(expected);
    expect(Object.keys(files).filter((path) => path.startsWith('.git/'))).toEqual([]);
  });

  test('a repository is kept in the context where a build argument says so', async () => {
    const files = await built(['--build-arg', 'BUILDKIT_CONTEXT_KEEP_GIT_DIR=1', repository]);
    expect(files['.git/HEAD']).toBeDefined();
  });

  test.each<[string, string, string, Readonly<Record<string, string>>]>([
    ['a directory, with an ignore file of its own', 'x=DIR', 'COPY --from=x . /', { kept: 'kept\n' }],
    ['a file', 'x=DIR/kept', 'COPY --from=x kept /one', { one: 'kept\n' }],
    ['a git repository', 'x=REPO#:sub', 'COPY --from=x b /', { b: 'b\n' }],
    ['an archive at an address', 'x=URL/files.tar', 'COPY --from=x f d /', { f: 'f\n', g: 'g\n' }],
    ['an image', `x=docker-image://${BASE}`, 'COPY --from=x /etc/passwd /p', {}],
    ['an image in a layout', 'x=oci-layout://LAYOUT', 'COPY --from=x /made /', { made: 'made\n' }],
    ['the name of an image', 'docker.io/library/x:latest=DIR', 'COPY --from=x kept /', { kept: 'kept\n' }],
  ])('a named context can be %s', async (_what, context, line, expected) => {
    const directory = bench.files({ kept: 'kept\n', left: 'left\n', '.dockerignore': 'left\n.dockerignore' });
    const value = context
      .replace('DIR', directory)
      .replace('REPO', repository)
      .replace('URL', address(''))
      .replace('LAYOUT', bench.path('layout'));
    const files = await built(['--build-context', value, dockerfile(`FROM scratch\n${line}\n`)]);
    expect(files).toMatchObject(expected);
    expect(files['left']).toBeUndefined();
    expect(Object.keys(files)).not.toHaveLength(0);
  });

  test('a named context takes the place of a stage, of an image and of a base', async () => {
    const directory = bench.files({ file: 'of the context\n' });
    const context = dockerfile(
      'FROM nowhere.invalid/x AS stage\nRUN false\nFROM stage\nCOPY --from=alpine file /copy',
    );
    const named = ['--build-context', `stage=${directory}`, '--build-context', `alpine=${directory}`];
    expect(await built([...named, context])).toEqual({ file: 'of the context\n', copy: 'of the context\n' });
    const image = await built([
      '--build-context',
      `nowhere.invalid/x=docker-image://${BASE}`,
      dockerfile('FROM nowhere.invalid/x'),
    ]);
    expect(Object.keys(image)).toContain('etc/passwd');
  });

  test('a named context can be one for each platform', async () => {
    const [arm, other] = ['arm\n', 'other\n'].map((file) => bench.files({ file }));
    const text =
      'FROM --platform=linux/arm64 scratch AS x\nCOPY none /\nFROM scratch\nCOPY --from=x file /of-x\n';
    const context = dockerfile(`${text}COPY --from=y file /of-y`);
    const flags = ['--build-context', `x::arm64=${arm}`, '--build-context', `y::linux/arm64/v8=${arm}`];
    const both = [...flags, '--build-context', `y=${other}`, '--platform', 'linux/arm64,linux/s390x'];
    expect(await built([...both, context])).toEqual({
      'linux_arm64/of-x': 'arm\n',
      'linux_arm64/of-y': 'arm\n',
      'linux_s390x/of-x': 'arm\n',
      'linux_s390x/of-y': 'other\n',
    });
    const missing = await bench.decant([
      'build',
      '--offline',
      ...flags,
      '--platform',
      'linux/s390x',
      context,
    ]);
    expect(missing.stderr).toContain('hint: the context y is there for linux/arm64 alone');
  });

  test('RUN can mount a named context', async () => {
    const directory = bench.files({ file: 'mounted\n' });
    const text = `FROM ${BASE}\nRUN --mount=type=bind,from=x,target=/x cat /x/file > /seen`;
    const files = await built(['--build-context', `x=${directory}`, dockerfile(text)]);
    expect(files['seen']).toBe('mounted\n');
  });

  test.each<[string, readonly string[], number, string]>([
    ['a repository that is not there', ['file:///nowhere.git'], 1, 'GIT_FAILED'],
    ['a directory that is not in the repository', ['REPO#:none'], 1, 'has no directory "none"'],
    ['an address that is not there', ['URL/none.tar'], 4, 'is not there'],
    ['an address of no kind', ['ftp://127.0.0.1/x'], 1, 'of no kind that is known'],
    ['a named context without a value', ['--build-context', 'x', '.'], 2, 'it is not NAME=VALUE'],
    ['a name that means something', ['--build-context', 'scratch=.', '.'], 2, 'means something already'],
    [
      'the same for a platform',
      ['--build-context', 'scratch::linux/arm64=.', '.'],
      2,
      'means something already',
    ],
    ['a context of no platform', ['--build-context', 'x::a/b/c/d=.', '.'], 2, 'invalid platform "a/b/c/d"'],
    [
      'a named context that is not there',
      ['--build-context', 'x=./none', '.'],
      1,
      'the context "x" is not there',
    ],
    [
      'a named context of no kind',
      ['--build-context', 'x=target:other', '.'],
      1,
      'the context "x" is not there',
    ],
  ])('%s is refused', async (_what, args, status, message) => {
    const result = await bench.decant(
      ['build', ...args.map((arg) => arg.replace('REPO', repository).replace('URL', address('')))],
      {
        cwd: dockerfile('FROM scratch\n'),
      },
    );
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toContain(message);
    expect(result.stderr).not.toMatch(/^ {4}at /m);
  });

  function dockerfile(text: string, files: Readonly<Record<string, FileSpec>> = {}): string {
    return bench.files({ Dockerfile: text, ...files });
  }
});

test('the largest entries of a large context are told, but for those that the ignore file names', async () => {
  const bench = createWorkbench();
  const context = bench.files({
    Dockerfile: 'FROM scratch\nCOPY . /',
    'modules/a/x': '',
    'modules/b/y': '',
    'modules/c/z': '',
    words: 'few',
  });
  // Holes: nothing of it is on the disk.
  for (const path of ['a/x', 'b/y', 'c/z']) truncateSync(`${context}/modules/${path}`, 36_000_000);
  const build = ['build', '-o', 'type=cacheonly', '--progress', 'plain', context];
  const { stderr } = await bench.need(build);
  expect(stderr).toContain('WARNING: steps took 108 MB of the build context');
  expect(stderr).toMatch(/The largest: modules\/ 108 MB$/m);
  bench.change(context, { '.dockerignore': 'modules\n' });
  expect((await bench.need(build)).stderr).not.toContain('of the build context');
  bench.remove();
});
