import { describe, expect, test } from 'vitest';
import { parsePlatform } from '../oci/platform.ts';
import { contextKey, contextName } from './named-contexts.ts';
import type { NamedContext } from './plan.ts';
import { operationLines, plan } from './testing.ts';

test.each([
  ['alpine', 'alpine'],
  ['alpine:latest', 'alpine'],
  ['docker.io/library/alpine:latest', 'alpine'],
  ['alpine:3', 'alpine:3'],
  ['ghcr.io/Team/x', 'ghcr.io/team/x'],
  ['Stage', 'stage'],
  ['a::b', 'a::b'],
])('%s is the name %s', (text, expected) => {
  expect(contextName(text)).toBe(expected);
});

const named = (context: NamedContext, name = 'x') => ({ contexts: new Map([[name, context]]) });
const FILES = { type: 'files' } as const;
const URL = {
  type: 'remote',
  source: { type: 'http', url: 'https://e.com/a.tar', name: 'context' },
} as const;

describe('a named context', () => {
  test.each<[string, string, NamedContext, readonly string[]]>([
    ['files are a source of COPY', 'FROM scratch\nCOPY --from=x a /', FILES, ['copy a -> /', 'scratch']],
    ['files are a base, copied onto nothing', 'FROM x', FILES, ['copy / -> /', 'scratch']],
    ['an archive at an address is what it holds', 'FROM x', URL, ['copy * -> /', 'scratch']],
    ['an image is a base', 'FROM x', { type: 'image', reference: 'base' }, ['image base']],
    [
      'a stage of that name is not gone through',
      'FROM none AS x\nRUN y\nFROM x',
      FILES,
      ['copy / -> /', 'scratch'],
    ],
  ])('%s', async (_what, text, context, expected) => {
    const { target } = await plan(text, named(context));
    expect(operationLines(target.operation)).toEqual(expected);
  });

  test('in place of an image brings its config', async () => {
    const images = { base: { Env: ['A=b'] } };
    const { target } = await plan('FROM y', { ...named({ type: 'image', reference: 'base' }, 'y'), images });
    expect(target.config.Env).toContain('A=b');
  });

  test('of another name changes nothing', async () => {
    const { target } = await plan('FROM base', named(FILES));
    expect(operationLines(target.operation)).toEqual(['image base']);
  });
});

test.each([
  ['alpine:latest', 'linux/arm64/v8', 'alpine::linux/arm64'],
  ['X', 'linux/x86_64', 'x::linux/amd64'],
  ['x', 'linux/arm', 'x::linux/arm/v7'],
])('the context %s for %s goes by %s', (name, platform, expected) => {
  expect(contextKey(name, parsePlatform(platform))).toBe(expected);
});

describe('a context of a platform', () => {
  const contexts = new Map<string, NamedContext>([
    ['x', { type: 'image', reference: 'any' }],
    ['x::linux/arm64', { type: 'image', reference: 'arm' }],
    ['y::linux/arm64', { type: 'image', reference: 'arm' }],
  ]);
  const images = { base: {}, any: {}, arm: {} };
  const ARM = parsePlatform('linux/arm64');

  test.each([
    ['is taken for that platform', 'FROM x', 'linux/arm64', 'arm'],
    ['is not taken for another, where there is one for all', 'FROM x', 'linux/amd64', 'any'],
    ['goes by the platform of FROM', 'FROM --platform=linux/arm64 x', 'linux/amd64', 'arm'],
    [
      'takes the place of a stage of that platform',
      'FROM --platform=linux/arm64 none AS y\nRUN a\nFROM y',
      'linux/amd64',
      'arm',
    ],
    [
      'leaves a stage for another platform alone',
      'FROM base AS y\nFROM --platform=linux/arm64 y',
      'linux/amd64',
      'base',
    ],
  ])('%s', async (_what, text, platform, expected) => {
    const { target } = await plan(text, { contexts, images, platform: parsePlatform(platform) });
    expect(operationLines(target.operation)).toEqual([`image ${expected}`]);
  });

  test('is what COPY takes from a stage of that platform, and of an image for the one that is built', async () => {
    const text = 'FROM --platform=linux/arm64 none AS x\nFROM base\nCOPY --from=x a /\nCOPY --from=y a /';
    const lookedUp: string[] = [];
    await plan(text, { contexts, images, platform: ARM, lookedUp });
    expect(lookedUp).toEqual(['base', 'arm', 'arm']);
  });

  test('is named where an image of that name is not there', async () => {
    await expect(plan('FROM y', { contexts, images })).rejects.toMatchObject({
      code: 'IMAGE_UNKNOWN',
      hint: 'the context y is there for linux/arm64 alone; give --build-context y::linux/amd64=…, or one without a platform',
    });
  });
});

test.each(['docker-image://scratch', 'nothing'])('nothing at all can be copied from: %s', async (what) => {
  const isNamed = what !== 'nothing';
  const contexts = new Map<string, NamedContext>(
    isNamed ? [['x', { type: 'image', reference: 'scratch' }]] : [],
  );
  const { target } = await plan(`FROM base\nCOPY --from=${isNamed ? 'x' : 'scratch'} / /`, { contexts });
  expect(operationLines(target.operation)).toEqual(['copy / -> /', 'image base']);
});
