/**
 * What `${name…}` stands for once its parts are read: parameter expansion (POSIX XCU 2.6.2), its tests for unset and
 * null, and the removal of a prefix or a suffix.
 */

import { syntaxError } from './failure.ts';
import { trimPrefix, trimSuffix } from './shell-pattern.ts';

export interface Parameter {
  readonly name: string;
  /** Undefined when it is not set. */
  readonly value: string | undefined;
}

export interface Modifier {
  readonly operator: ConditionalOperator | PatternOperator;
  /** What stands behind the operator, expanded. */
  readonly word: string;
  /** With a colon: what is empty counts as unset. */
  readonly nullIsUnset: boolean;
}

/** What to do where `?` finds no value. */
export type HintForMissing = (name: string) => string;

type ConditionalOperator = '-' | '+' | '?';
type PatternOperator = '#' | '%';

export function isConditional(operator: string): operator is ConditionalOperator {
  return operator === '-' || operator === '+' || operator === '?';
}

export function removesPattern(operator: string): operator is PatternOperator {
  return operator === '#' || operator === '%';
}

/** Throws DOCKERFILE_SYNTAX for `?` where the value is missing. */
export function substitute(
  { name, value }: Parameter,
  { operator, word, nullIsUnset }: Modifier,
  hint?: HintForMissing,
): string {
  const missing = value === undefined || (nullIsUnset && value === '');
  switch (operator) {
    case '-':
      return missing ? word : value;
    case '+':
      return missing ? '' : word;
    case '?':
      if (!missing) return value;
      throw syntaxError(
        `${name}: ${word === '' ? `is not allowed to be ${value === undefined ? 'unset' : 'empty'}` : word}`,
        hint?.(name),
      );
    default: {
      const longest = word.startsWith(operator);
      const pattern = longest ? word.slice(1) : word;
      const trim = operator === '#' ? trimPrefix : trimSuffix;
      return trim(value ?? '', pattern, longest);
    }
  }
}
