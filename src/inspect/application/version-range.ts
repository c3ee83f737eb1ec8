/**
 * Ranges of versions as package.json (`>=18 <21 || ^22`) and Requires-Python (`>=3.9,<4`) write them, as far as they
 * are used to say which runtime is wanted. A range that cannot be read accepts everything: it must not be the reason
 * for an error.
 */

/** Whether a version such as `20.19.2` or `3.13` is in the range. */
export function satisfies(version: string, range: string): boolean {
  const numbers = numbersOf(version);
  return range
    .split('||')
    .some((alternative) => comparatorsOf(alternative).every((comparator) => accepts(numbers, comparator)));
}

interface Comparator {
  readonly operator: string;
  readonly version: string;
}

/** `>= 3.9, <4` and `1.2 - 2.0` as single comparisons. */
function comparatorsOf(text: string): readonly Comparator[] {
  const hyphen = /^\s*v?(\d[\d.]*)\s+-\s+v?(\d[\d.]*)\s*$/.exec(text);
  if (hyphen) {
    return [
      { operator: '>=', version: hyphen[1] ?? '' },
      { operator: '<=', version: hyphen[2] ?? '' },
    ];
  }
  return [...text.matchAll(/([<>=!~^]*)\s*v?(\d+(?:\.(?:\d+|[x*]))*)/g)].map(
    ([, operator = '', version = '']) => ({ operator, version }),
  );
}

function accepts(version: readonly number[], { operator, version: text }: Comparator): boolean {
  const wanted = numbersOf(text);
  const order = compare(version, wanted);
  // What has fewer numbers means all versions that begin so: 18 is 18.anything.
  const begins = wanted.every((number, index) => version[index] === undefined || version[index] === number);
  switch (operator) {
    case '>=':
      return order >= 0;
    case '>':
      return order > 0 && !begins;
    case '<=':
      return order <= 0 || begins;
    case '<':
      return order < 0;
    case '!=':
      return !begins;
    case '~':
    case '~=':
    case '~>':
      return order >= 0 && prefix(version, wanted, operator === '~' ? 2 : wanted.length - 1);
    case '^':
      return order >= 0 && prefix(version, wanted, wanted.findIndex((number) => number > 0) + 1 || 1);
    case '':
    case '=':
    case '==':
    case '===':
      return begins;
    default:
      return true;
  }
}

/** Whether the first numbers are the same; those that either does not say are. */
function prefix(version: readonly number[], wanted: readonly number[], count: number): boolean {
  return wanted
    .slice(0, Math.max(1, count))
    .every((number, index) => version[index] === undefined || version[index] === number);
}

/** Of the numbers that both have. */
function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, number] of b.entries()) {
    const difference = (a[index] ?? 0) - number;
    if (difference !== 0 && (index < a.length || number > 0)) return difference;
  }
  return 0;
}

function numbersOf(version: string): readonly number[] {
  const text = /^\d+(?:\.\d+)*/.exec(version.trim())?.[0] ?? '';
  return text === '' ? [] : text.split('.').map(Number);
}
