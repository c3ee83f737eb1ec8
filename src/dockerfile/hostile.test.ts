/** Whatever the text, the language ends in a result or in a DecantError, and soon. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecantError } from '../errors.ts';
import { createGlob } from './glob.ts';
import { createMatcher, parseIgnoreFile } from './ignore.ts';
import { parseDockerfile, parseTrigger } from './parse.ts';
import { printDockerfile } from './print.ts';
import { expandHeredoc, expandWord, expandWords } from './words.ts';
import { SLOWNESS } from '../../test/support/speed.ts';

const SIZE = 64 * 1024;

/** Runs a step that may only fail in the way that is meant for the user, within a second of the processor's time. */
function survive(step: () => unknown): void {
  const started = process.cpuUsage();
  try {
    step();
  } catch (error) {
    if (!(error instanceof DecantError)) throw error;
  }
  const { user, system } = process.cpuUsage(started);
  expect((user + system) / 1000).toBeLessThan(1000 * SLOWNESS);
}

function everything(text: string): void {
  const lookup = (name: string): string | undefined => (name.length % 2 === 0 ? undefined : `a b ${name}`);
  survive(() => printDockerfile(parseDockerfile(text)));
  survive(() => parseTrigger(text));
  survive(() => expandWord(text, lookup));
  survive(() => expandWords(text, lookup, { keepQuotes: true, keepEscapes: true, keepUnset: true }));
  survive(() => expandHeredoc(text, lookup));
  survive(() => {
    const patterns = parseIgnoreFile(text);
    const matcher = createMatcher(patterns);
    matcher.matches('a/b/c');
    matcher.mayContainIncluded('a/b');
  });
  survive(() => createGlob(text).matches('a/b/c'));
}

const instructions = 'RUN ,COPY ,ADD ,ONBUILD ,ENV ,LABEL ,ARG ,HEALTHCHECK ,EXPOSE ,SHELL ,CMD '.split(',');
const marks = '<<A|<<-"B"|<|--|=|,|"|\'|\\|$|${|}|:-|/|%|#|*|**|?|[|]|!|[a-|["|"]'.split('|');
const lines = ['FROM a\n', '# escape=`\n', '# ', '\\\n', '`\n', '\n', '\r\n', 'A\n', 'B\n'];
const rest = [
  ' ',
  '\t',
  '\uFEFF',
  '\0',
  '\u0085',
  '\uD800',
  '🙂',
  'a',
  '1',
  'cache',
  '--mount=type=',
  '--interval=1h',
];
const pieces = [instructions, marks, lines, rest].flat();
const repeated =
  'ONBUILD RUN <<A|"$a|${a:-|${a/|${a#*|$a$b|a=b |--x |--mount=a,|[[|["a",|<< |<<A |**/|*a|[a]|../'.split(
    '|',
  );
const repeatedLines = [
  'FROM a\nRUN <<A\n',
  "RUN '\\\n",
  'ONBUILD RUN <<A\n',
  '# c\n',
  '\\\n#\n',
  ' \\\n',
  '!a\n',
];

describe('any text', () => {
  test('of pieces that mean something', () => {
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((all) => all.join(''));
    fc.assert(fc.property(text, everything), { numRuns: 500 });
  });

  test('of any characters', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), everything), { numRuns: 200 });
  });
});

describe('64 KiB of', () => {
  test.each([pieces, repeated, repeatedLines].flat())('%j', (piece) => {
    const text = piece.repeat(Math.ceil(SIZE / piece.length)).slice(0, SIZE);
    everything(text);
    everything(`FROM a\nRUN ${text.slice(0, 60_000)}`);
    everything(`FROM a\nCOPY ${text.slice(0, 60_000)} /\nA\n`);
    everything(`FROM a\nENV ${text.slice(0, 60_000)}`);
  });
});
