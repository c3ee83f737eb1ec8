/**
 * Counted things in a sentence.
 */

/** `1 step`, `3 steps`; `several` where the plural is not made with an s. */
export function formatCount(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`;
}
