import { expect, test } from 'vitest';
import { detectSyntax, parseCheckOptions } from './directives.ts';
import { parseDockerfile } from './parse.ts';

test.each([
  ['# escape=`\nFROM a\nRUN b `\nc', 'b c'],
  ['#ESCAPE = `  \r\nFROM a\nRUN b `\nc', 'b c'],
  ['\uFEFF# escape=`\nFROM a\nRUN b `\nc', 'b c'],
  ['# a comment\n# escape=`\nFROM a\nRUN b \\\nc', 'b c'],
  ['\n# escape=`\nFROM a\nRUN b \\\nc', 'b c'],
  ['# unknown=1\n# escape=`\nFROM a\nRUN b \\\nc', 'b c'],
])('%j decides the escape character', (source, command) => {
  expect(parseDockerfile(source).stages[0]?.instructions).toMatchObject([{ command }]);
});

test.each([
  ['# syntax=docker/dockerfile:1', 'docker/dockerfile:1'],
  ['#syntax = a/b:c with options', 'a/b:c'],
  ['#!/usr/bin/env x\n# syntax=a', 'a'],
  ['// syntax=a\n{}', 'a'],
  ['{"syntax": "a"}', 'a'],
  ['{"syntax": 1}', undefined],
  ['{"syntax"', undefined],
  ['# a comment\n# syntax=a', undefined],
  ['FROM a', undefined],
  ['', undefined],
])('%j names the front end %j', (source, expected) => {
  expect(detectSyntax(source)).toBe(expected);
});

test.each([
  ['', { skip: [], experimental: [], error: false }],
  ['skip=A, B;error=true', { skip: ['A', 'B'], experimental: [], error: true }],
  ['experimental=all;skip=all', { skip: 'all', experimental: 'all', error: false }],
])('check options %j', (text, expected) => {
  expect(parseCheckOptions(text)).toEqual(expected);
});

test.each(['nothing', 'other=1', 'error=perhaps'])('check options %j are refused', (text) => {
  expect(() => parseCheckOptions(text)).toThrow('invalid check option');
});
