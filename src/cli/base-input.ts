/** What the `base` commands have in common: which recipe is meant, and the archive that it is composed from. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { openArchive } from '../debian/archive.ts';
import type { Archive } from '../debian/archive.ts';
import type { Package } from '../debian/package.ts';
import type { PoolFile } from '../debian/pool.ts';
import { solve } from '../debian/solver/solve.ts';
import type { Solution } from '../debian/solver/solve.ts';
import type { KeySource } from '../debian/keyring.ts';
import type { ArchiveSource } from '../debian/source.ts';
import { sourcesFor, suiteFamily } from '../debian/sources.ts';
import { catalogueRecipe, findRecipe, parseBaseName } from '../distroless/catalogue/catalogue.ts';
import { VARIANTS, variantOf } from '../distroless/recipe.ts';
import type { JlinkPackages } from '../distroless/jlink/runtime.ts';
import type { Recipe, Suite, Variant } from '../distroless/recipe.ts';
import { DecantError } from '../errors.ts';
import type { Emit } from '../events.ts';
import { hostPlatform, parsePlatform } from '../oci/platform.ts';
import type { Platform } from '../oci/platform.ts';
import type { Store } from '../store/store.ts';
import { projectConfig } from './config.ts';
import { allEnvironment } from './io.ts';

/** Of the package `ubuntu-keyring`, which Debian has too; Debian's own keys ship with the program. */
const UBUNTU_KEYRING = '/usr/share/keyrings/ubuntu-archive-keyring.gpg';

/** Flags that every command has that opens an archive. */
export interface ArchiveFlags {
  readonly mirror?: string;
  readonly securityMirror?: string;
  readonly keyring?: string;
  readonly platform?: string;
  readonly variant?: string;
  readonly allowExpired?: boolean;
  readonly allowRollback?: boolean;
  readonly offline?: boolean;
}

/** A name of the catalogue (`python3-debian12:nonroot`), or a file that ends in .yaml. */
export async function readRecipe(text: string, flags: ArchiveFlags): Promise<Recipe> {
  const variant = VARIANTS.find((known) => known === flags.variant);
  if (flags.variant !== undefined && !variant) {
    throw new DecantError('USAGE', `there is no variant "${flags.variant}"`, {
      hint: `the variants are ${VARIANTS.join(', ')}`,
    });
  }
  if (/\.ya?ml$/.test(text)) {
    // YAML's library takes longer to load than a recipe that is known by name takes to solve.
    const { parseRecipe } = await import('../distroless/recipe-file.ts');
    const recipe = parseRecipe({
      text: await readText(text),
      file: text,
      lookUp: catalogueRecipe,
      readFile: (path) => readFileSync(resolve(dirname(text), path)),
    });
    return variantOf(recipe, variant ?? 'latest');
  }
  const name = parseBaseName(text);
  const [family = text, tag] = text.split(':');
  const recipe = name ? findRecipe(name.family, name.suite) : findRecipe(family, '13');
  return variantOf(recipe, variant ?? name?.variant ?? ((tag ?? 'latest') as Variant));
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new DecantError('FILE_UNREADABLE', `cannot read the recipe ${path}`, { cause: error });
  }
}

/** Where the suite's packages come from, as the flags, the environment or this machine's apt say. */
export async function sourcesOf(suite: Suite, flags: ArchiveFlags): Promise<readonly ArchiveSource[]> {
  return sourcesFor(suiteFamily(suite.codename), {
    distribution: suite.id,
    // What Debian has in main, Ubuntu has in both.
    components: suite.id === 'ubuntu' ? ['main', 'universe'] : ['main'],
    flags: { mirror: flags.mirror, securityMirror: flags.securityMirror },
    environment: allEnvironment(),
    config: (await projectConfig())[suite.id],
  });
}

/** The keys that count instead of the distribution's own, where any are named. */
async function keyringsOf(suite: Suite, flags: ArchiveFlags): Promise<readonly KeySource[] | undefined> {
  const file = flags.keyring ?? (await projectConfig())[suite.id]?.keyring;
  if (file !== undefined) return [{ file }];
  return suite.id === 'ubuntu' ? [{ file: UBUNTU_KEYRING }] : undefined;
}

export interface OpenedRecipe {
  readonly platform: Platform;
  readonly archive: Archive;
  readonly solution: Solution;
  /** What linking the runtime takes, for a recipe with `jlink`. */
  readonly jlink: OpenedJlink | undefined;
}

interface OpenedJlink extends JlinkPackages {
  /** As `tools`, for a machine of the architecture that is wanted: locks have these. */
  readonly own: readonly PoolFile[];
}

/** Opens the suite's archive and solves the recipe's packages; `work` has both until it ends. */
export function withSolution<T>(
  store: Store,
  recipe: Recipe,
  flags: OpenFlags,
  work: (opened: OpenedRecipe) => Promise<T>,
): Promise<T> {
  const exclude = recipe.exclude.map((excluded) => excluded.package);
  return withArchive(store, recipe.suite, flags, async (platform, archive) => {
    const solution = solve(archive.index, { packages: recipe.packages, exclude });
    const jlink = await jlinkPackages(store, recipe, flags, platform, archive);
    return work({ platform, archive, solution, jlink });
  });
}

/** The JDK for this machine, in the version that the target has: from the same archive where the architecture is too. */
async function jlinkPackages(
  store: Store,
  { jlink, suite, exclude }: Recipe,
  flags: OpenFlags,
  { architecture }: Platform,
  archive: Archive,
): Promise<OpenedJlink | undefined> {
  if (!jlink) return undefined;
  const left = [...exclude.map((excluded) => excluded.package), 'ca-certificates-java'];
  const toolsOf = ({ index }: Archive, version?: string): readonly Package[] =>
    solve(index, {
      packages: [version === undefined ? jlink.package : `${jlink.package}=${version}`],
      exclude: left,
    }).packages;
  const own = toolsOf(archive);
  const target = own.find(({ name }) => name === jlink.package);
  if (!target) throw new DecantError('PACKAGE_UNKNOWN', `there is no package "${jlink.package}"`);
  const host = hostPlatform().architecture;
  if (host === architecture) return { own, tools: own, target };
  const there = { ...flags, platform: `linux/${host}` };
  const tools = await withArchive(store, suite, there, (_platform, opened) =>
    Promise.resolve(toolsOf(opened, target.version)),
  );
  return { own, tools, target };
}

export type OpenFlags = ArchiveFlags & { readonly signal: AbortSignal; readonly emit: Emit };

export async function withArchive<T>(
  store: Store,
  suite: Suite,
  flags: OpenFlags,
  work: (platform: Platform, archive: Archive) => Promise<T>,
): Promise<T> {
  const platform = flags.platform === undefined ? hostPlatform() : parsePlatform(flags.platform);
  const archive = await openArchive({
    store,
    sources: await sourcesOf(suite, flags),
    architecture: platform.architecture,
    now: new Date(),
    allowExpired: flags.allowExpired,
    allowRollback: flags.allowRollback,
    keyrings: await keyringsOf(suite, flags),
    offline: flags.offline,
    environment: allEnvironment(),
    signal: flags.signal,
    emit: flags.emit,
  });
  try {
    return await work(platform, archive);
  } finally {
    await archive.close();
  }
}
