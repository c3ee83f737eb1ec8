/**
 * What `base diff` and `base update` are given: a base of the catalogue or a recipe, solved and composed now; a lock
 * file; or an image that is there already. Each is a list of packages, and a tree where one asks for it.
 */
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { toBuffer } from '../codec/stream.ts';
import { openPool } from '../debian/archive.ts';
import type { Package } from '../debian/package.ts';
import { catalogueRecipe, parseBaseName } from '../distroless/catalogue/catalogue.ts';
import type { ListedPackage } from '../distroless/changes.ts';
import { composeLayers } from '../distroless/compose.ts';
import { type ComposedBase, readComposedBase } from '../distroless/composed-base.ts';
import type { ComposeLayersRequest } from '../distroless/compose.ts';
import { lockedJlink, lockedPackages, parseLock } from '../distroless/lock.ts';
import type { Lock, LockedPackage } from '../distroless/lock.ts';
import { SUITES, variantOf } from '../distroless/recipe.ts';
import type { Recipe, SuiteVersion } from '../distroless/recipe.ts';
import { DecantError } from '../errors.ts';
import { hostPlatform, parsePlatform } from '../oci/platform.ts';
import type { Platform } from '../oci/platform.ts';
import { openContents } from '../store/contents.ts';
import type { ReadMeans } from '../transport/image.ts';
import { openImage } from '../transport/open-image.ts';
import type { Compared } from '../tree/compare.ts';
import { stack } from '../tree/tree.ts';
import { type OpenFlags, readRecipe, sourcesOf, withSolution } from './base-input.ts';
import { platformFlag } from './flags.ts';
import { allEnvironment } from './io.ts';
import { openFile } from './open-file.ts';
import { privileges } from './privileges.ts';

export interface Subject {
  /** As it was given. */
  readonly name: string;
  readonly kind: 'recipe' | 'lock' | 'image';
  readonly packages: readonly ListedPackage[];
  /** Undefined for a lock whose recipe is not known. */
  readonly tree: (() => Promise<Compared>) | undefined;
}

export interface SubjectOptions {
  readonly means: ReadMeans;
  readonly flags: OpenFlags;
  /** A folder that stays until all work is done. */
  readonly folder: () => Promise<string>;
}

/** Gives what the text names to `work`; an archive that it takes is open for as long. */
export async function withSubject<T>(
  text: string,
  options: SubjectOptions,
  work: (subject: Subject) => Promise<T>,
): Promise<T> {
  const { flags } = options;
  const isLock = await isLockFile(text);
  const isRecipe = /\.ya?ml$/.test(text) || (!isLock && parseBaseName(text) !== undefined);
  if (isRecipe) return withRecipe(text, await readRecipe(text, flags), options, work);
  if (isLock) return withLock(text, await readLock(text), options, work);
  return withBaseImage(text, options, ({ packages }, compared) =>
    work({ name: text, kind: 'image', packages, tree: () => Promise.resolve(compared) }),
  );
}

function withRecipe<T>(
  name: string,
  recipe: Recipe,
  options: SubjectOptions,
  work: (subject: Subject) => Promise<T>,
): Promise<T> {
  return withSolution(
    options.means.store,
    recipe,
    options.flags,
    ({ platform, archive, solution, jlink }) => {
      const { packages } = solution;
      const request = { recipe, platform, packages, fetch: archive.fetch, jlink };
      return work({
        name,
        kind: 'recipe',
        packages: packages.map(listed),
        tree: () => composed(request, options),
      });
    },
  );
}

async function withLock<T>(
  file: string,
  lock: Lock,
  options: SubjectOptions,
  work: (subject: Subject) => Promise<T>,
): Promise<T> {
  const { means, flags } = options;
  const platform = lockPlatform(lock, file, flags.platform);
  const { architecture } = platform;
  const recipe = recipeOfLock(lock, architecture);
  const packages = lock.architectures[architecture] ?? [];
  const subject = { name: file, kind: 'lock', packages: packages.map(listed) } as const;
  if (!recipe) return work({ ...subject, tree: undefined });
  const { signal, emit, offline } = flags;
  const sources = await sourcesOf(recipe.suite, flags);
  const pool = openPool({
    store: means.store,
    sources,
    offline,
    environment: allEnvironment(),
    signal,
    emit,
  });
  const tree = (): Promise<Compared> => {
    const jlink = lockedJlink(lock, recipe, architecture, hostPlatform().architecture, file);
    const all = lockedPackages(lock, recipe, architecture, file);
    return composed({ recipe, platform, packages: all, fetch: pool.fetch, jlink }, options);
  };
  try {
    return await work({ ...subject, tree });
  } finally {
    await pool.close();
  }
}

/** The platform asked for, else this machine's, else the first that the lock is for. */
function lockPlatform(lock: Lock, file: string, asked: string | undefined): Platform {
  const known = Object.keys(lock.architectures);
  const host = hostPlatform();
  const wanted = asked === undefined ? undefined : parsePlatform(asked);
  if (wanted && !known.includes(wanted.architecture)) {
    throw new DecantError('LOCK_INVALID', `${file} has no packages for ${wanted.architecture}`, {
      hint: `it has those for ${known.join(', ')}`,
    });
  }
  if (wanted) return wanted;
  return known.includes(host.architecture) ? host : parsePlatform(`linux/${known[0] ?? host.architecture}`);
}

/** The catalogue's recipe of that name, with the busybox that the lock may have. */
export function recipeOfLock(
  lock: Pick<Lock, 'name' | 'codename' | 'architectures'>,
  of: string,
): Recipe | undefined {
  const packages = (lock.architectures[of] ?? []).map(({ name }) => name);
  return recipeOf(lock.name, lock.codename, packages);
}

export function recipeOf(name: string, codename: string, packages: readonly string[]): Recipe | undefined {
  const version = (Object.keys(SUITES) as SuiteVersion[]).find((each) => SUITES[each].codename === codename);
  const base = parseBaseName(name);
  const recipe = version && base && catalogueRecipe(base.family, version);
  return recipe && recipe.name === name ? withBusybox(recipe, packages) : undefined;
}

/** The variant `debug`, where its busybox is among the packages; the other variants have the same packages. */
export function withBusybox(recipe: Recipe, packages: readonly string[]): Recipe {
  const isDebug = packages.includes('busybox-static') && !recipe.packages.includes('busybox-static');
  return isDebug ? variantOf(recipe, 'debug') : recipe;
}

export async function readLock(file: string): Promise<Lock> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new DecantError('FILE_UNREADABLE', `cannot read the lock file ${file}`, { cause: error });
  }
  return parseLock(text, file);
}

/** Gives an image from wherever it is, and what it says of its base, to `work`. */
export async function withBaseImage<T>(
  text: string,
  { means, flags }: Pick<SubjectOptions, 'means' | 'flags'>,
  work: (base: ComposedBase, compared: Compared, platform: Platform) => Promise<T>,
): Promise<T> {
  // A name that the store lacks would be looked up in its registry.
  const where = flags.offline && !/^(?:[a-z-]+:|\.{0,2}\/)/.test(text) ? `store:${text}` : text;
  const image = await openImage(where, means, platformFlag(flags.platform));
  try {
    const compared = { tree: await image.tree(), open: image.open };
    const base = await readComposedBase(image.config, compared, flags.signal);
    return await work(base, compared, image.platform);
  } finally {
    await image.close();
  }
}

/** Whether there is such a file, and it is no archive of an image. */
export async function isLockFile(path: string): Promise<boolean> {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  for await (const chunk of await openFile(path)) {
    return /^\s*\{/.test(toBuffer(chunk).toString('latin1', 0, 64));
  }
  return false;
}

type Made = Pick<ComposeLayersRequest, 'recipe' | 'platform' | 'packages' | 'fetch' | 'jlink'>;

async function composed(made: Made, { means, flags, folder }: SubjectOptions): Promise<Compared> {
  const { store } = means;
  const path = await folder();
  const open = openContents(store, () => Promise.resolve(path));
  const { signal, emit } = flags;
  const { layers, contents, seen } = await composeLayers(
    { ...made, store, signal, emit, privileges: privileges() },
    path,
    open,
  );
  await seen.keep();
  return { tree: stack(layers.map(({ layer }) => layer)), open: contents.open };
}

export function listed(found: Package | LockedPackage): ListedPackage {
  const { name, version, architecture, size, digest, source = { name, version } } = found;
  return {
    name,
    version,
    architecture,
    source: { name: source.name, version: source.version },
    size,
    digest,
  };
}
