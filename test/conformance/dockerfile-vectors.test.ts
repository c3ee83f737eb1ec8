import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { SyntaxNode } from '../../src/dockerfile/ast.ts';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import { parseSyntax } from '../../src/dockerfile/parser.ts';
import { expandWord, expandWords } from '../../src/dockerfile/words.ts';
import { DecantError } from '../../src/errors.ts';

/** The vectors of BuildKit's Dockerfile front end: files with their syntax trees, and tables of words. */
const VECTORS = new URL('../fixtures/dockerfile/', import.meta.url);

function read(path: string): string {
  return readFileSync(new URL(path, VECTORS), 'utf8');
}

function syntaxOf(path: string) {
  return parseSyntax({ file: path, source: read(path) });
}

describe('files', () => {
  test.each(readdirSync(new URL('testfiles/', VECTORS)))('%s has the expected syntax tree', (name) => {
    const { nodes } = syntaxOf(`testfiles/${name}/Dockerfile`);
    expect(`${nodes.map(dump).join('\n')}\n`).toBe(read(`testfiles/${name}/result`));
  });

  test.each(readdirSync(new URL('testfiles-negative/', VECTORS)))('%s is refused', (name) => {
    const source = read(`testfiles-negative/${name}/Dockerfile`);
    expect(() => parseDockerfile(source)).toThrow(DecantError);
  });

  test('instructions know their first and last line', () => {
    const { nodes } = syntaxOf('testfile-line/Dockerfile');
    expect(nodes.map(({ lines }) => [lines.start, lines.end])).toEqual([
      [5, 5],
      [11, 12],
      [17, 31],
    ]);
  });
});

/** The form of the `result` files: a list a line, arguments quoted as Go quotes strings. */
function dump(node: SyntaxNode): string {
  const flags = node.flags.length > 0 ? [`[${node.flags.map(quote).join(' ')}]`] : [];
  const args = node.trigger ? [dump(node.trigger)] : node.args.map(quote);
  return `(${[node.keyword.toLowerCase(), ...flags, ...args].join(' ')})`;
}

/** Go's strconv.Quote: what cannot be printed is escaped. */
function quote(text: string): string {
  const escaped = text.replaceAll(/["\\\p{C}]/gu, (character) => {
    const known = GO_ESCAPES[character];
    if (known !== undefined) return known;
    const code = character.codePointAt(0) ?? 0;
    return code < 0x80
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}

const GO_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

describe('words', () => {
  const VARIABLES = new Map([
    ['PWD', '/home'],
    ['SHELL', 'bash'],
    ['KOREAN', '한국어'],
    ['NULL', ''],
  ]);
  const rows = read('envVarTest')
    .split('\n')
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'))
    .map(({ line, number }) => ({ number, cells: line.split('|').map((cell) => cell.trim()) }))
    // W: what Windows does differently.
    .filter(({ cells }) => cells[0] === 'A' || cells[0] === 'U')
    .map(({ number, cells }) => [number, cells[1] ?? '', cells[2] ?? ''] as const);

  test('there are as many as there should be', () => {
    expect(rows.length).toBeGreaterThan(200);
  });

  test.each(rows)('line %i: %s is %s', (_number, word, expected) => {
    const expand = (): string => expandWord(word, (name) => VARIABLES.get(name));
    if (expected === 'error') expect(expand).toThrow(DecantError);
    else expect(expand()).toBe(expected);
  });
});

describe('splitting into words', () => {
  const variables = new Map<string, string>();
  const rows = read('wordsTest')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line) => {
      if (line.startsWith('ENV ')) {
        const [name = '', ...value] = line.slice('ENV '.length).split('=');
        variables.set(name, value.join('='));
        return [];
      }
      const [word = '', expected = ''] = line.split('|');
      return [[word.trim(), expected.replace(/^\s+/, ''), new Map(variables)] as const];
    });

  test.each(rows)('%s is %s', (word, expected, known) => {
    const expand = (): readonly string[] => expandWords(word, (name) => known.get(name));
    if (expected.trim() === 'error') expect(expand).toThrow(DecantError);
    else expect(expand()).toEqual(expected.split(','));
  });
});
