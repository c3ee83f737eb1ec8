/**
 * What a build came to, as text: lines by path or config field. Recorded results and builders' results are compared
 * in this form.
 */
import type { BaseImages } from './base.ts';
import type { Case, Difference } from './cases.ts';
import type { BuiltImage } from './image.ts';
import { printTree, relativeTo } from './tree.ts';

/** Keys are absolute paths, config fields, and `result` (`image` or `fails`) and `tree` (`whole` or `on base`). */
export type Outcome = ReadonlyMap<string, string>;

export const FAILS: Outcome = new Map([['result', 'fails']]);

export function imageOutcome(image: BuiltImage, base: BaseImages): Outcome {
  const lines = printTree(image.tree, base.names);
  const onBase = lines.get('/bin/busybox') === base.lines.get('/bin/busybox') && lines.has('/bin/sh');
  return new Map([
    ['result', 'image'],
    ...image.config,
    ['tree', onBase ? 'on base' : 'whole'],
    ...(onBase ? relativeTo(base.lines, lines) : lines),
  ]);
}

/** One `KEY VALUE` a line. A path with white space or control characters is a JSON string. */
export function printOutcome(outcome: Outcome): string {
  return [...outcome].map(([key, value]) => `${quote(key)} ${value}\n`).join('');
}

export function parseOutcome(text: string): Outcome {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line): [string, string] => {
      const match = /^("(?:[^"\\]|\\.)*"|\S+) (.*)$/.exec(line);
      if (match === null) throw new Error(`cannot read recorded line: ${line}`);
      const key = match[1] ?? '';
      return [key.startsWith('"') ? (JSON.parse(key) as string) : key, match[2] ?? ''];
    }),
  );
}

/**
 * What sets `actual` apart from `expected`, as lines of a diff; empty where nothing does, or all of it is explained
 * by the case for this builder.
 */
export function differences(
  expected: Outcome,
  actual: Outcome,
  explained: readonly Pick<Difference, 'path' | 'field'>[],
): string[] {
  const failed = expected.get('result') !== actual.get('result');
  const keys = failed ? ['result'] : [...new Set([...expected.keys(), ...actual.keys()])];
  return keys
    .filter((key) => expected.get(key) !== actual.get(key) && !explained.some((one) => covers(one, key)))
    .flatMap((key) => [line('-', key, expected.get(key)), line('+', key, actual.get(key))])
    .filter((text) => text !== '');
}

export function explainedFor(testCase: Case, ...builders: Difference['of'][]): readonly Difference[] {
  return (testCase.differences ?? []).filter((one) => builders.includes(one.of));
}

function covers(one: Pick<Difference, 'path' | 'field'>, key: string): boolean {
  if (one.field !== undefined) return one.field === key;
  if (one.path?.endsWith('/**') === true) return key.startsWith(one.path.slice(0, -2));
  return one.path === key;
}

function line(sign: string, key: string, value: string | undefined): string {
  return value === undefined ? '' : `${sign} ${quote(key)} ${value}`;
}

function quote(key: string): string {
  return /[\s\p{C}"]/u.test(key) ? JSON.stringify(key) : key;
}
