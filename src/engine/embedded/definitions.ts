/** Which definitions have led to which keys in a build: without these, another store would have to do the steps to find out. */
import type { CachedKey } from '../../oci/build-cache.ts';

export interface Definitions {
  readonly note: (found: CachedKey) => void;
  readonly all: () => readonly CachedKey[];
}

export function gatherDefinitions(): Definitions {
  const found = new Map<string, CachedKey>();
  return {
    note: (each) => void found.set(`${each.kind} ${each.definition}`, each),
    all: () => [...found.values()],
  };
}
