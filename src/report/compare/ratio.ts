/** How two figures compare, in words. */

/**
 * `863 times smaller`: how `second` compares with `first`. Rounded towards one, so that no claim is larger than the truth;
 * below twice as much, per cent say it better: `12 % larger`.
 */
export function formatRatio(first: number, second: number, less = 'smaller', more = 'larger'): string {
  if (first === second) return 'the same';
  const [large, small] = first > second ? [first, second] : [second, first];
  if (small === 0) return '';
  const ratio = large / small;
  const word = first > second ? less : more;
  if (ratio >= 2) {
    const isWhole = ratio >= 10 || Number.isInteger(ratio);
    const digits = isWhole ? Math.floor(ratio).toString() : (Math.floor(ratio * 100) / 100).toFixed(2);
    return `${digits} times ${word}`;
  }
  // Of the first, which is what there was.
  const percent = (Math.abs(second - first) / first) * 100;
  if (percent < 0.1) return 'nearly the same';
  return `${(Math.floor(percent * 10) / 10).toFixed(1)} % ${word}`;
}

/** `+1.20 MB`, `-300 kB`, `0 B`. */
export function formatDifference(first: number, second: number, format: (value: number) => string): string {
  if (first === second) return format(0);
  return `${second > first ? '+' : '-'}${format(Math.abs(second - first))}`;
}
