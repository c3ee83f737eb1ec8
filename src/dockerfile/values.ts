/** The notations of single values in flags: booleans, numbers, sizes, durations, as Go's standard library has them. */

import { syntaxError } from './failure.ts';
import { quote } from './text.ts';

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

export function parseBoolean(text: string): boolean | undefined {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}

/** An unsigned 32-bit integer, or undefined. */
export function parseUnsigned(text: string, radix: 8 | 10): number | undefined {
  if (text === '' || text.length > 32) return undefined;
  for (const digit of text) if (digit < '0' || digit > (radix === 8 ? '7' : '9')) return undefined;
  const value = Number.parseInt(text, radix);
  return value <= 0xffff_ffff ? value : undefined;
}

const SIZE_UNITS: Readonly<Record<string, number>> = { k: 1, m: 2, g: 3, t: 4, p: 5 };

/** A size in bytes from `128m`, `1.5GiB`, `64kb`, `4096` (binary units, in either case), or undefined. */
export function parseSize(text: string): number | undefined {
  if (text.length > 64) return undefined;
  const match = /^(\d+(?:\.\d*)?|\.\d+) ?(?:([kmgtp])?(?:i?b)?|b)$/i.exec(text);
  if (!match) return undefined;
  const exponent = match[2] === undefined ? 0 : (SIZE_UNITS[match[2].toLowerCase()] ?? 0);
  const size = Math.trunc(Number(match[1]) * 1024 ** exponent);
  return Number.isSafeInteger(size) ? size : undefined;
}

const NANOSECONDS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** Nanoseconds from a duration such as `1m30s` or `0.5h`. Beyond 104 days the last digits are rounded. */
export function parseDuration(text: string): number {
  const invalid = `time: invalid duration ${quote(text)}`;
  if (text.length > 64) throw syntaxError(invalid);
  const negative = text.startsWith('-');
  let rest = negative || text.startsWith('+') ? text.slice(1) : text;
  if (rest === '0') return 0;
  if (rest === '') throw syntaxError(invalid);
  let total = 0n;
  while (rest !== '') {
    const match = /^(\d*)(?:\.(\d*))?([^\d.]*)/.exec(rest);
    const [all = '', whole = '', fraction = '', unit = ''] = match ?? [];
    if (whole === '' && fraction === '') throw syntaxError(invalid);
    const hint = 'durations are written like 30s or 1m30s';
    if (unit === '') throw syntaxError(`time: missing unit in duration ${quote(text)}`, hint);
    const scale = NANOSECONDS[unit];
    if (scale === undefined) {
      throw syntaxError(`time: unknown unit ${quote(unit)} in duration ${quote(text)}`, hint);
    }
    total += BigInt(whole) * scale + (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length);
    rest = rest.slice(all.length);
  }
  if (total >= 1n << 63n) throw syntaxError(invalid);
  return Number(negative ? -total : total);
}
