import { describe, expect, test } from 'vitest';
import type { KnownStep, StepInputs } from './inputs.ts';
import { reasons } from './reasons.ts';
import type { Explained } from './reasons.ts';

const inputs: StepInputs = { key: 'k', parent: 'p', parts: { 'the command': 'make' }, taken: [] };
const step = (more: Partial<StepInputs> = {}): KnownStep => ({
  ...inputs,
  ...more,
  stage: 's',
  index: 1,
  text: 'RUN',
  line: 2,
});
const FILES: Record<string, Record<string, string>> = {
  old: { a: 'sha256:1 0644 0:0', b: 'sha256:2', c: 'sha256:3' },
  new: { a: 'sha256:1 0755 0:0', c: 'sha256:3', d: 'sha256:4' },
  many: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`f${index}`, 'x'])),
  none: {},
};
const why = (more: Partial<Explained>): readonly string[] =>
  reasons({
    outcome: 'done',
    isForced: false,
    now: { ...inputs, key: 'other' },
    before: step(),
    hasPrevious: true,
    parent: 'COPY in line 1',
    filesOf: (content) => FILES[content],
    ...more,
  });
const taken = (content?: string) => ({
  taken: [{ label: 'src', ...(content === undefined ? {} : { content }) }],
});

describe('a step that was reused', () => {
  test.each([
    ['cached', inputs, 'nothing that it depends on has changed'],
    ['cached', { ...inputs, key: 'else' }, 'an earlier build had the same inputs'],
    ['unneeded', undefined, 'nothing needed it: what follows was in the cache'],
  ] as const)('%s', (outcome, now, expected) => expect(why({ outcome, now })).toEqual([expected]));
});

describe('a step that was carried out', () => {
  test.each<[string, Partial<Explained>, readonly string[]]>([
    ['because it was asked for', { isForced: true }, ['it was asked for: --no-cache or --no-cache-filter']],
    [
      'in the first build',
      { hasPrevious: false, before: undefined },
      ['it is the first build of this Dockerfile, context and target that is remembered'],
    ],
    ['that is new', { before: undefined }, ['the last build had no such step']],
    [
      'with other parts',
      {
        now: { ...inputs, parts: { 'the command': 'make all', 'variable V': '2' } },
        before: step({ parts: { 'the command': 'make', 'variable U': '1' } }),
      },
      ['the command was "make" and is "make all"', 'variable U is gone', 'variable V is new: "2"'],
    ],
    [
      'with other files',
      { now: { ...inputs, ...taken('new') }, before: step(taken('old')) },
      ['src: "a" was sha256:1 0644 0:0 and is sha256:1 0755 0:0', 'src: "b" is gone', 'src: "d" is new'],
    ],
    [
      'with files that are not known',
      { now: { ...inputs, ...taken('x') }, before: step(taken('old')) },
      ['the files of src have changed'],
    ],
    [
      'on something else',
      { now: { ...inputs, parent: 'q' } },
      ['it stands on COPY in line 1, which is not what it was'],
    ],
    [
      'with a lost result',
      { now: inputs },
      ['nothing has changed, but its result is not in the cache: it was removed, or does not read'],
    ],
  ])('%s', (_, more, expected) => expect(why(more)).toEqual(expected));

  test('with many other files has some of them, and how many more', () => {
    const lines = why({ now: { ...inputs, ...taken('many') }, before: step(taken('none')) });
    expect(lines).toHaveLength(9);
    expect(lines.at(-1)).toBe('and 12 other files of src');
  });

  test('long texts are cut', () => {
    const [line = ''] = why({ now: { ...inputs, parts: { 'the command': 'x'.repeat(500) } } });
    expect(line.length).toBeLessThan(150);
  });
});
