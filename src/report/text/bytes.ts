/**
 * Sizes for people: decimal units, three significant digits, as container tools print them (`861 MB`, `1.83 MB`).
 */

const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** `bytes` is a count of bytes; anything that is not a count (negative, NaN, infinite) prints as `?`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return '?';
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  let value = bytes;
  let unit = -1;
  // 999.5 is where three digits round up to 1000: that belongs to the next unit.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${threeDigits(value)} ${UNITS[unit]}`;
}

/** Bytes per second over `milliseconds`; empty where there was no time to speak of. */
export function formatRate(bytes: number, milliseconds: number): string {
  if (milliseconds < 1) return '';
  return `${formatBytes((bytes * 1000) / milliseconds)}/s`;
}

function threeDigits(value: number): string {
  if (value < 9.995) return value.toFixed(2);
  if (value < 99.95) return value.toFixed(1);
  return value.toFixed(0);
}
