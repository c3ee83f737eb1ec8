/** "Did you mean …?": the nearest of the known names, when it is at most two edits away. */

const MAX_EDITS = 2;

/** The hint to give for a name that is not known, or undefined when none of the options is near. */
export function didYouMean(value: string, options: readonly string[]): string | undefined {
  const near = nearest(value, options);
  return near === undefined ? undefined : `did you mean ${near}?`;
}

export function nearest(value: string, options: readonly string[]): string | undefined {
  return search(value, options, (text) => text.toLowerCase());
}

/** As `nearest` where case counts; undefined also where one of the options is the value itself. */
export function nearestExactly(value: string, options: readonly string[]): string | undefined {
  return options.includes(value) ? undefined : search(value, options, (text) => text);
}

function search(
  value: string,
  options: readonly string[],
  fold: (text: string) => string,
): string | undefined {
  const wanted = fold(value);
  let best: string | undefined;
  let bestDistance = MAX_EDITS + 1;
  for (const option of options) {
    const candidate = fold(option);
    if (Math.abs(candidate.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, candidate);
    if (distance < bestDistance) {
      best = option;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      const shift = Math.min(previous[column] ?? 0, current[column - 1] ?? 0) + 1;
      current.push(Math.min(substitution, shift));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
