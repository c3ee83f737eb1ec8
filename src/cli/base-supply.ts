/**
 * `decant build --bases compose`: a distroless or Debian base that FROM names and the store does not have is composed
 * on the spot, under the name that the Dockerfile gives it.
 */
import { findRecipe, parseBaseName } from '../distroless/catalogue/catalogue.ts';
import { compose } from '../distroless/compose.ts';
import { variantOf } from '../distroless/recipe.ts';
import { composeDebian, parseSystemName } from '../distroless/system/compose-debian.ts';
import { solve } from '../debian/solver/solve.ts';
import { systemPackages } from '../distroless/system/packages.ts';
import { NamespaceNeeded } from '../engine/embedded/namespace.ts';
import { type Emit, monotonic } from '../events.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { Platform } from '../oci/platform.ts';
import { familiar, parseImageName } from '../oci/reference.ts';
import type { Store } from '../store/store.ts';
import { keepOtherPlatforms } from './base-platforms.ts';
import { sourcesOf, withArchive, withSolution } from './base-input.ts';
import { privileges } from './privileges.ts';
import { VERSION } from './version.ts';

export function composeBases(
  store: Store,
  signal: AbortSignal,
  emit: Emit,
): (reference: string, platform: Platform) => Promise<boolean> {
  return async (reference, platform) => {
    const base = parseBaseName(reference);
    const system = base ? undefined : parseSystemName(reference);
    if (!base && !system) return false;
    emit({
      type: 'warning',
      time: monotonic(),
      message: `the base ${reference} is not in the store; it is composed from Debian packages`,
    });
    const flags = { platform: formatPlatform(platform), signal, emit };
    const name = familiar(parseImageName(reference));
    const before = await store.images.find(name);
    const common = {
      store,
      platform,
      names: [name],
      toolVersion: VERSION,
      signal,
      emit,
    };
    if (base) {
      const recipe = variantOf(findRecipe(base.family, base.suite), base.variant);
      await withSolution(store, recipe, flags, ({ archive, solution, jlink }) =>
        compose({
          ...common,
          recipe,
          packages: solution.packages,
          fetch: archive.fetch,
          jlink,
          privileges: privileges(),
        }),
      );
    } else if (system) {
      const may = privileges();
      if (may === 'none') throw new NamespaceNeeded();
      await withArchive(store, system.suite, flags, async (_platform, archive) =>
        composeDebian({
          ...common,
          system,
          packages: solve(archive.index, { packages: systemPackages(archive.index) }).packages,
          fetch: archive.fetch,
          sources: await sourcesOf(system.suite, {}),
          privileges: may,
        }),
      );
    }
    if (before) await keepOtherPlatforms(store, name, before, platform);
    return true;
  };
}
