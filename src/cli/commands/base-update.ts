/** `decant base update` */
import { existsSync } from 'node:fs';
import { streamOf } from '../../codec/stream.ts';
import type { Recipe } from '../../distroless/recipe.ts';
import { findSuite } from '../../distroless/suites.ts';
import type { Suite } from '../../distroless/suites.ts';
import { newestOf, updateOf } from '../../distroless/update.ts';
import { writeTo } from '../../engine/outputs/write-file.ts';
import { DecantError } from '../../errors.ts';
import type { Store } from '../../store/store.ts';
import { type ArchiveFlags, type OpenFlags, readRecipe, withArchive } from '../base-input.ts';
import { withAdvisories } from '../base-advisories.ts';
import { lockText, type Solved, solveFor } from '../base-solved.ts';
import { isLockFile, listed, readLock, recipeOf, withBaseImage, withBusybox } from '../base-subject.ts';
import type { ListedPackage } from '../../distroless/changes.ts';
import { type BaseUpdate, baseUpdateJson, formatBaseUpdate } from '../format/base-changes.ts';
import { platformFlag } from '../flags.ts';
import { print, tell, textOptions } from '../io.ts';
import { type CommandMeans, withMeans } from '../means.ts';
import type { ProgressMode } from '../progress/progress.ts';

interface Flags extends Omit<ArchiveFlags, 'variant'> {
  readonly output?: string;
  readonly write?: boolean;
  readonly progress: ProgressMode;
  readonly format: 'text' | 'json';
}

export async function command(what: string, recipeName: string | undefined, flags: Flags): Promise<void> {
  const destination = destinationOf(what, flags);
  const given = recipeName === undefined ? undefined : await readRecipe(recipeName, {});
  const update = await withMeans(flags.progress, async (means) => {
    const made = await updated(means, what, given, flags);
    if (destination !== undefined) {
      if (made.lock === undefined) throw noRecipe(what);
      await writeTo(destination, streamOf(Buffer.from(made.lock)), means.signal);
    }
    return made.update;
  });
  print(flags.format === 'json' ? baseUpdateJson(update) : formatBaseUpdate(update, textOptions()));
  if (!update.isAdvised && flags.format === 'text')
    tell('note: no advisories are known for this release; `decant db import` brings them');
  if (destination !== undefined) tell(`${destination}: written`);
}

function noRecipe(what: string): DecantError {
  return new DecantError('LOCK_INVALID', `no lock can be written for ${what}: its recipe is not known`, {
    hint: `name the recipe too: decant base update ${what} RECIPE.yaml`,
  });
}

/** Where the new lock goes, if anywhere. */
function destinationOf(what: string, { output, write, platform }: Flags): string | undefined {
  if (!write) return output;
  if (output === undefined && platform === undefined && existsSync(what)) return what;
  throw new DecantError('USAGE', '--write is for a whole lock file, without --output and --platform', {
    hint: 'write another file with --output FILE',
  });
}

/** What there is now: of a lock for several architectures, of an image for one. */
interface Present {
  readonly recipe: string;
  readonly suite: Suite;
  readonly packages: ReadonlyMap<string, readonly ListedPackage[]>;
}

async function updated(
  means: CommandMeans,
  what: string,
  given: Recipe | undefined,
  flags: Flags,
): Promise<{ readonly update: BaseUpdate; readonly lock?: string }> {
  const { store, signal, emit } = means;
  const open = { ...flags, signal, emit };
  const present = (await isLockFile(what))
    ? await inLock(what, flags.platform)
    : await inImage(means, what, given, open);
  const recipe = recipeFor(present, given, what);
  const platforms = [...present.packages.keys()].map((of) => `linux/${of}`);
  const solved = recipe
    ? await solveFor(store, recipe, platforms, open)
    : await newestFor(store, present, open);
  return withAdvisories(store, present.suite, async (advisories) => {
    const architectures = [...present.packages].map(([architecture, before]) => {
      const after = (solved.packages.get(architecture) ?? []).map(listed);
      return { architecture, before, after, ...updateOf(before, after, advisories) };
    });
    return {
      update: {
        name: what,
        ...(recipe && { recipe: recipe.name }),
        codename: present.suite.codename,
        architectures,
        isAdvised: advisories !== undefined,
      },
      ...(recipe && { lock: lockText(recipe, solved) }),
    };
  });
}

function inImage(
  means: CommandMeans,
  what: string,
  given: Recipe | undefined,
  flags: OpenFlags,
): Promise<Present> {
  return withBaseImage(what, { means, flags }, ({ packages, recipe = '', suite }, _tree, platform) => {
    // A base without the package base-files does not say which release it is of.
    const known = suite ?? given?.suite;
    if (known && packages.length > 0) {
      const all = new Map([[platform.architecture, packages]]);
      return Promise.resolve({ recipe, suite: known, packages: all });
    }
    throw new DecantError('BASE_UNKNOWN', `${what} is not made of packages of a known release`, {
      hint: 'it has no records of dpkg, or those of another distribution or release',
    });
  });
}

async function inLock(what: string, platform: string | undefined): Promise<Present> {
  const lock = await readLock(what);
  const suite = findSuite(lock.codename);
  if (!suite)
    throw new DecantError('LOCK_INVALID', `${what} is of "${lock.codename}", a release that is not known`);
  const architecture = platformFlag(platform)?.architecture;
  const packages = Object.entries(lock.architectures)
    .filter(([of]) => architecture === undefined || of === architecture)
    .map(([of, all]) => [of, all.map(listed)] as const);
  if (packages.length > 0) return { recipe: lock.name, suite, packages: new Map(packages) };
  throw new DecantError('LOCK_INVALID', `${what} has no packages for ${architecture}`);
}

/** The one that was named, which has to be that of the lock; else the catalogue's. */
function recipeFor(
  { recipe: name, suite, packages }: Present,
  given: Recipe | undefined,
  what: string,
): Recipe | undefined {
  const names = [...packages.values()].flat().map((each) => each.name);
  if (!given) return recipeOf(name, suite.codename, names);
  if (given.name === name && given.suite.codename === suite.codename) return withBusybox(given, names);
  throw new DecantError(
    'LOCK_INVALID',
    `${what} is of ${name} on ${suite.codename}, not of ${given.name} on ${given.suite.codename}`,
  );
}

async function newestFor(store: Store, { suite, packages }: Present, flags: OpenFlags): Promise<Solved> {
  const newest = new Map<string, Awaited<ReturnType<typeof newestOf>>>();
  for (const [architecture, present] of packages) {
    const platform = `linux/${architecture}`;
    await withArchive(store, suite, { ...flags, platform }, (_platform, { index }) => {
      newest.set(architecture, newestOf(present, index));
      return Promise.resolve();
    });
  }
  return { packages: newest, tools: new Map(), releases: [] };
}
