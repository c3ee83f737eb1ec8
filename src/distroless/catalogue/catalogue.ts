/** Recipes by name, put together from the families. */
import { DecantError } from '../../errors.ts';
import { didYouMean } from '../../suggest.ts';
import type { Excluded, Recipe, SuiteVersion, Variant } from '../recipe.ts';
import { PATH, SUITES, VARIANTS } from '../recipe.ts';
import { FAMILIES, NEVER } from './families.ts';
import type { Family, PerSuite } from './families.ts';
import { LEAN } from './leave-out.ts';

export const DEFAULT_SUITE: SuiteVersion = '13';

/** `python3`, `python3-debian12`, `python3-debian12:nonroot`, also below `gcr.io/distroless/`. */
export interface BaseName {
  readonly family: string;
  readonly suite: SuiteVersion;
  readonly variant: Variant;
}

/** The base that a name means, or undefined where it is none of the catalogue's. */
export function parseBaseName(text: string): BaseName | undefined {
  const match = /^(?:gcr\.io\/distroless\/)?([a-z0-9-]+?)(?:-debian(\d+))?(?::([a-z-]+))?$/.exec(text);
  const [, name, suite = DEFAULT_SUITE, variant = 'latest'] = match ?? [];
  const family = FAMILIES.find((known) => known.name === name);
  const knownVariant = VARIANTS.find((known) => known === variant);
  if (!family || !(suite in SUITES) || !knownVariant) return undefined;
  return { family: family.name, suite: suite as SuiteVersion, variant: knownVariant };
}

/** A recipe of the catalogue, without a variant applied; undefined where the release does not have it. */
export function catalogueRecipe(name: string, version: SuiteVersion): Recipe | undefined {
  const chain = familyChain(name);
  const [family] = chain;
  if (!family?.suites.includes(version)) return undefined;
  const packages = [...new Set(chain.toReversed().flatMap((part) => forSuite(part.packages, version)))];
  // What a family asks for by name is in, whatever one below it leaves out.
  const exclude = [...NEVER, ...chain.flatMap((part) => part.exclude ?? [])].filter(
    (excluded) => !packages.includes(excluded.package),
  );
  const below = family.on === undefined ? undefined : catalogueRecipe(family.on, version);
  return {
    name: `${family.name}-debian${version}`,
    description: family.description,
    suite: SUITES[version],
    ...(below && { below }),
    packages,
    exclude: distinct(exclude),
    leaveOut: chain.flatMap((part) => part.leaveOut ?? []),
    lean: [...LEAN, ...chain.flatMap((part) => part.lean ?? [])],
    allowScripts: [],
    users: [],
    files: [],
    environment: Object.assign(
      {
        PATH: [...forSuite(family.searchPath ?? [], version), PATH].join(':'),
        SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt',
      },
      ...chain.toReversed().map((part) => part.environment ?? {}),
    ) as Record<string, string>,
    ...(family.versions && { versions: family.versions }),
    ...(family.jlink && { jlink: family.jlink }),
    entrypoint: forSuite(family.entrypoint ?? [], version),
    command: [],
    user: '0',
    workingDirectory: '/',
  };
}

/** @throws DecantError BASE_UNKNOWN */
export function findRecipe(name: string, version: SuiteVersion): Recipe {
  const recipe = catalogueRecipe(name, version);
  if (recipe) return recipe;
  const names = FAMILIES.map((family) => family.name);
  const elsewhere = FAMILIES.find((family) => family.name === name)?.suites.map((suite) => `Debian ${suite}`);
  throw new DecantError(
    'BASE_UNKNOWN',
    elsewhere ? `Debian ${version} does not have the base "${name}"` : `there is no base "${name}"`,
    {
      hint: elsewhere
        ? `it is there for ${elsewhere.join(' and ')}`
        : (didYouMean(name, names) ?? '`decant base ls` lists those that there are'),
    },
  );
}

/** The family and those it stands on, the topmost first. */
function familyChain(name: string): readonly Family[] {
  const family = FAMILIES.find((known) => known.name === name);
  if (!family) return [];
  return family.on === undefined ? [family] : [family, ...familyChain(family.on)];
}

function forSuite(values: PerSuite, version: SuiteVersion): readonly string[] {
  return 'length' in values ? values : values[version];
}

function distinct(excluded: readonly Excluded[]): readonly Excluded[] {
  return [...new Map(excluded.map((each) => [each.package, each])).values()];
}
