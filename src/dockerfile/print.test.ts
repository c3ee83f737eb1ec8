import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDockerfile, type Dockerfile } from './parse.ts';
import { printDockerfile } from './print.ts';

const lines = (...text: string[]): string => text.map((line) => `${line}\n`).join('');

test('prints directives, comments, instructions on one line, heredocs, and a blank line between stages', () => {
  const source = lines(
    '#SYNTAX = docker/dockerfile:1',
    '# escape = `',
    '',
    'arg V=1',
    '',
    '#   The base.',
    'FROM debian:$V `',
    '  AS base',
    'RUN <<A cat <<-B',
    'one',
    'A',
    '\ttwo',
    'B',
    'ONBUILD COPY <<x /',
    '1',
    'x',
    'FROM scratch',
    'COPY --from=base /a /b',
  );
  const printed = lines(
    '# syntax=docker/dockerfile:1',
    '# escape=`',
    '',
    'arg V=1',
    '',
    '# The base.',
    'FROM debian:$V   AS base',
    'RUN <<A cat <<-B',
    'one',
    'A',
    '\ttwo',
    'B',
    'ONBUILD COPY <<x /',
    '1',
    'x',
    '',
    'FROM scratch',
    'COPY --from=base /a /b',
  );
  expect(printDockerfile(parseDockerfile(source))).toBe(printed);
});

describe('parse, print, parse gives the same', () => {
  test.each([
    ['a comment in the form of a directive', '\n# escape=`\nFROM a\nRUN b \\\n c'],
    ['a backslash at the end that continues nothing', 'FROM a\nRUN b \\ \\'],
    ['a backslash before a form feed', 'FROM a\nRUN b \\\f\nRUN c'],
    ['doubled backslashes at the end', 'FROM a\nENV A c\\\\\nRUN b'],
    ['carriage returns', 'FROM a\r\nRUN <<A\r\nb\r\nA\r\nRUN c\r\n'],
    [
      'an instruction longer than a line may be',
      `FROM a\nRUN ${`${'# x\\\\ '.repeat(5000)}\\\n`.repeat(9)} # end`,
    ],
    ['long characters at the place of a break', `FROM a\nRUN ${`${'🙂'.repeat(8000)}\\\n`.repeat(5)}x`],
  ])('%s', (_, source) => identity(source));

  test('whatever instructions there are', () => {
    fc.assert(fc.property(dockerfile, identity), { numRuns: 1000 });
  });
});

function identity(source: string): void {
  const first = parseDockerfile(source);
  const printed = printDockerfile(first);
  const second = parseDockerfile(printed);
  expect(essence(second)).toEqual(essence(first));
  expect(printDockerfile(second)).toBe(printed);
}

/** Everything but what depends on how the text was laid out. */
function essence(dockerfile: Dockerfile): unknown {
  const { directives, globalArgs, stages } = dockerfile;
  return JSON.parse(
    JSON.stringify({ directives, globalArgs, stages }, (key, value: unknown) =>
      key === 'lines' ? undefined : value,
    ),
  );
}

const word = fc.stringMatching(/^[a-z$"'{}\\#`=<.:é-]{1,12}$/).filter((word) => !/^#|<<|["']/.test(word));
const words = fc.array(word, { minLength: 1, maxLength: 4 }).map((all) => all.join(' '));
const strings = fc.array(fc.string({ maxLength: 8 }), { minLength: 1, maxLength: 3 });
const instruction = fc.oneof(
  fc
    .tuple(fc.constantFrom('RUN', 'run', 'CMD', 'ENTRYPOINT', 'WORKDIR', 'USER'), words)
    .map((all) => all.join(' ')),
  fc
    .tuple(fc.constantFrom('RUN', 'CMD', 'SHELL'), strings)
    .map(([name, all]) => `${name} ${JSON.stringify(all)}`),
  fc
    .tuple(fc.constantFrom('COPY', 'ADD --link', 'ONBUILD COPY --parents'), word, word)
    .map((all) => all.join(' ')),
  fc.tuple(fc.constantFrom('RUN cat', 'COPY'), fc.boolean(), fc.array(words)).map(([name, chomp, body]) => {
    const content = body.map((line) => `${chomp ? '\t' : ''}${line}\n`).join('');
    return `${name} <<${chomp ? '-' : ''}END${name === 'COPY' ? ' /x' : ''}\n${content}END`;
  }),
  fc.tuple(words, words).map(([first, second]) => `RUN ${first} \\\n# comment\n  x${second}`),
  words.map((text) => `# ${text}\nLABEL name ${text}`),
);
const dockerfile = fc
  .tuple(
    fc.constantFrom('', '# escape=`\n', '# syntax=a\n# check=skip=all\n', '\n# check=x\n', 'ARG a=1\n'),
    fc.array(instruction, { maxLength: 8 }),
    fc.array(instruction, { maxLength: 4 }),
  )
  .map(
    ([start, first, second]) => `${start}FROM a AS b\n${first.join('\n')}\nFROM b\n\n${second.join('\n\n')}`,
  )
  .filter((source) => {
    try {
      parseDockerfile(source);
      return true;
    } catch {
      return false;
    }
  });
