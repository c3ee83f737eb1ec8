/**
 * A recipe: what goes into a base image, by names of Debian packages. The catalogue's recipes and those that people
 * write in YAML (recipe-file.ts, docs/recipes.md) are the same values.
 */
import type { ExtraCertificate, Group, User } from './hooks/hook.ts';
import type { Suite } from './suites.ts';

export type { Suite, SuiteVersion } from './suites.ts';
export { SUITES } from './suites.ts';

export const VARIANTS = ['latest', 'nonroot', 'debug', 'debug-nonroot', 'lean', 'lean-nonroot'] as const;
export type Variant = (typeof VARIANTS)[number];

export interface Excluded {
  readonly package: string;
  /** Why nothing in the image misses it. */
  readonly reason: string;
}

export interface RecipeFile {
  /** Absolute. */
  readonly path: string;
  readonly type: 'file' | 'directory' | 'link';
  /** A file's text, or a link's target. */
  readonly content?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** A Java runtime of chosen modules, made by jlink. */
export interface Jlink {
  /** The package that has jlink and the modules: `openjdk-17-jdk-headless`. */
  readonly package: string;
  /** Modules that others need come by themselves. */
  readonly modules: readonly string[];
}

export interface Recipe {
  readonly name: string;
  readonly description: string;
  readonly suite: Suite;
  /** The base that it stands on, whose layers it shares as far as it has all of it. */
  readonly below?: Recipe;
  /** Names, with `=version` or ` (>= version)` where one is wanted. Dependencies come by themselves. */
  readonly packages: readonly string[];
  /** Dependencies that are not followed. */
  readonly exclude: readonly Excluded[];
  /** Patterns of paths that do not go into the image, in the manner of ignore files; licences always stay. */
  readonly leaveOut: readonly string[];
  /** What the variant `lean` leaves out beyond that. */
  readonly lean: readonly string[];
  /** Maintainer scripts that need not be done, beyond those that decant knows: package and reason. */
  readonly allowScripts: readonly Excluded[];
  readonly users: readonly User[];
  /** Groups beside those of the users. */
  readonly groups?: readonly Group[];
  /** Of /home/nonroot and of other users' homes. */
  readonly homeMode?: number;
  /** Authorities to trust beside Debian's. */
  readonly certificates?: readonly ExtraCertificate[];
  /** `Europe/Berlin`. */
  readonly timeZone?: string;
  readonly files: readonly RecipeFile[];
  readonly environment: Readonly<Record<string, string>>;
  /** Variables that have the upstream version of a package, by its name. */
  readonly versions?: Readonly<Record<string, string>>;
  readonly jlink?: Jlink;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** As USER of a Dockerfile; numbers, since most tools cannot look names up. */
  readonly user: string;
  readonly workingDirectory: string;
}

export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
export const NONROOT = 65532;

/** The recipe as one of its variants: who it runs as, whether a busybox is in it, and what is not. */
export function variantOf(recipe: Recipe, variant: Variant): Recipe {
  const asUser = variant.endsWith('nonroot')
    ? { user: String(NONROOT), workingDirectory: '/home/nonroot' }
    : {};
  if (variant.startsWith('lean')) return { ...lean(recipe), ...asUser };
  if (!variant.startsWith('debug')) return { ...recipe, ...asUser };
  return {
    ...recipe,
    ...asUser,
    below: recipe,
    packages: [...recipe.packages, 'busybox-static'],
    environment: { ...recipe.environment, PATH: `${recipe.environment['PATH'] ?? PATH}:/busybox` },
    entrypoint: ['/busybox/sh'],
    command: [],
  };
}

function lean(recipe: Recipe): Recipe {
  return {
    ...recipe,
    ...(recipe.below && { below: lean(recipe.below) }),
    leaveOut: [...recipe.leaveOut, ...recipe.lean],
  };
}
