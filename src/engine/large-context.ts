/**
 * What makes a build context large: the entries that would be worth leaving out. Nobody sends a context anywhere, so it
 * is what steps take of it that counts.
 */
export interface LargeEntry {
  /** A directory's ends with a slash. */
  readonly path: string;
  readonly bytes: number;
}

/** From here on it is worth a word. */
export const LARGE_BYTES = 100 * 1024 * 1024;
const MAX_ENTRIES = 10;

/**
 * The ten largest entries, largest first: those at the top, and instead of a directory what is in it where one thing in
 * it makes most of its size.
 *
 * @param files Sizes by path.
 */
export function largestEntries(files: ReadonlyMap<string, number>): readonly LargeEntry[] {
  const sizes = new Map<string, number>();
  const children = new Map<string, Set<string>>();
  for (const [path, size] of files) {
    const parts = path.split('/');
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const entry = parts.slice(0, depth).join('/');
      sizes.set(entry, (sizes.get(entry) ?? 0) + size);
      const parent = parts.slice(0, depth - 1).join('/');
      children.set(parent, (children.get(parent) ?? new Set()).add(entry));
    }
  }
  const sizeOf = (path: string): number => sizes.get(path) ?? 0;
  const found: string[] = [];
  const pending = [...(children.get('') ?? [])];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const inside = [...(children.get(path) ?? [])];
    const whole = sizeOf(path);
    if (inside.some((child) => sizeOf(child) > whole / 2)) pending.push(...inside);
    else found.push(path);
  }
  return found
    .map((path) => ({ path: children.has(path) ? `${path}/` : path, bytes: sizeOf(path) }))
    .sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1))
    .slice(0, MAX_ENTRIES);
}
