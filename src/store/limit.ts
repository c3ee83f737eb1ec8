/** What a build cache of a limited size keeps: what was used last, until the limit is reached. */

export interface Kept<T> {
  readonly item: T;
  /** When it was last used, in milliseconds since the epoch. */
  readonly usedMs: number;
  /** Of itself. */
  readonly bytes: number;
  /** What it needs besides, which it may share with others. */
  readonly refs: readonly string[];
}

/**
 * The items to keep. Everything that was used before the first that has no room goes: what is kept stands on what is as
 * new.
 *
 * @param sizeOf Bytes of what items refer to; 0 for what is there anyway.
 * @param maxBytes The limit, or how it follows from what all items take.
 */
export function keepWithin<T>(
  items: readonly Kept<T>[],
  sizeOf: (ref: string) => number,
  maxBytes: number | ((total: number) => number),
): ReadonlySet<T> {
  const refsOfAll = new Set(items.flatMap(({ refs }) => refs));
  const all = [...items.map(({ bytes }) => bytes), ...[...refsOfAll].map(sizeOf)];
  const limit =
    typeof maxBytes === 'number' ? maxBytes : maxBytes(all.reduce((sum, bytes) => sum + bytes, 0));
  const kept = new Set<T>();
  const counted = new Set<string>();
  let total = 0;
  for (const { item, bytes, refs } of items.toSorted((a, b) => b.usedMs - a.usedMs)) {
    const added = refs.filter((ref) => !counted.has(ref));
    total += bytes + added.reduce((sum, ref) => sum + sizeOf(ref), 0);
    if (total > limit) break;
    kept.add(item);
    for (const ref of added) counted.add(ref);
  }
  return kept;
}
