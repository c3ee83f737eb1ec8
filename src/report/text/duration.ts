/**
 * Times for people: how long something took, and how long ago something was.
 */

/** `milliseconds` as `0.4s`, `59.9s`, `1m 04s`, `2h 03m`. */
export function formatDuration(milliseconds: number): string {
  const tenths = Math.round(Math.max(0, milliseconds) / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)}s`;
  const seconds = Math.round(tenths / 10);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
}

/** `milliseconds` as seconds with three decimals, the clock of log lines: `0.412`. */
export function formatSeconds(milliseconds: number): string {
  return (Math.max(0, milliseconds) / 1000).toFixed(3);
}

const AGES: readonly (readonly [string, number])[] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/**
 * How long before `now` (milliseconds since the epoch) the ISO time `created` was: `3 days ago`. An image built
 * without a clock has no time or the epoch itself; both print as `-`, since `56 years ago` tells nobody anything.
 */
export function formatAge(created: string | undefined, now: number): string {
  const time = created === undefined ? Number.NaN : Date.parse(created);
  if (Number.isNaN(time) || time <= 0) return '-';
  const seconds = Math.floor((now - time) / 1000);
  if (seconds < 1) return 'just now';
  const [name, length] = AGES.find(([, length]) => seconds >= length) ?? ['second', 1];
  const count = Math.floor(seconds / length);
  return `${count} ${name}${count === 1 ? '' : 's'} ago`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
