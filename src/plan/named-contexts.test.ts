import { describe, expect, test } from 'vitest';
import { contextName } from './named-contexts.ts';
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
