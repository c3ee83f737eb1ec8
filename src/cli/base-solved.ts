/** A recipe solved for several platforms: what `base lock` writes, and what `base update` compares a lock with. */
import type { ArchiveRelease } from '../debian/archive.ts';
import type { Package } from '../debian/package.ts';
import type { PoolFile } from '../debian/pool.ts';
import { formatLock, makeLock } from '../distroless/lock.ts';
import type { Recipe } from '../distroless/recipe.ts';
import type { Store } from '../store/store.ts';
import { type OpenFlags, withSolution } from './base-input.ts';

export interface Solved {
  /** By Debian's name of the architecture. */
  readonly packages: ReadonlyMap<string, readonly Package[]>;
  /** For a recipe with `jlink`, what runs it on a machine of the architecture. */
  readonly tools: ReadonlyMap<string, readonly PoolFile[]>;
  readonly releases: readonly ArchiveRelease[];
}

export async function solveFor(
  store: Store,
  recipe: Recipe,
  platforms: readonly string[],
  flags: OpenFlags,
): Promise<Solved> {
  const packages = new Map<string, readonly Package[]>();
  const tools = new Map<string, readonly PoolFile[]>();
  let releases: readonly ArchiveRelease[] = [];
  for (const platform of platforms) {
    await withSolution(
      store,
      recipe,
      { ...flags, platform },
      ({ platform: of, archive, solution, jlink }) => {
        packages.set(of.architecture, solution.packages);
        if (jlink) tools.set(of.architecture, jlink.own);
        ({ releases } = archive);
        return Promise.resolve();
      },
    );
  }
  return { packages, tools, releases };
}

export function lockText(recipe: Recipe, { packages, tools, releases }: Solved): string {
  return formatLock(makeLock(recipe, packages, releases, tools));
}
