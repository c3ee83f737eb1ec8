/**
 * The expressions of find(1), POSIX "find" with GNU's `-maxdepth`, `-iname`, `-newermt`, `-perm /MODE` and the like:
 * tests, joined by `-a` (or nothing), `-o`, `!` and parentheses.
 */
import { DecantError } from '../../errors.ts';
import type { Node } from '../../tree/entry.ts';
import { TESTS } from './find-tests.ts';
import type { ImageFiles } from './image-files.ts';

export type Test = (node: Node) => boolean;

export interface Expression {
  /** Throws PATH_UNKNOWN or USAGE for what a test names and the image has not. */
  readonly prepare: (files: ImageFiles) => Prepared;
  /** Names end with a zero byte instead of a line feed: `-print0`. */
  readonly zero: boolean;
  /** All that is known of a file, as `ls` shows it: `-ls`. */
  readonly long: boolean;
}

export interface Prepared {
  readonly test: Test;
  /** Levels below the paths that were asked for. */
  readonly least: number;
  readonly most: number;
}

type Make = (files: ImageFiles) => Test;

/** Nesting beyond this is a mistake, or meant to exhaust the stack. */
const MAX_DEPTH = 100;

/** Throws USAGE. */
export function parseExpression(words: readonly string[]): Expression {
  const reader = new Reader(words);
  const make = words.length === 0 || reader.isOver ? always : reader.either(0);
  if (!reader.isOver) throw usage(`"${reader.next()}" stands where no test is expected`);
  const { least, most, zero, long } = reader;
  return { prepare: (files) => ({ test: make(files), least, most }), zero, long };
}

const always: Make = () => () => true;

class Reader {
  readonly #words: readonly string[];
  #at = 0;
  least = 0;
  most = Infinity;
  zero = false;
  long = false;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  get isOver(): boolean {
    return this.#at >= this.#words.length;
  }

  next(): string {
    return this.#words[this.#at++] ?? '';
  }

  either(depth: number): Make {
    const all = this.#eithers(depth);
    return all.length === 1
      ? (all[0] as Make)
      : prepared(all, (tests, node) => tests.some((test) => test(node)));
  }

  #both(depth: number): Make {
    const all = [this.#one(depth)];
    while (!this.isOver && !['-o', '-or', ')'].includes(this.#words[this.#at] ?? '')) {
      if (['-a', '-and'].includes(this.#words[this.#at] ?? '')) this.next();
      all.push(this.#one(depth));
    }
    return all.length === 1
      ? (all[0] as Make)
      : prepared(all, (tests, node) => tests.every((test) => test(node)));
  }

  #eithers(depth: number): readonly Make[] {
    const all = [this.#both(depth)];
    while (['-o', '-or'].includes(this.#words[this.#at] ?? '')) {
      this.next();
      all.push(this.#both(depth));
    }
    return all;
  }

  #one(depth: number): Make {
    if (depth > MAX_DEPTH) throw usage('the expression is nested too deep');
    if (this.isOver) throw usage('the expression ends where a test is expected');
    const word = this.next();
    if (word === '!' || word === '-not') {
      const make = this.#one(depth + 1);
      return (files) => {
        const test = make(files);
        return (node) => !test(node);
      };
    }
    if (word === '(') {
      const make = this.either(depth + 1);
      if (this.next() !== ')') throw usage('a parenthesis is not closed');
      return make;
    }
    return this.#primary(word);
  }

  #primary(word: string): Make {
    if (word === '-print' || word === '-print0' || word === '-ls') {
      this.zero ||= word === '-print0';
      this.long ||= word === '-ls';
      return always;
    }
    if (word === '-maxdepth' || word === '-mindepth') {
      const text = this.#argument(word);
      if (!/^\d{1,6}$/.test(text)) throw usage(`${word} "${text}" is no number of levels`);
      if (word === '-maxdepth') this.most = Number(text);
      else this.least = Number(text);
      return always;
    }
    const test = TESTS[word];
    if (!test) throw unknown(word);
    return test.takes === 0 ? test.make('') : test.make(this.#argument(word));
  }

  #argument(word: string): string {
    if (this.isOver) throw usage(`${word} lacks its argument`);
    return this.next();
  }
}

function prepared(all: readonly Make[], join: (tests: readonly Test[], node: Node) => boolean): Make {
  return (files) => {
    const tests = all.map((make) => make(files));
    return (node) => join(tests, node);
  };
}

function unknown(word: string): DecantError {
  const refused = /^-(?:exec|execdir|ok|okdir|delete|fprint.*|fls)$/.test(word);
  return usage(
    refused ? `${word} would do something, and decant find only looks` : `there is no test "${word}"`,
  );
}

function usage(message: string): DecantError {
  return new DecantError('USAGE', message, { hint: `tests are ${Object.keys(TESTS).join(', ')}` });
}
