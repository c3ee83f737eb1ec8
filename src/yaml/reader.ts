/**
 * Files that people write in YAML (1.2, yaml.org/spec), read key by key: an unknown key or a value of another kind is
 * an error that shows its line. What the keys mean is the reader's to know.
 */
import { LineCounter, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Node, YAMLMap } from 'yaml';
import { DecantError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { didYouMean } from '../suggest.ts';

export interface YamlSource {
  readonly text: string;
  /** The file's name for messages. */
  readonly file: string;
  /** What the file is, for messages: `a recipe`. */
  readonly what: string;
  /** The code of every error here. */
  readonly code: ErrorCode;
}

/** The values of a map by key, each of the kind that is asked for; what is not there is undefined, or empty. */
export interface Reader {
  readonly self: Node;
  readonly has: (key: string) => boolean;
  readonly text: (key: string) => string | undefined;
  /** One of the words. */
  readonly word: <Word extends string>(key: string, words: readonly Word[]) => Word | undefined;
  readonly flag: (key: string) => boolean | undefined;
  /** A whole number that fits 32 bits. */
  readonly number: (key: string) => number | undefined;
  readonly texts: (key: string) => readonly string[];
  /** Names and texts, in the order in which they stand. */
  readonly pairs: (key: string) => readonly (readonly [string, string])[];
  readonly map: (key: string, keys: readonly string[]) => Reader | undefined;
  readonly maps: (key: string, keys: readonly string[]) => readonly Reader[];
  /** An error at the key's value, or at the map itself where the key is not there. */
  readonly wrong: (key: string | undefined, message: string, hint?: string) => DecantError;
}

type Wrong = (node: Node | null | undefined, message: string, hint?: string) => DecantError;

const MAX_CHARACTERS = 1024 * 1024;
const MAX_NUMBER = 0xffff_fffe;

/** @throws DecantError of the source's code, with the place */
export function readYaml(source: YamlSource, keys: readonly string[]): Reader {
  const { text, file, what, code } = source;
  if (text.length > MAX_CHARACTERS) throw new DecantError(code, `${file} is too large for ${what}`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const at = (line: number, message: string, hint?: string): DecantError =>
    new DecantError(code, message, { hint, place: { file, start: line, end: line, source: text } });
  const [syntax] = document.errors;
  if (syntax) throw at(syntax.linePos?.[0].line ?? 1, syntax.message.split('\n')[0] ?? 'not YAML');
  const wrong: Wrong = (node, message, hint) => at(lines.linePos(node?.range?.[0] ?? 0).line, message, hint);
  if (!isMap(document.contents)) throw wrong(document.contents, `${what} is a map of keys and values`);
  return readerOf(document.contents, keys, wrong);
}

function readerOf(map: YAMLMap, keys: readonly string[], wrong: Wrong): Reader {
  const nodes = new Map<string, Node>();
  for (const { key, value } of map.items) {
    const name = isScalar(key) ? String(key.value) : '';
    if (!keys.includes(name)) {
      throw wrong(
        key as Node,
        `there is no key "${name}" here`,
        didYouMean(name, keys) ?? `the keys are ${keys.join(', ')}`,
      );
    }
    // `name:` and `name: ~` say nothing.
    if (value && !(isScalar(value) && value.value === null)) nodes.set(name, value as Node);
  }
  const scalar = (node: Node, key: string): string => {
    if (isScalar(node) && ['string', 'number', 'boolean'].includes(typeof node.value))
      return node.source ?? String(node.value);
    throw wrong(node, `"${key}" is a text`);
  };
  const items = (key: string): readonly Node[] => {
    const node = nodes.get(key);
    if (node === undefined) return [];
    if (!isSeq(node)) throw wrong(node, `"${key}" is a list`);
    return node.items as Node[];
  };
  const ifThere = <Value>(key: string, read: (node: Node) => Value): Value | undefined => {
    const node = nodes.get(key);
    return node && read(node);
  };
  const inner = (node: Node, known: readonly string[], message: string): Reader => {
    if (!isMap(node)) throw wrong(node, message);
    return readerOf(node, known, wrong);
  };
  return {
    self: map,
    has: (key) => nodes.has(key),
    text: (key) => ifThere(key, (node) => scalar(node, key)),
    word: (key, words) =>
      ifThere(key, (node) => {
        const value = scalar(node, key);
        const word = words.find((one) => one === value);
        if (word !== undefined) return word;
        throw wrong(
          node,
          `"${key}" cannot be "${value}"`,
          didYouMean(value, words) ?? `it is one of ${words.join(', ')}`,
        );
      }),
    flag: (key) =>
      ifThere(key, (node) => {
        if (isScalar(node) && typeof node.value === 'boolean') return node.value;
        throw wrong(node, `"${key}" is true or false`);
      }),
    number: (key) =>
      ifThere(key, (node) => {
        const value = Number(scalar(node, key));
        if (Number.isInteger(value) && value >= 0 && value <= MAX_NUMBER) return value;
        throw wrong(node, `"${key}" is a whole number`);
      }),
    texts: (key) => items(key).map((item) => scalar(item, key)),
    pairs: (key) => {
      const node = nodes.get(key);
      if (node === undefined) return [];
      if (!isMap(node)) throw wrong(node, `"${key}" is a map of names and texts`);
      return node.items.map(
        (pair) => [scalar(pair.key as Node, key), scalar(pair.value as Node, key)] as const,
      );
    },
    map: (key, known) => ifThere(key, (node) => inner(node, known, `"${key}" is a map of keys and values`)),
    maps: (key, known) => items(key).map((item) => inner(item, known, `"${key}" is a list of maps`)),
    wrong: (key, message, hint) =>
      wrong((key === undefined ? undefined : nodes.get(key)) ?? map, message, hint),
  };
}
