/**
 * What `base diff` and `base update` are given: a base of the catalogue or a recipe, solved and composed now; a lock
 * file; or an image that is there already. Each is a list of packages, and a tree where one asks for it.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
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
import { openContents } from '../engine/embedded/contents.ts';
import { blobEntries } from '../engine/embedded/image-layer.ts';
import { DecantError } from '../errors.ts';
import { imagePlatform } from '../oci/image.ts';
import { hostPlatform, parsePlatform } from '../oci/platform.ts';
import type { Platform } from '../oci/platform.ts';
import type { Store } from '../store/store.ts';
import type { Compared } from '../tree/compare.ts';
import type { Layer } from '../tree/entry.ts';
import { stack } from '../tree/tree.ts';
import { type OpenFlags, readRecipe, sourcesOf, withSolution } from './base-input.ts';
import { platformFlag } from './flags.ts';
import { allEnvironment } from './io.ts';
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
  readonly store: Store;
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
  const isRecipe = /\.ya?ml$/.test(text) || (!existsSync(text) && parseBaseName(text) !== undefined);
  if (isRecipe) return withRecipe(text, await readRecipe(text, flags), options, work);
  if (existsSync(text)) return withLock(text, await readLock(text), options, work);
  const { base, ...compared } = await readImage(text, options);
  const { packages } = base;
  return work({ name: text, kind: 'image', packages, tree: () => Promise.resolve(compared) });
}

function withRecipe<T>(
  name: string,
  recipe: Recipe,
  options: SubjectOptions,
  work: (subject: Subject) => Promise<T>,
): Promise<T> {
  return withSolution(options.store, recipe, options.flags, ({ platform, archive, solution, jlink }) => {
    const { packages } = solution;
    const request = { recipe, platform, packages, fetch: archive.fetch, jlink };
    return work({
      name,
      kind: 'recipe',
      packages: packages.map(listed),
      tree: () => composed(request, options),
    });
  });
}

async function withLock<T>(
  file: string,
  lock: Lock,
  options: SubjectOptions,
  work: (subject: Subject) => Promise<T>,
): Promise<T> {
  const { store, flags } = options;
  const platform = lockPlatform(lock, file, flags.platform);
  const { architecture } = platform;
  const recipe = recipeOfLock(lock, architecture);
  const packages = lock.architectures[architecture] ?? [];
  const subject = { name: file, kind: 'lock', packages: packages.map(listed) } as const;
  if (!recipe) return work({ ...subject, tree: undefined });
  const { signal, emit, offline } = flags;
  const sources = await sourcesOf(recipe.suite, flags);
  const pool = openPool({ store, sources, offline, environment: allEnvironment(), signal, emit });
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

export interface ReadImage extends Compared {
  readonly base: ComposedBase;
  readonly platform: Platform;
}

/** An image of the store by its name, with `store:` in front where a base of the catalogue has that name too. */
export async function readImage(text: string, { store, flags, folder }: SubjectOptions): Promise<ReadImage> {
  const platform = platformFlag(flags.platform);
  const stored = await store.images.get(text.replace(/^store:/, ''));
  const { image } = await store.images.load(stored, platform);
  const layers: Layer[] = [];
  for (const layer of image.layers) layers.push(await blobEntries(store, layer));
  const compared = { tree: stack(layers), open: openContents(store, folder) };
  const base = await readComposedBase(image.config, compared, flags.signal);
  return { ...compared, base, platform: imagePlatform(image.config) };
}

type Made = Pick<ComposeLayersRequest, 'recipe' | 'platform' | 'packages' | 'fetch' | 'jlink'>;

async function composed(made: Made, { store, flags, folder }: SubjectOptions): Promise<Compared> {
  const path = await folder();
  const open = openContents(store, () => Promise.resolve(path));
  const { signal, emit } = flags;
  const { layers } = await composeLayers(
    { ...made, store, signal, emit, privileges: privileges() },
    path,
    open,
  );
  return { tree: stack(layers.map(({ layer }) => layer)), open };
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
