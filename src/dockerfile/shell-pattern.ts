/**
 * The patterns of `${v#pattern}`, `${v%pattern}` and `${v/pattern/text}` (POSIX XCU 2.13): `*` and `?`, no brackets.
 * A pattern is cut at its stars into runs of fixed length, so matching is a search for each run in turn and never
 * backtracks.
 */

import { syntaxError } from './failure.ts';

const MAX_PATTERN_LENGTH = 4096;

/** One place in a run: a code point, or undefined for `?`. */
type Run = readonly (string | undefined)[];

/** Removes the shortest or longest beginning of the value that matches. */
export function trimPrefix(value: string, pattern: string, longest: boolean): string {
  const points = Array.from(value);
  const end = matchFrom(points, 0, parsePattern(pattern), longest);
  return end === undefined ? value : points.slice(end).join('');
}

/** Removes the shortest or longest end of the value that matches. */
export function trimSuffix(value: string, pattern: string, longest: boolean): string {
  const points = Array.from(value).reverse();
  const runs = parsePattern(pattern)
    .map((run) => run.toReversed())
    .toReversed();
  const end = matchFrom(points, 0, runs, longest);
  return end === undefined ? value : points.slice(end).reverse().join('');
}

/** Replaces the first (or every) longest match. The replacement is literal; the result is at most `limit` long. */
export function replacePattern(
  value: string,
  pattern: string,
  replacement: string,
  all: boolean,
  limit: number,
): string {
  const points = Array.from(value);
  const runs = parsePattern(pattern);
  const pieces: string[] = [];
  let length = 0;
  let position = 0;
  let lastEnd = -1;
  while (position <= points.length) {
    const start = find(points, position, runs[0] ?? []);
    const end = start === undefined ? undefined : matchFrom(points, start, runs, true);
    if (start === undefined || end === undefined) break;
    pieces.push(points.slice(position, start).join(''));
    // An empty match right behind the last one is that match's end, not another one.
    if (end > start || end !== lastEnd) {
      pieces.push(replacement);
      length += replacement.length;
      if (length > limit) throw syntaxError(`the expansion is longer than ${limit} characters`);
    }
    lastEnd = end;
    position = end;
    if (!all) break;
    if (end === start) {
      const next = points[position];
      if (next !== undefined) pieces.push(next);
      position++;
    }
  }
  return pieces.join('') + points.slice(position).join('');
}

/** Runs of fixed length; between each two of them stood a star. */
function parsePattern(pattern: string): Run[] {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw syntaxError(`a pattern in a substitution is longer than ${MAX_PATTERN_LENGTH} characters`);
  }
  const points = Array.from(pattern);
  const runs: (string | undefined)[][] = [[]];
  for (let index = 0; index < points.length; index++) {
    let point = points[index];
    if (point === '*') {
      runs.push([]);
      continue;
    }
    if (point === '\\') {
      point = points[++index];
      if (point === undefined || !'*?\\}/'.includes(point)) {
        throw syntaxError(`invalid pattern (${pattern}) in substitution: invalid escape '\\${point ?? ''}'`);
      }
      runs.at(-1)?.push(point);
      continue;
    }
    runs.at(-1)?.push(point === '?' ? undefined : point);
  }
  return runs;
}

/** The end of the shortest or longest match that begins at `start`, or undefined. */
function matchFrom(
  points: readonly string[],
  start: number,
  runs: readonly Run[],
  longest: boolean,
): number | undefined {
  const first = runs[0] ?? [];
  if (!matchesAt(points, start, first)) return undefined;
  let end = start + first.length;
  for (let index = 1; index < runs.length; index++) {
    const run = runs[index] ?? [];
    const isLast = index === runs.length - 1;
    const found = isLast && longest ? findLast(points, end, run) : find(points, end, run);
    if (found === undefined) return undefined;
    end = found + run.length;
  }
  return end;
}

function find(points: readonly string[], from: number, run: Run): number | undefined {
  for (let start = from; start + run.length <= points.length; start++) {
    if (matchesAt(points, start, run)) return start;
  }
  return undefined;
}

function findLast(points: readonly string[], from: number, run: Run): number | undefined {
  for (let start = points.length - run.length; start >= from; start--) {
    if (matchesAt(points, start, run)) return start;
  }
  return undefined;
}

function matchesAt(points: readonly string[], start: number, run: Run): boolean {
  if (start + run.length > points.length) return false;
  for (let index = 0; index < run.length; index++) {
    const wanted = run[index];
    if (wanted !== undefined && wanted !== points[start + index]) return false;
  }
  return true;
}
