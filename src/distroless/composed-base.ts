/** What an image says of the base that it is, or that it was built on: release, recipe and packages. */
import { dpkgPackages } from '../inspect/packages/dpkg.ts';
import { readDistribution } from '../inspect/packages/os-release.ts';
import type { PackageFinding } from '../inspect/packages/package.ts';
import type { ImageConfig } from '../oci/config.ts';
import type { Compared } from '../tree/compare.ts';
import type { ListedPackage } from './changes.ts';
import { findSuite, type Suite } from './suites.ts';

export interface ComposedBase {
  /** Undefined for a distribution, or a release, that decant does not compose from. */
  readonly suite: Suite | undefined;
  /** The name of the recipe, where decant composed it. */
  readonly recipe: string | undefined;
  /** dpkg's; sorted by name. */
  readonly packages: readonly ListedPackage[];
}

/** Throws INTERRUPTED, and what opening contents throws. */
export async function readComposedBase(
  config: ImageConfig,
  { tree, open }: Compared,
  signal: AbortSignal,
): Promise<ComposedBase> {
  const reading = { tree, open, signal, warn: () => {} };
  const { id, versionId = '' } = (await readDistribution(reading)) ?? {};
  const packages = await dpkgPackages(reading);
  return {
    suite: id === undefined ? undefined : findSuite(`${id}:${versionId}`),
    recipe: recipeIn(config),
    packages: packages.map(listedOf).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** The topmost layer that composing made is of the recipe itself; those of a Dockerfile may lie above it. */
function recipeIn({ history = [] }: ImageConfig): string | undefined {
  const made = history.flatMap(({ created_by: text = '', comment }) => {
    const name = /^decant base build (\S+)$/.exec(text)?.[1];
    return comment === 'decant' && name !== undefined ? [name] : [];
  });
  return made.at(-1);
}

function listedOf(found: PackageFinding): ListedPackage {
  const { name, version, architecture = 'all', source = { name, version } } = found;
  return { name, version, architecture, source: { name: source.name, version: source.version } };
}
