import { describe, expect, test } from 'vitest';
import { DecantError } from '../../errors.ts';
import { asDecantError, formatError } from './error.ts';

const PLAIN = { color: false, debug: false };

const SOURCE = `FROM debian AS build
WORKDIR /src
COPY . .
RUN go build -o /calc \\
    ./...

FROM scratch
COPY --from=build /calc /calc
`;

function lines(...lines: string[]): string {
  return lines.join('\n');
}

describe('an error shows', () => {
  test('what failed and its code', () => {
    expect(formatError(new DecantError('IMAGE_UNKNOWN', 'no image calc:1 in the store'), PLAIN)).toBe(
      'error: no image calc:1 in the store [IMAGE_UNKNOWN]',
    );
  });

  test('the Dockerfile, the output, the causes and the hint, in this order', () => {
    const error = new DecantError('EXEC_FAILED', 'the process ended with status 2', {
      place: { file: 'Dockerfile', start: 4, end: 5, source: SOURCE },
      output: ['# calc', './main.go:3:1: syntax error'],
      cause: new Error('write failed', { cause: new Error('broken pipe') }),
      hint: 'read the output',
    });
    expect(formatError(error, PLAIN)).toBe(
      lines(
        'error: the process ended with status 2 [EXEC_FAILED]',
        '',
        'Dockerfile:4-5',
        '      2 | WORKDIR /src',
        '      3 | COPY . .',
        '  >>> 4 | RUN go build -o /calc \\',
        '  >>> 5 |     ./...',
        '      6 |',
        '      7 | FROM scratch',
        '',
        'last output:',
        '  | # calc',
        '  | ./main.go:3:1: syntax error',
        '',
        'cause: write failed',
        'cause: broken pipe',
        'hint: read the output',
      ),
    );
  });

  test('all of the output, however much there is', () => {
    const output = Array.from({ length: 500 }, (_, index) => `line ${index}`);
    const text = formatError(new DecantError('EXEC_FAILED', 'failed', { output }), PLAIN);
    expect(text.split('\n').filter((line) => line.startsWith('  | line '))).toHaveLength(500);
  });

  test('a place near the ends of the file', () => {
    const place = { file: 'Dockerfile', source: 'FROM a\nRUN b\nRUN c\n' };
    const at = (line: number) =>
      formatError(
        new DecantError('DOCKERFILE_SYNTAX', 'x', { place: { ...place, start: line, end: line } }),
        PLAIN,
      );
    expect(at(1)).toContain('\n  >>> 1 | FROM a\n      2 | RUN b\n      3 | RUN c\n');
    expect(at(3)).toContain('\n      1 | FROM a\n      2 | RUN b\n  >>> 3 | RUN c\n');
    expect(at(90)).toContain('\nDockerfile:90\n');
  });

  test('only the beginning and the end of a place of many lines', () => {
    const source = Array.from({ length: 100 }, (_, index) => `line ${index + 1}`).join('\n');
    const place = { file: 'Dockerfile', start: 10, end: 90, source };
    const shown = formatError(new DecantError('EXEC_FAILED', 'x', { place }), PLAIN).split('\n');
    expect(shown.filter((line) => line.startsWith('  >>>'))).toHaveLength(13);
    expect(shown).toContain('  >>> 90 | line 90');
    expect(shown).toContain('         …');
  });

  test('the place alone where there is no source', () => {
    const place = { file: 'Dockerfile', start: 7, end: 7 };
    expect(formatError(new DecantError('STAGE_UNKNOWN', 'no stage x', { place }), PLAIN)).toBe(
      lines('error: no stage x [STAGE_UNKNOWN]', '  at Dockerfile:7'),
    );
  });

  test('a long source line cut', () => {
    const place = { file: 'Dockerfile', start: 1, end: 1, source: `RUN ${'x'.repeat(10_000_000)}` };
    const text = formatError(new DecantError('EXEC_FAILED', 'x', { place }), PLAIN);
    expect(text.length).toBeLessThan(400);
  });
});

describe('causes', () => {
  test('that repeat what was said are left out', () => {
    const inner = new Error('connect ECONNREFUSED 127.0.0.1:5000');
    const middle = new Error('fetch failed: connect ECONNREFUSED 127.0.0.1:5000', { cause: inner });
    const outer = new DecantError('NETWORK', 'cannot reach registry.local', { cause: middle });
    expect(formatError(outer, PLAIN)).toBe(
      lines(
        'error: cannot reach registry.local [NETWORK]',
        'cause: fetch failed: connect ECONNREFUSED 127.0.0.1:5000',
      ),
    );
  });

  test('of several addresses are told by the first', () => {
    const cause = new AggregateError([new Error('connect refused by ::1'), new Error('by 127.0.0.1')], '');
    expect(formatError(new DecantError('NETWORK', 'no answer', { cause }), PLAIN)).toBe(
      lines('error: no answer [NETWORK]', 'cause: connect refused by ::1'),
    );
  });

  test('that go round in a circle end', () => {
    const first = new Error('first');
    const second = new Error('second', { cause: first });
    first.cause = second;
    expect(formatError(new DecantError('NETWORK', 'top', { cause: first }), PLAIN)).toBe(
      lines('error: top [NETWORK]', 'cause: first', 'cause: second'),
    );
  });

  test('lend their place, output and hint to an error that has none', () => {
    const cause = new DecantError('TOOL_MISSING', 'bwrap is missing', { hint: 'install bubblewrap' });
    expect(formatError(new DecantError('EXEC_FAILED', 'cannot run', { cause }), PLAIN)).toBe(
      lines('error: cannot run [EXEC_FAILED]', 'cause: bwrap is missing', 'hint: install bubblewrap'),
    );
  });
});

describe('what is not one of our errors', () => {
  test.each([
    [new TypeError('x is not a function'), 'error: x is not a function [INTERNAL]'],
    ['a string', 'error: a string [INTERNAL]'],
    [undefined, 'error: something that is not an error was thrown [INTERNAL]'],
    [new RangeError(), 'error: RangeError [INTERNAL]'],
  ])('%o is an internal one', (thrown, headline) => {
    const [first, ...rest] = formatError(thrown, PLAIN).split('\n');
    expect(first).toBe(headline);
    expect(rest.join('\n')).toMatch(/^hint: .*DECANT_DEBUG=1/);
  });

  test('is an interruption where something was aborted', () => {
    const controller = new AbortController();
    controller.abort();
    expect(asDecantError(controller.signal.reason)).toMatchObject({ code: 'INTERRUPTED', exitStatus: 130 });
  });

  test('has its stack shown only when debugging', () => {
    const error = new Error('odd');
    expect(formatError(error, PLAIN)).not.toContain('error.test.ts');
    expect(formatError(error, { color: false, debug: true })).toContain('error.test.ts');
  });
});

describe('text from outside', () => {
  test('cannot command the terminal', () => {
    const evil = '\u001B[2J\u001B]0;owned\u0007\u009B1A\u0008';
    const error = new DecantError('COPY_FAILED', `cannot copy ${evil}`, {
      place: { file: `Docker${evil}file`, start: 1, end: 1, source: `RUN ${evil}\r` },
      output: [evil],
      hint: evil,
      cause: new Error(`because ${evil}`),
    });
    expect(formatError(error, { color: false, debug: true })).not.toMatch(/[^\P{Cc}\n]/u);
  });

  test('does not show credentials', () => {
    const error = new DecantError('NETWORK', 'GET https://joe:hunter2@example.test/v2/ failed', {
      output: ['> Authorization: Basic am9lOmh1bnRlcjI='],
      cause: new Error('sent Bearer hunter2'),
      place: { file: 'Dockerfile', start: 1, end: 1, source: 'ADD https://joe:hunter2@example.test/x /' },
    });
    const text = formatError(error, { color: true, debug: true });
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('am9l');
  });

  test('of several lines stays below its headline', () => {
    expect(formatError(new DecantError('USAGE', 'one\r\nerror: two'), PLAIN)).toBe(
      'error: one\n  error: two [USAGE]',
    );
  });
});
