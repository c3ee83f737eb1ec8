/**
 * BuildKit's own vectors for the Dockerfile language (Apache-2.0, see the fixtures): syntax trees as
 * s-expressions, files that must be refused, line numbers, and the tables of word expansion.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { SyntaxNode } from '../../src/dockerfile/ast.ts';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import { parseSyntax } from '../../src/dockerfile/parser.ts';
import { expandWord, expandWords } from '../../src/dockerfile/words.ts';
import { DecantError } from '../../src/errors.ts';

const fixtures = new URL('../fixtures/dockerfile/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, fixtures), 'utf8');
const cases = (folder: string): string[] => readdirSync(new URL(folder, fixtures));

describe('testfiles: the syntax tree', () => {
  test.each(cases('testfiles'))('%s', (name) => {
    const { nodes } = parseSyntax({ file: 'Dockerfile', source: read(`testfiles/${name}/Dockerfile`) });
    const expected = read(`testfiles/${name}/result`).trim();
    expect(nodes.map((node) => `(${dump(node)})`).join('\n')).toBe(expected);
  });
});

describe('testfiles-negative: refused with a place', () => {
  test.each(cases('testfiles-negative'))('%s', (name) => {
    const source = read(`testfiles-negative/${name}/Dockerfile`);
    expect(() => parseDockerfile(source)).toThrow(DecantError);
    try {
      parseDockerfile(source);
    } catch (error) {
      expect(error).toMatchObject({ code: 'DOCKERFILE_SYNTAX', place: { file: 'Dockerfile', source } });
    }
  });
});

test('testfile-line: first and last line of each instruction', () => {
  const { stages } = parseDockerfile(read('testfile-line/Dockerfile'));
  const [stage] = stages;
  expect(stage?.from.lines).toEqual({ start: 5, end: 5 });
  expect(stage?.instructions.map(({ kind, lines }) => [kind, lines.start, lines.end])).toEqual([
    ['env', 11, 12],
    ['run', 17, 31],
  ]);
  expect(stage?.lines).toEqual({ start: 5, end: 31 });
});

const VARIABLES = new Map([
  ['PWD', '/home'],
  ['SHELL', 'bash'],
  ['KOREAN', '한국어'],
  ['NULL', ''],
]);

describe('envVarTest: words with variables', () => {
  const rows = read('envVarTest')
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => /^[AU]\|/.test(line))
    .map(({ line, number }) => {
      const [, word = '', expected = ''] = line.split('|').map((part) => part.trim());
      return { number, word, expected };
    });
  test('the table is read whole', () => expect(rows.length).toBeGreaterThan(200));
  test.each(rows)('line $number: $word', ({ word, expected }) => {
    const expand = (): string => expandWord(word, (name) => VARIABLES.get(name));
    if (expected === 'error') expect(expand).toThrow(DecantError);
    else expect(expand()).toBe(expected);
  });
});

describe('wordsTest: words split after expansion', () => {
  const variables = new Map<string, string>();
  for (const line of read('wordsTest').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('ENV ')) {
      const [name = '', value = ''] = line.slice(4).replace(/^ +/, '').split('=', 2);
      variables.set(name, value);
      continue;
    }
    const seen = new Map(variables);
    const [word = '', expected = ''] = line.split('|');
    test(JSON.stringify(line), () => {
      const expand = (): string[] => expandWords(word.trim(), (name) => seen.get(name));
      if (expected.trim() === 'error') expect(expand).toThrow(DecantError);
      else expect(expand()).toEqual(expected.trimStart().split(','));
    });
  }
});

/** The s-expression that BuildKit prints for a node. */
function dump(node: SyntaxNode): string {
  const flags = node.flags.length > 0 ? [`[${node.flags.map(goQuote).join(' ')}]`] : [];
  const args = node.trigger ? [`(${dump(node.trigger)})`] : node.args.map(goQuote);
  return [node.keyword.toLowerCase(), ...flags, ...args].join(' ');
}

/** A Go string literal, as far as the fixtures need it. */
function goQuote(text: string): string {
  return JSON.stringify(text).replace(/\\u00([0-9a-f]{2})/g, '\\x$1');
}
