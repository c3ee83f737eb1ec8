import { describe, expect, test } from 'vitest';
import { DecantError } from '../errors.ts';
import { MAX_EXPANDED_LENGTH } from './word-splitting.ts';
import { expandHeredoc, expandTracked, expandWord, expandWords } from './words.ts';

const VARIABLES: Readonly<Record<string, string>> = {
  name: 'value',
  empty: '',
  path: '/usr/local/lib/libz.so.1',
  stars: 'a*b?c',
  face: 'x🙂y🙂z',
  ports: '3000  4000/udp',
};
const lookup = (name: string): string | undefined => VARIABLES[name];

// The vectors in test/conformance cover quotes, escapes and the four basic modifiers; these are the rest.
describe('patterns', () => {
  test.each([
    ['${path#*/}', 'usr/local/lib/libz.so.1'],
    ['${path##*/}', 'libz.so.1'],
    ['${path%/*}', '/usr/local/lib'],
    ['${path%%/*}', ''],
    ['${path#/usr}', '/local/lib/libz.so.1'],
    ['${path#usr}', '/usr/local/lib/libz.so.1'],
    ['${path%.?}', '/usr/local/lib/libz.so'],
    ['${path##/*l*/}', 'libz.so.1'],
    ['${path/l?b/X}', '/usr/local/X/libz.so.1'],
    ['${path//l?b/X}', '/usr/local/X/Xz.so.1'],
    ['${path/\\/usr/}', '/local/lib/libz.so.1'],
    ['${path//\\//-}', '-usr-local-lib-libz.so.1'],
    ['${path/l*l/X}', '/usr/Xibz.so.1'],
    ['${path/nothing/X}', '/usr/local/lib/libz.so.1'],
    ['${name/*/all}', 'all'],
    ['${name//*/all}', 'all'],
    ['${name///-}', '-v-a-l-u-e-'],
    ['${name/a/}', 'vlue'],
    ['${stars#a\\*}', 'b?c'],
    ['${stars%\\?c}', 'a*b'],
    ['${stars#a?}', 'b?c'],
    ['${stars%b*}', 'a*'],
    ['${face#??}', 'y🙂z'],
    ['${face%🙂*}', 'x🙂y'],
    ['${face//🙂/-}', 'x-y-z'],
    ['${unset#a}', ''],
    ['${unset/a/b}', ''],
    ['${path##$name}', '/usr/local/lib/libz.so.1'],
    ['${name%%${unset:-lue}}', 'va'],
    ['${name/a/$1}', 'vlue'],
  ])('%s', (word, expected) => {
    expect(expandWord(word, lookup)).toBe(expected);
  });
});

describe('errors name the word', () => {
  test.each([
    ['${unset:?}', 'unset: is not allowed to be unset'],
    ['${empty:?}', 'empty: is not allowed to be empty'],
    ['${unset?say $name}', 'unset: say value'],
    ['${name', "syntax error: missing '}'"],
    ['${', "syntax error: missing '}'"],
    ['${name:-x', "syntax error: missing '}'"],
    ['${name:-"x', "syntax error: missing '}'"],
    ['${name/x', "syntax error: missing '/' in ${}"],
    ['${name/x/y', "syntax error: missing '}'"],
    ['${}', 'syntax error: bad substitution'],
    ['${name:=x}', 'unsupported modifier (:=) in substitution'],
    ['${name:#x}', 'unsupported modifier (:#) in substitution'],
    ['${name^}', 'unsupported modifier (^) in substitution'],
    ['${name#\\a}', "invalid pattern (\\a) in substitution: invalid escape '\\a'"],
    ["'x", 'unexpected end of statement while looking for matching single-quote'],
    ['"x', 'unexpected end of statement while looking for matching double-quote'],
  ])('%s', (word, message) => {
    const whole = `failed to process ${JSON.stringify(word)}: ${message}`;
    expect(() => expandWord(word, lookup)).toThrow(
      expect.objectContaining({ name: 'DecantError', code: 'DOCKERFILE_SYNTAX', message: whole }),
    );
  });
});

test('the escape character is the one the file chose', () => {
  expect(expandWord('C:\\dir\\`$name "`$x" \\$name', lookup, { escape: '`' })).toBe(
    'C:\\dir\\$name $x \\value',
  );
});

test('words are split after expansion, where no quotes stand', () => {
  expect(expandWords('80 $ports "a b" x\\ y ${unset}', lookup)).toEqual([
    '80',
    '3000',
    '4000/udp',
    'a b',
    'x y',
  ]);
  expect(expandWords('8${unset:-0}80', lookup)).toEqual(['8080']);
});

test('the names that were used and those that are unset', () => {
  const word = "$name ${gone:-${empty}} '$quoted' ${name%$other} \\$escaped $name";
  expect(expandTracked(word, lookup)).toMatchObject({ used: ['name', 'empty'], unset: ['gone', 'other'] });
});

test('in the body of a heredoc quotes are text', () => {
  expect(expandHeredoc(`it's "$name" \\$name \${unset:-'x'}\n`, lookup)).toBe(`it's "value" $name 'x'\n`);
});

test('for the name of a step, quotes and what is unset are kept', () => {
  const keep = { keepQuotes: true, keepUnset: true } as const;
  expect(expandWord(`"$name" '$name' $unset \${unset:-x} \${unset/a/b}`, lookup, keep)).toBe(
    `"value" '$name' $unset \${unset:-x} \${unset/a/b}`,
  );
});

test('expansion is bounded in depth and in length', () => {
  const deep = '${a:-'.repeat(10_000) + '}'.repeat(10_000);
  expect(() => expandWord(deep, lookup)).toThrow(DecantError);
  const long = 'x'.repeat(MAX_EXPANDED_LENGTH / 2);
  expect(() => expandWord('$a$a$a', () => long)).toThrow('the expansion is longer than');
  expect(() => expandWord(`\${a//x/${'y'.repeat(100)}}`, () => 'x'.repeat(1_000_000))).toThrow(DecantError);
});
