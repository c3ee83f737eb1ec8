import { expect, test } from 'vitest';
import { parsePlatform } from '../oci/platform.ts';
import { checkDockerfile } from './check.ts';

const platform = parsePlatform('linux/amd64');

/** `line message` of what keeps the Dockerfile from being built; `known:1` is a base with the variable PORT. */
async function errorOf(source: string, target?: string): Promise<string | undefined> {
  const { error } = await checkDockerfile({
    source,
    target,
    file: 'Dockerfile',
    buildArguments: new Map(),
    platform,
    buildPlatform: platform,
    findBase: (name) =>
      Promise.resolve(
        name === 'known:1'
          ? {
              env: ['PORT=80'],
              inside: () => Promise.resolve({ hasProgram: () => undefined }),
              accounts: () => Promise.resolve(undefined),
            }
          : undefined,
      ),
  });
  return error && `${error.place?.start} ${error.message}`;
}

test.each([
  ['a port that is none', 'FROM a:1\nEXPOSE http', '2 invalid containerPort: http'],
  ['a signal that is none', 'FROM a:1\nSTOPSIGNAL SIGTREM', '2 invalid signal: SIGTREM'],
  ['a mode that is none', 'FROM a:1\nCOPY --chmod=9 a /a', "2 invalid chmod parameter: '9'"],
  ['a mount over everything', 'FROM a:1\nRUN --mount=target=/ x', '2 invalid mount target "/"'],
  ['a mistake in a stage that nothing needs', 'FROM a:1 AS b\nEXPOSE x\nFROM a:1', '2 invalid containerPort'],
  ['a stage that copies from itself', 'FROM a:1 AS b\nCOPY --from=b x y', '2 circular dependency'],
  ['a variable of a base that is known', 'FROM known:1\nEXPOSE ${PORT}x', '2 invalid containerPort: 80x'],
])('%s is found', async (_, source, expected) => {
  expect(await errorOf(source)).toContain(expected);
});

test.each([
  ['a variable of a base that is not known', 'FROM a:1\nEXPOSE ${PORT}'],
  ['a working directory that is not known', 'FROM a:1\nRUN --mount=source=x y'],
  ['what has to be allowed', 'FROM a:1\nRUN --security=insecure x'],
  ['an image that nobody has', 'FROM a:1\nCOPY --from=nowhere.invalid/x /a /b'],
  ['a good Dockerfile', 'FROM known:1\nEXPOSE $PORT\nCOPY --chmod=$MODE a /a'],
])('%s is no mistake', async (_, source) => {
  expect(await errorOf(source)).toBeUndefined();
});

test('with a target, stages that it does not need are let be', async () => {
  expect(await errorOf('FROM a:1 AS b\nEXPOSE x\nFROM a:1 AS c', 'c')).toBeUndefined();
});
