/** The order of RPM's versions (rpm, "rpmvercmp"): `[epoch:]version[-release]`, in runs of digits and of letters. */

export function compareRpm(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  return (
    compareRuns(left.epoch, right.epoch) ||
    compareRuns(left.version, right.version) ||
    // Advisories may name a version without a release: it is any.
    (left.release === '' || right.release === '' ? 0 : compareRuns(left.release, right.release))
  );
}

function partsOf(text: string): {
  readonly epoch: string;
  readonly version: string;
  readonly release: string;
} {
  const [, epoch = '0', version = '', release = ''] = /^(?:(\d+):)?([^-]*)(?:-(.*))?$/s.exec(text) ?? [];
  return { epoch, version, release };
}

/** `~` is before the end, `^` after it and before everything else; digits are after letters. */
function compareRuns(a: string, b: string): number {
  const [left, right] = [runsOf(a), runsOf(b)];
  for (let at = 0; ; at++) {
    const [x, y] = [left[at], right[at]];
    if (x === undefined && y === undefined) return 0;
    for (const mark of ['~', '^'] as const) {
      if (x === mark && y === mark) break;
      if (x === mark) return mark === '~' || y !== undefined ? -1 : 1;
      if (y === mark) return mark === '~' || x !== undefined ? 1 : -1;
    }
    if (x === y) continue;
    if (x === undefined) return -1;
    if (y === undefined) return 1;
    const order = compareRun(x, y);
    if (order !== 0) return order;
  }
}

function runsOf(text: string): readonly string[] {
  return text.match(/\d+|[A-Za-z]+|[~^]/g) ?? [];
}

function compareRun(a: string, b: string): number {
  const [isA, isB] = [/^\d/.test(a), /^\d/.test(b)];
  if (isA !== isB) return isA ? 1 : -1;
  if (!isA) return Number(a > b) - Number(a < b);
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return left.length - right.length || Number(left > right) - Number(left < right);
}
