/** Build caches of a build: read before it, as far as they can be, and written after it. */
import { monotonic } from '../events.ts';
import type { CacheTarget } from '../engine/build-request.ts';
import type { CacheSource } from '../engine/embedded/imported.ts';
import { DecantError } from '../errors.ts';
import type { Platform } from '../oci/platform.ts';
import type { Means } from '../transport/image.ts';
import { cacheName, parseCacheFrom, parseCacheTo } from './cache-spec.ts';
import type { CacheDestination } from './cache-spec.ts';

export interface CacheFlags {
  readonly cacheFrom?: readonly string[];
  readonly cacheTo?: readonly string[];
  readonly offline?: boolean;
}

export interface BuildCaches {
  /** What was asked for and has no meaning here. */
  readonly answers: readonly string[];
  readonly isInline: boolean;
  /** What can be read. What cannot is warned of: it is as if nothing had been there. */
  readonly read: (platforms: readonly Platform[], means: Means) => Promise<readonly CacheSource[]>;
  readonly targets: (means: Means) => readonly CacheTarget[];
}

/** Throws USAGE, REFERENCE_INVALID. */
export function buildCaches({ cacheFrom = [], cacheTo = [], offline }: CacheFlags): BuildCaches {
  const [from, to] = [cacheFrom.map(parseCacheFrom), cacheTo.map(parseCacheTo)];
  const destinations = to.flatMap((each) => each.to ?? []);
  const locations = from.flatMap((each) => each.from ?? []);
  if (offline && destinations.some(({ location }) => location?.transport === 'docker'))
    throw new DecantError('USAGE', '--cache-to: nothing can be pushed with --offline');
  return {
    answers: [...from, ...to].flatMap(({ answer }) => answer ?? []),
    isInline: destinations.some(({ location }) => location === undefined),
    async read(platforms, means) {
      const sources: CacheSource[] = [];
      for (const location of locations) {
        const name = cacheName(location);
        if (offline && location.transport === 'docker') {
          warn(means, `the build cache ${name} is not read: --offline`);
          continue;
        }
        try {
          const { readCache } = await import('../transport/build-cache.ts');
          const found = await readCache(location, platforms, means);
          if (found) sources.push(found);
          else warn(means, `${name} is an image without a build cache`);
        } catch (error) {
          if (!(error instanceof DecantError) || error.code === 'INTERRUPTED') throw error;
          warn(means, `the build cache ${name} cannot be read, so it is of no use: ${error.message}`);
        }
      }
      return sources;
    },
    targets: (means) =>
      destinations.flatMap(({ location, mode, ignoreError }) =>
        location ? [target({ location, mode, ignoreError }, means)] : [],
      ),
  };
}

function target({ location, mode, ignoreError }: Required<CacheDestination>, means: Means): CacheTarget {
  const name = cacheName(location);
  return {
    mode,
    write: async (cache) => {
      try {
        const { writeCache } = await import('../transport/build-cache.ts');
        const written = await writeCache(cache, location, means);
        if (!written) warn(means, `there is nothing for the build cache ${name}: no step has made a layer`);
      } catch (error) {
        if (!(error instanceof DecantError) || error.code === 'INTERRUPTED') throw error;
        const { code, cause, hint } = error;
        const message = `the build cache cannot be written to ${name}: ${error.message}`;
        if (!ignoreError) throw new DecantError(code, message, { cause, hint });
        warn(means, message);
      }
    },
  };
}

function warn({ emit }: Means, message: string): void {
  emit({ type: 'warning', time: monotonic(), message });
}
