/** What people get wrong: each gives one clear error, the documented status, and leaves the store as it was. */
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import { expectError, need, run } from './support/decant.ts';
import type { Ended, Failure, RunOptions } from './support/decant.ts';
import { BASE, giveTo, makeStore, NOBODY, temporary, writeFiles } from './support/place.ts';

const folder = temporary();
let home = '';
let count = 0;

beforeAll(async () => {
  home = await makeStore(folder);
});

/** A context of its own for every build. */
function context(files: Readonly<Record<string, string | Buffer>>): string {
  count += 1;
  return writeFiles(join(folder, `context-${count}`, '/'), { './': '', ...files });
}

function build(
  files: Readonly<Record<string, string | Buffer>>,
  flags: readonly string[] = [],
  options?: RunOptions,
): Promise<Ended> {
  return run(home, ['build', '--offline', '--network=none', ...flags, context(files)], options);
}

/** As somebody who may not read everything: modes do not stop root. */
async function asNobody(place: string, ...flags: readonly string[]): Promise<Ended> {
  const own = join(folder, `home-${(count += 1)}`);
  mkdirSync(own);
  const user = process.getuid?.() === 0 ? NOBODY : undefined;
  if (user) giveTo(user, own, place, ...readdirSync(place).map((name) => join(place, name)));
  return run(join(own, 'store'), ['build', ...flags, place], { user, env: { HOME: own } });
}

describe('the Dockerfile', () => {
  test('is missing', async () => {
    expectError(await build({ x: '' }), 'DOCKERFILE_MISSING', {
      message: /there is no Dockerfile in/,
      hint: /-f FILE/,
    });
  });

  test('is missing where -f says it is', async () => {
    expectError(await build({}, ['-f', '/nowhere/Dockerfile']), 'DOCKERFILE_MISSING', {
      message: /"\/nowhere\/Dockerfile"/,
      hint: /-f/,
    });
  });

  test('is a directory', async () => {
    expectError(await build({ 'Dockerfile/': '' }), 'FILE_UNREADABLE', {
      message: /"Dockerfile" is a directory/,
      hint: /-f/,
    });
  });

  test('may not be read', async () => {
    const place = context({ Dockerfile: 'FROM scratch\n' });
    chmodSync(join(place, 'Dockerfile'), 0);
    expectError(await asNobody(place), 'FILE_UNREADABLE', {
      message: /cannot read the Dockerfile "Dockerfile"/,
      hint: /permission/,
    });
  });

  test('is empty, on standard input too', async () => {
    const nothing: Failure = { message: /no instructions/, hint: 'any' };
    expectError(await build({ Dockerfile: '' }), 'DOCKERFILE_SYNTAX', nothing);
    expectError(await build({ Dockerfile: '# only a comment\n' }), 'DOCKERFILE_SYNTAX', nothing);
    expectError(await run(home, ['build', '-'], { stdin: '' }), 'DOCKERFILE_MISSING', {
      message: /standard input/,
      hint: /< Dockerfile/,
    });
  });

  test.each([
    ['random bytes', Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7919 + 13) % 256))],
    [
      'a program',
      Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01'), Buffer.alloc(2000), Buffer.from('\n\0\n')]),
    ],
    ['UTF-16', Buffer.from('\ufeffFROM scratch\nCOPY a /\n', 'utf16le')],
    ['NULs', Buffer.alloc(100_000)],
    ['one line of a megabyte', Buffer.alloc(1 << 20, 'A')],
  ])('is %s', async (_, bytes) => {
    const result = await build({ Dockerfile: bytes });
    expectError(result, 'DOCKERFILE_SYNTAX', { message: /./, hint: 'any' });
    expect(result.stderr.length).toBeLessThan(4000);
    // Control characters must not reach a terminal.
    expect(result.stderr.replaceAll('\n', '')).toMatch(/^[^\p{Cc}]*$/u);
  });

  test('is far too large', async () => {
    expectError(await build({ Dockerfile: Buffer.alloc(17 << 20, '#\n') }), 'DOCKERFILE_SYNTAX', {
      message: /too large/,
      hint: /-f/,
    });
  });

  test.each<[string, string, ErrorCode, Failure]>([
    [
      'an unknown instruction',
      'FROM scratch\nCOPPY a /\n',
      'DOCKERFILE_SYNTAX',
      { message: /COPPY/, hint: /COPY/, place: 'Dockerfile:2' },
    ],
    [
      'an unknown flag',
      'FROM scratch\nCOPY --chwon=1 a /\n',
      'DOCKERFILE_SYNTAX',
      { message: /chwon/, hint: /chown/, place: 'Dockerfile:2' },
    ],
    ['no FROM', 'COPY a /\n', 'DOCKERFILE_SYNTAX', { message: /stage/, hint: /FROM/, place: 'Dockerfile:1' }],
    [
      'a heredoc without end',
      'FROM scratch\nCOPY <<EOF /x\nabc\n',
      'DOCKERFILE_SYNTAX',
      { message: /heredoc/, hint: /EOF/, place: 'Dockerfile:2-3' },
    ],
    [
      'an unknown stage',
      'FROM scratch AS one\nFROM scratch\nCOPY --from=onne /a /\n',
      'IMAGE_UNKNOWN',
      { message: /onne/, hint: /./, place: 'Dockerfile:3' },
    ],
    [
      'a stage number that is not there',
      'FROM scratch\nCOPY --from=7 /a /\n',
      'STAGE_UNKNOWN',
      { message: /7/, hint: /./, place: 'Dockerfile:2' },
    ],
    [
      'an unknown image',
      'FROM nothere:1\n',
      'IMAGE_UNKNOWN',
      { message: /"nothere:1"/, hint: /decant (import|load)/, place: 'Dockerfile:1' },
    ],
    [
      'an invalid image name',
      'FROM Upper\n',
      'DOCKERFILE_SYNTAX',
      { message: /Upper/, hint: /write upper/, place: 'Dockerfile:1' },
    ],
    [
      'a missing COPY source',
      'FROM scratch\nCOPY mian.go /\n',
      'COPY_SOURCE_MISSING',
      { message: /mian\.go/, hint: /did you mean "?main\.go/, place: 'Dockerfile:2' },
    ],
    [
      'a missing COPY source in a directory',
      'FROM scratch\nCOPY src/mian.go /\n',
      'COPY_SOURCE_MISSING',
      { message: /src\/mian\.go/, hint: /did you mean "?src\/main\.go/, place: 'Dockerfile:2' },
    ],
    [
      'a missing COPY source in a stage',
      `FROM ${BASE} AS one\nFROM scratch\nCOPY --from=one /bin/busybix /\n`,
      'COPY_SOURCE_MISSING',
      { message: /busybix/, hint: /busybox/, place: 'Dockerfile:3' },
    ],
    [
      'a file over a directory',
      'FROM scratch\nCOPY main.go /d/x/\nCOPY main.go /d\nCOPY src/main.go /d/main.go/below\n',
      'COPY_FAILED',
      { message: /main\.go/, hint: /./, place: 'Dockerfile:4' },
    ],
    [
      'a failing RUN',
      `FROM ${BASE}\nRUN echo one && \\\n    false\n`,
      'EXEC_FAILED',
      { message: /exit code: 1/, hint: 'none', place: 'Dockerfile:2-3' },
    ],
    [
      'a RUN of a missing command',
      `FROM ${BASE}\nRUN nosuchthing\n`,
      'EXEC_FAILED',
      { message: /nosuchthing.*127/, hint: /not in the image/, place: 'Dockerfile:2' },
    ],
    [
      'a RUN of a missing program',
      `FROM ${BASE}\nRUN ["/bin/nosuchthing"]\n`,
      'EXEC_FAILED',
      { message: /nosuchthing.*127/, hint: /not in the image/, place: 'Dockerfile:2' },
    ],
    [
      'a RUN of what is no program',
      `FROM ${BASE}\nRUN ["/etc/passwd"]\n`,
      'EXEC_FAILED',
      { message: /passwd.*126/, hint: /mode/, place: 'Dockerfile:2' },
    ],
    [
      'a RUN without a shell',
      'FROM scratch\nRUN true\n',
      'EXEC_FAILED',
      { message: /127/, hint: /shell/, place: 'Dockerfile:2' },
    ],
    [
      'a RUN killed by a signal',
      `FROM ${BASE}\nRUN sh -c 'kill -9 $$'; exit $?\n`,
      'EXEC_FAILED',
      { message: /137/, hint: /killed/, place: 'Dockerfile:2' },
    ],
    [
      'a RUN as an unknown user',
      `FROM ${BASE}\nUSER nosuchuser\nRUN true\n`,
      'USER_UNKNOWN',
      { message: /nosuchuser/, hint: /./, place: 'Dockerfile:3' },
    ],
    [
      'an unknown owner where there are no files at all',
      'FROM scratch\nCOPY --chown=nosuchuser main.go /\n',
      'USER_UNKNOWN',
      { message: /nosuchuser/, hint: /./, place: 'Dockerfile:2' },
    ],
    [
      'a bad mode',
      'FROM scratch\nCOPY --chmod=999 main.go /\n',
      'DOCKERFILE_SYNTAX',
      { message: /999/, hint: /./, place: 'Dockerfile:2' },
    ],
    [
      'two stages that need each other',
      'FROM scratch AS one\nCOPY --from=two / /\nFROM scratch AS two\nCOPY --from=one / /\n',
      'STAGE_CYCLE',
      { message: /two/, hint: 'any', place: 'Dockerfile:2' },
    ],
    [
      'an ADD of an address where nobody answers',
      'FROM scratch\nADD http://localhost:1/x /\n',
      'NETWORK',
      { message: /http:\/\/localhost:1\/x/, hint: /address/, place: 'Dockerfile:2' },
    ],
  ])('has %s', async (_, dockerfile, code, failure) => {
    const files = { Dockerfile: dockerfile, 'main.go': 'x', '.hidden': '', 'src/main.go': 'y' };
    expectError(await build(files), code, failure);
  });

  test('has a RUN that fails: its last output is shown in full, and status and step are in the messages', async () => {
    const script = 'seq 1 5; echo the reason >&2; exit 42';
    const result = await build({ Dockerfile: `FROM ${BASE}\nRUN ${script}\n` }, ['--progress=quiet']);
    expectError(result, 'EXEC_FAILED', { message: /exit code: 42/, hint: 'none', place: 'Dockerfile:2' });
    for (const line of ['  | 1', '  | 5', '  | the reason'])
      expect(result.stderr.split('\n')).toContain(line);
    const json = await build({ Dockerfile: `FROM ${BASE}\nRUN ${script}\n` }, ['--progress=json']);
    const events = json.stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { type: string });
    expect(events.filter(({ type }) => type === 'step.failed')).toHaveLength(1);
  });

  test('is not said to be built: the only file written is the one that says why', async () => {
    const place = context({ Dockerfile: `FROM ${BASE}\nRUN exit 3\n` });
    const files = ['id', 'metadata', 'out.tar'].map((name) => join(place, name));
    const flags = [
      '--iidfile',
      files[0],
      '--metadata-file',
      files[1],
      '-o',
      `type=oci,dest=${files[2]}`,
    ] as string[];
    const result = await run(home, ['build', '-t', 'fault:never', ...flags, place]);
    expectError(result, 'EXEC_FAILED', { message: /exit code: 3/, hint: 'none' });
    expect(readdirSync(place).sort()).toEqual(['Dockerfile', 'metadata']);
    expect(Object.keys(JSON.parse(readFileSync(join(place, 'metadata'), 'utf8')) as object)).toEqual([
      'decant.failure',
    ]);
    expect((await need(home, ['images'])).stdout).not.toContain('never');
  });

  test('has several sources for one file: it is built, as by BuildKit, and told', async () => {
    const Dockerfile = 'FROM scratch\nCOPY main.go .hidden /x\n';
    const { status, stderr } = await build({ Dockerfile, 'main.go': 'x', '.hidden': '' });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stderr).toMatch(/^WARNING: several files .* "\/x".* slash .*line 2/m);
  });

  test('names a --target that it does not have', async () => {
    const files = { Dockerfile: 'FROM scratch AS one\nFROM scratch AS two\n' };
    expectError(await build(files, ['--target', 'tow']), 'STAGE_UNKNOWN', { message: /"tow"/, hint: /two/ });
    expectError(await build(files, ['--target', '2']), 'STAGE_UNKNOWN', { message: /"2"/, hint: /./ });
  });
});

describe('the context', () => {
  test('is missing', async () => {
    expectError(await run(home, ['build', join(folder, 'nowhere')]), 'CONTEXT_MISSING', {
      message: /nowhere/,
      hint: /"\."/,
    });
  });

  test('is a file', async () => {
    const file = join(context({ Dockerfile: 'FROM scratch\n' }), 'Dockerfile');
    expectError(await run(home, ['build', file]), 'CONTEXT_INVALID', {
      message: /is not a directory/,
      hint: /-f/,
    });
  });

  test('is not given', async () => {
    expectError(await run(home, ['build']), 'USAGE', { message: /context/, hint: /--help/ });
  });

  test('may not be searched', async () => {
    const place = context({ Dockerfile: 'FROM scratch\n' });
    const inner = join(place, 'inner');
    mkdirSync(inner, { mode: 0 });
    expectError(await asNobody(inner), 'FILE_UNREADABLE', { message: /Dockerfile/, hint: /permissions/ });
  });

  test('has a file that may not be read, and COPY wants it', async () => {
    const place = context({ Dockerfile: 'FROM scratch\nCOPY . /\n', secret: 'x' });
    chmodSync(join(place, 'secret'), 0);
    expectError(await asNobody(place), 'FILE_UNREADABLE', {
      message: /"\/secret" of the build context/,
      hint: /\.dockerignore/,
      place: 'Dockerfile:2',
    });
    writeFileSync(join(place, '.dockerignore'), 'secret\n');
    expect(await asNobody(place)).toMatchObject({ status: 0 });
  });

  test('has a directory that may not be read, and COPY wants it', async () => {
    const place = context({ Dockerfile: 'FROM scratch\nCOPY . /\n', 'closed/x': '' });
    chmodSync(join(place, 'closed'), 0);
    expectError(await asNobody(place), 'FILE_UNREADABLE', {
      message: /"\/closed/,
      hint: /\.dockerignore/,
      place: 'Dockerfile:2',
    });
  });

  test('has a .dockerignore that is none', async () => {
    expectError(await build({ Dockerfile: 'FROM scratch\n', '.dockerignore': 'a[' }), 'IGNORE_FILE_INVALID', {
      message: /a\[/,
      hint: /./,
    });
    expectError(await build({ Dockerfile: 'FROM scratch\n', '.dockerignore/': '' }), 'FILE_UNREADABLE', {
      message: /\.dockerignore/,
      hint: /./,
    });
  });

  test('changes nothing outside of itself: links that lead out are copied as links', async () => {
    const place = context({ Dockerfile: 'FROM scratch\nCOPY out/passwd /\n' });
    expectError(await run(home, ['build', await linkOut(place)]), 'COPY_SOURCE_MISSING', {
      message: /out\/passwd/,
      hint: 'any',
      place: 'Dockerfile:2',
    });
  });
});

async function linkOut(place: string): Promise<string> {
  const { symlink } = await import('node:fs/promises');
  await symlink('/etc', join(place, 'out'));
  return place;
}

describe('the command line', () => {
  const usage: Failure = { message: /./, hint: 'any' };

  test.each<[string, readonly string[]]>([
    ['an unknown command', ['biuld', '.']],
    ['an unknown flag', ['build', '--nosuch', '.']],
    ['an unknown flag before the command', ['--nosuch', 'images']],
    ['a flag without its value', ['build', '.', '--tag']],
    ['too many arguments', ['build', '.', '.']],
    ['too few arguments', ['tag', 'a']],
    ['--progress', ['build', '--progress=fancy', '.']],
    ['--network', ['build', '--network=bridge', '.']],
    ['--build-arg without a name', ['build', '--build-arg', '=x', '.']],
    ['--label without a name', ['build', '--label', '=x', '.']],
    ['--platform', ['build', '--platform', 'linux/', '.']],
    ['an empty --platform', ['build', '--platform', '', '.']],
    ['an output of no type', ['build', '-o', 'dest=x', '.']],
    ['an output of an unknown type', ['build', '-o', 'type=zip,dest=x', '.']],
    ['an output with an unknown key', ['build', '-o', 'type=oci,dest=x,color=red', '.']],
    ['an output with an unknown compression', ['build', '-o', 'type=oci,dest=x,compression=lzma', '.']],
    ['an empty output', ['build', '-o', '', '.']],
    ['an output without a place', ['build', '-o', 'type=local', '.']],
    [
      'two compressions',
      ['build', '-o', 'type=oci,dest=x,compression=gzip', '-o', 'type=oci,dest=y,compression=none', '.'],
    ],
    ['--format of images', ['images', '--format', 'xml']],
    ['--format of inspect', ['inspect', '--format', 'xml', BASE]],
    ['--format of history', ['history', '--format', 'xml', BASE]],
    ['--format of compare', ['compare', '--format', 'xml', BASE, BASE]],
    ['--format of prune', ['prune', '--format', 'xml']],
    ['--format of load', ['load', '--format', 'xml']],
    ['--format of doctor', ['doctor', '--format', 'xml']],
    ['--older-than', ['prune', '--older-than', 'yesterday']],
    ['a negative --older-than', ['prune', '--older-than', '-1d']],
    ['--type of save', ['save', '--type', 'rar', BASE]],
    ['--platform of import', ['import', '--platform', 'a/b/c/d', '-', 'x']],
    ['--env without a name', ['run', '-e', '=x', BASE, 'true']],
    ['--workdir', ['run', '-w', 'relative', BASE, 'true']],
    ['--hostname', ['run', '--hostname', 'no spaces', BASE, 'true']],
    ['-t without a terminal', ['run', '-t', BASE, 'true']],
    ['an image without a command', ['run', BASE]],
    ['the Dockerfile and the context on standard input', ['build', '-f', 'Dockerfile', '-f', '-', '-']],
  ])('has %s', async (_, args) => {
    expectError(await run(home, args, { cwd: context({ Dockerfile: 'FROM scratch\n' }) }), 'USAGE', usage);
  });

  test('suggests what was meant', async () => {
    expectError(await run(home, ['biuld', '.']), 'USAGE', { message: /biuld/, hint: /build/ });
    expectError(await run(home, ['build', '--taget', 'x', '.']), 'USAGE', {
      message: /--taget/,
      hint: /--target|--tag/,
    });
  });

  test('SOURCE_DATE_EPOCH is not a number', async () => {
    expectError(
      await build({ Dockerfile: 'FROM scratch\n' }, [], { env: { SOURCE_DATE_EPOCH: 'now' } }),
      'USAGE',
      {
        message: /SOURCE_DATE_EPOCH/,
        hint: /git log/,
      },
    );
  });

  test.each<[string, readonly string[]]>([
    ['build -t', ['build', '-t', 'Not/Lower', '.']],
    ['build -t with a digest', ['build', '-t', `a@sha256:${'0'.repeat(64)}`, '.']],
    ['an empty build -t', ['build', '-t', '', '.']],
    ['tag', ['tag', BASE, 'a:b:c']],
    ['import', ['import', join(folder, 'base.tar'), '../up']],
    ['a tag that is too long', ['tag', BASE, `a:${'x'.repeat(129)}`]],
    ['a name that is too long', ['tag', BASE, 'x/'.repeat(150) + 'x']],
  ])('%s: an invalid reference', async (_, args) => {
    const result = await run(home, args, { cwd: context({ Dockerfile: 'FROM scratch\n' }) });
    expectError(result, 'REFERENCE_INVALID', { message: /./, hint: /./ });
  });

  test.each<[string, readonly string[]]>([
    ['run', ['run', 'nothere', 'true']],
    ['tag', ['tag', 'nothere', 'x']],
    ['rmi', ['rmi', 'nothere']],
    ['save', ['save', 'nothere']],
    ['inspect', ['inspect', 'nothere']],
    ['history', ['history', 'nothere']],
    ['compare', ['compare', BASE, 'nothere']],
    ['inspect by an id', ['inspect', 'sha256:abcdef0123']],
  ])('%s: an unknown image', async (_, args) => {
    expectError(await run(home, args), 'IMAGE_UNKNOWN', {
      message: /nothere|abcdef0123/,
      hint: /decant images/,
    });
  });

  test('an image of a name that is none', async () => {
    expectError(await run(home, ['inspect', 'Not:Valid']), 'REFERENCE_INVALID', {
      message: /Not:Valid/,
      hint: /not:valid|write/,
    });
  });

  test.each<[string, readonly string[]]>([
    ['--ca-certificates of build', ['build', '--ca-certificates', '/nowhere.pem', '.']],
    ['--ca-certificates of run', ['run', '--ca-certificates', '/nowhere.pem', BASE, 'true']],
    ['import', ['import', '/nowhere.tar', 'x']],
    ['import of a directory', ['import', folder, 'x']],
    ['load', ['load', '-i', '/nowhere.tar']],
    ['load of a directory', ['load', '-i', folder]],
  ])('%s: a file that cannot be read', async (_, args) => {
    const result = await run(home, args, { cwd: context({ Dockerfile: 'FROM scratch\n' }) });
    expectError(result, 'FILE_UNREADABLE', { message: /nowhere|decant-fault/, hint: 'any' });
  });

  test('a platform that the image does not have', async () => {
    expectError(
      await build({ Dockerfile: `FROM ${BASE}\n` }, ['--platform', 'linux/s390x']),
      'IMAGE_PLATFORM',
      {
        message: /s390x/,
        hint: /linux\//,
        place: 'Dockerfile:1',
      },
    );
  });
});

describe('decant run', () => {
  test.each([
    ['its own status', ['sh', '-c', 'exit 42'], 42],
    ['a signal', ['sh', '-c', 'sh -c "kill -9 \\$\\$"; exit $?'], 137],
    ['a missing command', ['nosuchthing'], 127],
    ['what is no program', ['/etc/passwd'], 126],
  ])('passes on %s', async (_, args, status) => {
    expect(await run(home, ['run', BASE, ...args])).toMatchObject({ status });
  });

  test('as an unknown user', async () => {
    expectError(await run(home, ['run', '-u', 'nosuchuser', BASE, 'true']), 'USER_UNKNOWN', {
      message: /nosuchuser/,
      hint: /./,
    });
  });
});

test('all of this left the store as it was', async () => {
  expect((await need(home, ['images', '--format', 'json'])).stdout).toContain(BASE);
  expect(readdirSync(join(home, 'tmp'))).toEqual([]);
  expect(readdirSync(join(home, 'locks/use'))).toEqual([]);
  expect(await run(home, ['run', BASE, 'true'])).toMatchObject({ status: 0 });
});
