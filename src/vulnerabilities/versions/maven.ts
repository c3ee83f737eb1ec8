/**
 * The order of Maven's versions (Maven, "Version Order Specification"): tokens between separators and between letters and
 * digits; trailing nulls before a hyphen or the end do not count; known qualifiers come before or after a release.
 */

interface Token {
  /** `-` begins a list of its own, which sorts below what goes on with a `.`. */
  readonly separator: '.' | '-';
  readonly value: string;
}

const QUALIFIERS = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp'];
const ALIASES: Readonly<Record<string, string>> = { ga: '', final: '', release: '', cr: 'rc' };
const NULLS = new Set(['0', '', 'final', 'ga', 'release']);

export function compareMaven(a: string, b: string): number {
  const [left, right] = [tokensOf(a), tokensOf(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const order = compareTokens(left[at] ?? padding(right[at]), right[at] ?? padding(left[at]));
    if (order !== 0) return order;
  }
  return 0;
}

/** What is missing is a null of the kind that the other has. */
function padding(other: Token | undefined): Token {
  const separator = other?.separator ?? '.';
  return { separator, value: other !== undefined && isNumber(other.value) ? '0' : '' };
}

function tokensOf(version: string): readonly Token[] {
  const tokens: Token[] = [];
  let separator: Token['separator'] = '.';
  for (const [index, part] of version
    .toLowerCase()
    .split(/([.\-_]|(?<=\d)(?=\D)|(?<=[^\d.\-_])(?=\d))/)
    .entries()) {
    // Odd parts are what stands between; from digits to letters and back is a hyphen.
    if (index % 2 === 1) separator = part === '.' ? '.' : '-';
    else tokens.push({ separator, value: part === '' ? '0' : expanded(part, version, tokens.length) });
  }
  return trimmed(tokens);
}

/** `a1`, `b1` and `m1` are short for alpha, beta and milestone. */
function expanded(part: string, version: string, index: number): string {
  const short: Readonly<Record<string, string>> = { a: 'alpha', b: 'beta', m: 'milestone' };
  const long = short[part];
  const isShort = long !== undefined && index > 0 && new RegExp(String.raw`${part}\d`, 'i').test(version);
  return isShort ? long : (ALIASES[part] ?? part);
}

/** Nulls go from the end, and from before each hyphen. */
function trimmed(tokens: readonly Token[]): readonly Token[] {
  const kept: Token[] = [];
  const dropNulls = (): void => {
    while (kept.length > 1 && NULLS.has(kept.at(-1)?.value ?? '')) kept.pop();
  };
  for (const token of tokens) {
    if (token.separator === '-') dropNulls();
    kept.push(token);
  }
  dropNulls();
  return kept;
}

function compareTokens(a: Token, b: Token): number {
  if (a.separator === b.separator && isNumber(a.value) && isNumber(b.value)) {
    return compareNumbers(a.value, b.value);
  }
  const [ofA, ofB] = [kindOf(a), kindOf(b)];
  if (ofA !== ofB) return ofA - ofB;
  if (isNumber(a.value)) return compareNumbers(a.value, b.value);
  const [rankA, rankB] = [rank(a.value), rank(b.value)];
  return rankA === rankB ? Number(a.value > b.value) - Number(a.value < b.value) : rankA - rankB;
}

/** `.qualifier` < `-qualifier` < `-number` < `.number` */
function kindOf({ separator, value }: Token): number {
  if (isNumber(value)) return separator === '-' ? 2 : 3;
  return separator === '-' ? 1 : 0;
}

/** Unknown qualifiers come after the known ones, by their letters. */
function rank(value: string): number {
  const known = QUALIFIERS.indexOf(value);
  return known < 0 ? QUALIFIERS.length : known;
}

function isNumber(value: string): boolean {
  return /^\d+$/.test(value);
}

function compareNumbers(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+(?=\d)/, ''), b.replace(/^0+(?=\d)/, '')];
  return left.length - right.length || Number(left > right) - Number(left < right);
}
