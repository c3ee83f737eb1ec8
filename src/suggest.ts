/** "Did you mean …?": the nearest of the known names, when it is at most two edits away. */

const MAX_EDITS = 2;

/** The hint to give for a name that is not known, or undefined when none of the options is near. */
export function didYouMean(value: string, options: readonly string[]): string | undefined {
  const near = nearest(value, options);
  return near === undefined ? undefined : `did you mean ${near}?`;
}

export function nearest(value: string, options: readonly string[]): string | undefined {
  return search(value.toLowerCase(), options, (option) => option.toLowerCase(), true);
}

/**
 * As `nearest` where case counts, and two letters that changed places are two edits, as BuildKit counts them; undefined
 * also where one of the options is the value itself.
 */
export function nearestExactly(value: string, options: readonly string[]): string | undefined {
  return options.includes(value) ? undefined : search(value, options, (option) => option, false);
}

function search(
  wanted: string,
  options: readonly string[],
  fold: (option: string) => string,
  swaps: boolean,
): string | undefined {
  let best: string | undefined;
  let bestDistance = MAX_EDITS + 1;
  for (const option of options) {
    const candidate = fold(option);
    if (Math.abs(candidate.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, candidate, swaps);
    if (distance < bestDistance) {
      best = option;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein's distance; with `swaps` two neighbours that changed places are one edit. */
function editDistance(left: string, right: string, swaps: boolean): number {
  let beforeLast: readonly number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const substitution = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1);
      const shift = Math.min(previous[column] ?? 0, current[column - 1] ?? 0) + 1;
      const isSwap =
        swaps && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1] && row > 1;
      const swap = isSwap && column > 1 ? (beforeLast[column - 2] ?? 0) + 1 : Infinity;
      current.push(Math.min(substitution, shift, swap));
    }
    beforeLast = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
}
