import { describe, expect, test } from 'vitest';
import { DecantError } from '../errors.ts';
import { operationLines, plan } from './testing.ts';
import type { PlanText } from './testing.ts';

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

async function failure(text: string, options?: PlanText): Promise<DecantError> {
  try {
    await plan(text, options);
  } catch (error) {
    if (error instanceof DecantError) return error;
    throw error;
  }
  throw new Error('it was planned');
}

describe('stages', () => {
  test('become a chain of operations on the base', async () => {
    const { target } = await plan('FROM base\nWORKDIR /src\nCOPY a b ./\nRUN make');
    expect(operationLines(target.operation)).toEqual([
      'exec /bin/sh -c make',
      'copy a b -> /src/',
      'mkdir /src',
      'image base',
    ]);
  });

  test('that the target does not need are not looked at, nor are their bases', async () => {
    const lookedUp: string[] = [];
    const text =
      'FROM missing AS unused\nRUN x\nFROM base AS used\nRUN y\nFROM scratch\nCOPY --from=used /y /';
    const { stages } = await plan(text, { lookedUp });
    expect(lookedUp).toEqual(['base']);
    expect(stages.map((stage) => stage.name)).toEqual(['used', '2']);
  });

  test('are found by name in any case, by number, and the last of equal names counts', async () => {
    for (const target of ['Build', 'build', '1']) {
      const { target: found } = await plan(
        'FROM base AS build\nFROM base AS BUILD\nRUN second\nFROM scratch',
        { target },
      );
      expect(operationLines(found.operation)[0]).toBe('exec /bin/sh -c second');
    }
  });

  test('that begin alike share their operations', async () => {
    const { stages } = await plan(
      'FROM base AS a\nRUN same\nFROM base AS b\nRUN same\nFROM scratch\nCOPY --from=a /x /\nCOPY --from=b /y /',
    );
    expect(stages[0]?.operation).toBe(stages[1]?.operation);
  });

  test('on another stage inherit its config, its arguments and its files', async () => {
    const { target } = await plan(
      'FROM base AS a\nARG v=1\nENV e=2\nUSER me\nWORKDIR /w\nFROM a\nRUN echo $v $e',
    );
    const [exec] = [target.operation];
    expect(exec).toMatchObject({ kind: 'exec', env: { v: '1', e: '2' }, cwd: '/w', user: 'me' });
    expect(target.history.map((entry) => entry.createdBy)).toContain('RUN |1 v=1 /bin/sh -c echo $v $e');
  });

  test.each([
    [
      'FROM scratch AS a\nCOPY --from=b /x /\nFROM scratch AS b',
      'a',
      'STAGE_CYCLE',
      'needs to be defined before',
    ],
    [
      'FROM scratch AS a\nCOPY --from=a /x /',
      undefined,
      'STAGE_CYCLE',
      'circular dependency detected on stage: a',
    ],
    ['FROM scratch\nCOPY --from=3 /x /', undefined, 'STAGE_UNKNOWN', 'invalid stage index 3'],
    ['FROM scratch AS build', 'biuld', 'STAGE_UNKNOWN', 'target stage "biuld" could not be found'],
    ['FROM nothing', undefined, 'IMAGE_UNKNOWN', 'no nothing'],
    ['ARG x\nFROM ${x}', undefined, 'DOCKERFILE_SYNTAX', 'base name (${x}) should not be blank'],
  ])('%j with target %s is refused: %s', async (text, target, code, message) => {
    const error = await failure(text, { target });
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  test('errors know the line', async () => {
    const error = await failure('FROM base\nRUN a\nRUN --device=gpu b');
    expect(error).toMatchObject({ code: 'DOCKERFILE_UNSUPPORTED', place: { start: 3, end: 3 } });
  });
});

describe('variables', () => {
  test('of the global scope choose the base and reach a stage that asks for them', async () => {
    const text = 'ARG name=ba\nARG rest=se\nFROM ${name}${rest}\nARG name\nRUN x';
    const { target } = await plan(text);
    expect(target.operation).toMatchObject({ env: { name: 'ba' } });
    expect((target.operation as { env: object }).env).not.toHaveProperty('rest');
  });

  test.each([
    ['a default is taken', 'ARG v=d', {}, 'd'],
    ['a build argument wins over the default', 'ARG v=d', { v: 'given' }, 'given'],
    ['an argument without value is not set', 'ARG v', {}, undefined],
    ['an empty build argument is a value', 'ARG v=d', { v: '' }, ''],
    ['ENV after ARG wins', 'ARG v=d\nENV v=e', { v: 'given' }, 'e'],
    ['ARG after ENV wins', 'ENV v=e\nARG v=d', {}, 'd'],
    ['ENV keeps its old value for the whole instruction', 'ENV v=1\nENV v=2 w=$v', {}, '2'],
  ])('%s', async (_what, lines, args, expected) => {
    const { target } = await plan(`FROM base\n${lines}\nRUN x`, { args });
    expect((target.operation as { env: Record<string, string> }).env['v']).toBe(expected);
  });

  test('of the platform are automatic, and only there when asked for', async () => {
    const { target } = await plan('FROM base\nARG TARGETARCH\nRUN x', { target: undefined });
    expect((target.operation as { env: Record<string, string> }).env).toEqual({
      TARGETARCH: 'amd64',
      PATH: PATH.slice(5),
    });
  });

  test('for proxies reach RUN without counting', async () => {
    const one = await plan('FROM base\nRUN x', { args: { HTTP_PROXY: 'http://a' } });
    const two = await plan('FROM base\nRUN x');
    expect(one.target.operation).toMatchObject({ proxyEnv: { HTTP_PROXY: 'http://a' } });
    expect(one.target.operation.digest).toBe(two.target.operation.digest);
  });
});

describe('the config', () => {
  test('of scratch has a path and the root as working directory', async () => {
    expect((await plan('FROM scratch')).target.config).toEqual({ Env: [PATH], WorkingDir: '/' });
  });

  test.each<[string, string, object]>([
    [
      'EXPOSE',
      'EXPOSE 80 443/TCP 8000-8001/udp',
      { ExposedPorts: { '80/tcp': {}, '443/tcp': {}, '8000/udp': {}, '8001/udp': {} } },
    ],
    [
      'EXPOSE of a variable with several',
      'ARG p="1 2/udp"\nEXPOSE $p',
      { ExposedPorts: { '1/tcp': {}, '2/udp': {} } },
    ],
    ['EXPOSE with a host part', 'EXPOSE 127.0.0.1:80:8080', { ExposedPorts: { '8080/tcp': {} } }],
    ['VOLUME', 'VOLUME ["/a", "/b"]', { Volumes: { '/a': {}, '/b': {} } }],
    ['LABEL', 'LABEL a=1 b="2 3"\nLABEL a=4', { Labels: { a: '4', b: '2 3' } }],
    ['STOPSIGNAL', 'STOPSIGNAL SIGUSR1', { StopSignal: 'SIGUSR1' }],
    [
      'SHELL and a shell form',
      'SHELL ["/bin/bash", "-c"]\nCMD x y',
      { Shell: ['/bin/bash', '-c'], Cmd: ['/bin/bash', '-c', 'x y'] },
    ],
    [
      'HEALTHCHECK',
      'HEALTHCHECK --interval=5s --retries=3 CMD ["a"]',
      { Healthcheck: { Test: ['CMD', 'a'], Interval: 5e9, Retries: 3 } },
    ],
    ['HEALTHCHECK NONE', 'HEALTHCHECK NONE', { Healthcheck: { Test: ['NONE'] } }],
    ['ONBUILD', 'ONBUILD RUN x\nONBUILD COPY . /', { OnBuild: ['RUN x', 'COPY . /'] }],
    ['WORKDIR', 'WORKDIR /a\nWORKDIR b/../c', { WorkingDir: '/a/c' }],
    ['a slash at the end of WORKDIR', 'WORKDIR /a/', { WorkingDir: '/a/' }],
    ['a slash at the end of a relative WORKDIR', 'WORKDIR /a\nWORKDIR b/', { WorkingDir: '/a/b' }],
    ['an empty WORKDIR', 'WORKDIR /a/\nWORKDIR $nothing', { WorkingDir: '/a/' }],
    ['ENTRYPOINT and CMD', 'CMD ["c"]\nENTRYPOINT ["e"]', { Entrypoint: ['e'], Cmd: ['c'] }],
  ])('takes %s', async (_name, lines, expected) => {
    expect((await plan(`FROM base\n${lines}`)).target.config).toMatchObject(expected);
  });

  test('ENTRYPOINT resets a CMD of the base and leaves one of the stage', async () => {
    const images = { base: { Cmd: ['of base'] } };
    expect((await plan('FROM base\nENTRYPOINT ["e"]', { images })).target.config.Cmd).toBeUndefined();
    expect((await plan('FROM base\nCMD ["own"]\nENTRYPOINT ["e"]', { images })).target.config.Cmd).toEqual([
      'own',
    ]);
  });

  test('takes labels of the command line last', async () => {
    expect((await plan('FROM base\nLABEL a=1', { labels: { a: '2' } })).target.config.Labels).toEqual({
      a: '2',
    });
  });

  test.each([
    ['EXPOSE abc', 'invalid containerPort: abc'],
    ['EXPOSE 80/icmp', 'invalid proto: icmp'],
    ['EXPOSE 70000', 'invalid containerPort: 70000'],
    ['STOPSIGNAL NOTHING', 'invalid signal: NOTHING'],
    ['ARG e\nVOLUME $e', 'VOLUME specified can not be an empty string'],
    ['COPY --chmod=99 a b', "invalid chmod parameter: '99'"],
    ['COPY --exclude=[ a b', 'invalid --exclude: syntax error in pattern "["'],
    ['COPY http://x/y /', "source can't be a URL for COPY"],
  ])('%s is refused', async (line, message) => {
    expect((await failure(`FROM base\n${line}`)).message).toContain(message);
  });
});

describe('triggers', () => {
  test('of a base run first, and are gone afterwards', async () => {
    const images = { base: { OnBuild: ['RUN first', 'ENV a=1'] } };
    const { target } = await plan('FROM base\nRUN second', { images });
    expect(operationLines(target.operation)).toEqual([
      'exec /bin/sh -c second',
      'exec /bin/sh -c first',
      'image base',
    ]);
    expect(target.config).not.toHaveProperty('OnBuild');
    expect(target.operation).toMatchObject({ env: { a: '1' } });
  });

  test('of a stage run in the stage on top of it', async () => {
    const { target } = await plan('FROM base AS a\nONBUILD COPY x /y\nFROM a');
    expect(operationLines(target.operation)).toEqual(['copy x -> /y', 'image base']);
  });
});

describe('COPY', () => {
  test.each([
    ['a .', '/w/'],
    ['a ./', '/w/'],
    ['a b', '/w/b'],
    ['a b/', '/w/b/'],
    ['a /', '/'],
    ['a ..', '/'],
    ['a /x/./y/', '/x/y/'],
  ])('%s goes to %s', async (words, destination) => {
    const { target } = await plan(`FROM base\nWORKDIR /w\nCOPY ${words}`);
    expect(target.operation).toMatchObject({ action: { destination } });
  });

  test('--link is made on nothing and laid over', async () => {
    const { target } = await plan('FROM base\nCOPY --link a /b');
    expect(operationLines(target.operation)).toEqual([
      'merge',
      'copy a -> /b',
      'scratch',
      '--',
      'image base',
    ]);
  });

  test.each([
    ['a/b.txt', '/', 'a/b.txt'],
    ['./a/./b/../c', './a', 'c'],
    ['/a/./b/*.txt', '/a', 'b/*.txt'],
    ['.', '/', ''],
  ])('--parents %s starts from %s and keeps %s', async (source, pattern, below) => {
    const { target } = await plan(`FROM base\nCOPY --parents ${source} /x/`);
    expect(target.operation).toMatchObject({ action: { sources: [{ pattern, below }] } });
  });

  test('--exclude is not expanded, and tells one copy from another', async () => {
    const { target } = await plan('FROM base\nARG v=1\nCOPY --exclude=$v --exclude=b a /x/');
    expect(target.operation).toMatchObject({ action: { exclude: ['$v', 'b'] } });
    const other = await plan('FROM base\nARG v=1\nCOPY --exclude=b a /x/');
    expect(other.target.operation.digest).not.toBe(target.operation.digest);
  });

  test('expands variables in paths, owner and mode, not in --from', async () => {
    const { target } = await plan(
      'FROM base\nARG u=1:2\nARG m=640\nARG f=x\nCOPY --chown=$u --chmod=$m $f /$f',
    );
    expect(target.operation).toMatchObject({ action: { owner: '1:2', chmod: '640', destination: '/x' } });
  });

  test('takes text from the Dockerfile, expanded unless the delimiter is quoted', async () => {
    const { target } = await plan('FROM base\nARG v=1\nCOPY <<a <<"b" /\n$v\na\n$v\nb');
    expect(target.operation).toMatchObject({
      action: {
        sources: [
          { name: 'a', text: '1\n' },
          { name: 'b', text: '$v\n' },
        ],
      },
    });
  });
});

describe('RUN', () => {
  test('takes a heredoc that is all there is as the text for the shell', async () => {
    const { target } = await plan('FROM base\nRUN <<EOF\necho a\necho b\nEOF');
    expect(target.operation).toMatchObject({ args: ['/bin/sh', '-c', 'echo a\necho b\n'] });
  });

  test('leaves a heredoc within a command to the shell', async () => {
    const { target } = await plan('FROM base\nRUN cat <<EOF > /x\na\nEOF');
    expect(target.operation).toMatchObject({ args: ['/bin/sh', '-c', 'cat <<EOF > /x\na\nEOF'] });
  });

  test('names its arguments in the history', async () => {
    const { target } = await plan('FROM base\nARG a=1\nARG b=2\nRUN x');
    expect(target.history.at(-1)?.createdBy).toBe('RUN |2 a=1 b=2 /bin/sh -c x');
  });

  test('writes the history as BuildKit does', async () => {
    const { target } = await plan(
      'FROM base\nARG a\nARG b=1\nENV b=2\nRUN x\nCMD ["a b"]\nENTRYPOINT x\nSHELL ["/s", "-c"]\nEXPOSE 80 53/udp',
    );
    expect(target.history.map((entry) => entry.createdBy)).toEqual([
      'ARG a',
      'ARG b=1',
      'ENV b=2',
      'RUN |2 a= b=2 /bin/sh -c x',
      'CMD ["a b"]',
      'ENTRYPOINT ["/bin/sh" "-c" "x"]',
      'SHELL [/s -c]',
      'EXPOSE [53/udp 80/tcp]',
    ]);
  });
});
