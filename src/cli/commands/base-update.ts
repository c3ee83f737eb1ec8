/** `decant base update` */
import { existsSync } from 'node:fs';
import { streamOf } from '../../codec/stream.ts';
import type { Recipe } from '../../distroless/recipe.ts';
import { findSuite } from '../../distroless/suites.ts';
import type { Suite } from '../../distroless/suites.ts';
import { type Advisories, newestOf, updateOf } from '../../distroless/update.ts';
import { writeTo } from '../../engine/outputs/write-file.ts';
import { DecantError } from '../../errors.ts';
import type { Emit } from '../../events.ts';
import type { Store } from '../../store/store.ts';
import { type ArchiveFlags, type OpenFlags, readRecipe, withArchive } from '../base-input.ts';
import { lockText, type Solved, solveFor } from '../base-solved.ts';
import { listed, readImage, readLock, recipeOf, withBusybox } from '../base-subject.ts';
import type { ListedPackage } from '../../distroless/changes.ts';
import { type BaseUpdate, baseUpdateJson, formatBaseUpdate } from '../format/base-changes.ts';
import { platformFlag } from '../flags.ts';
import { onInterrupt } from '../interrupt.ts';
import { errorTerminal, print, tell, textOptions } from '../io.ts';
import { createProgress } from '../progress/progress.ts';
import type { ProgressMode } from '../progress/progress.ts';
import { withStore } from '../store.ts';

interface Flags extends Omit<ArchiveFlags, 'variant'> {
  readonly output?: string;
  readonly write?: boolean;
  readonly progress: ProgressMode;
  readonly format: 'text' | 'json';
}

export async function command(what: string, recipeName: string | undefined, flags: Flags): Promise<void> {
  const destination = destinationOf(what, flags);
  const interruption = onInterrupt();
  const { signal } = interruption;
  const progress = createProgress(flags.progress, errorTerminal());
  try {
    const given = recipeName === undefined ? undefined : await readRecipe(recipeName, {});
    const { update, lock } = await withStore(
      (store) => updated(store, what, given, flags, signal, progress.emit),
      { signal, emit: progress.emit, offline: flags.offline },
    );
    progress.close();
    print(flags.format === 'json' ? baseUpdateJson(update) : formatBaseUpdate(update, textOptions()));
    if (destination === undefined) return;
    if (lock === undefined) {
      throw new DecantError('LOCK_INVALID', `no lock can be written for ${what}: its recipe is not known`, {
        hint: `name the recipe too: decant base update ${what} RECIPE.yaml`,
      });
    }
    await writeTo(destination, streamOf(Buffer.from(lock)), signal);
    tell(`${destination}: written`);
  } finally {
    progress.close();
    interruption.dispose();
  }
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
  store: Store,
  what: string,
  given: Recipe | undefined,
  flags: Flags,
  signal: AbortSignal,
  emit: Emit,
): Promise<{ readonly update: BaseUpdate; readonly lock?: string }> {
  const present = await presentOf(store, what, given, { ...flags, signal, emit });
  const recipe = recipeFor(present, given, what);
  const open = { ...flags, signal, emit };
  const platforms = [...present.packages.keys()].map((of) => `linux/${of}`);
  const solved = recipe
    ? await solveFor(store, recipe, platforms, open)
    : await newestFor(store, present, open);
  const advisories: Advisories | undefined = undefined;
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
}

function presentOf(
  store: Store,
  what: string,
  given: Recipe | undefined,
  flags: OpenFlags,
): Promise<Present> {
  return existsSync(what) ? inLock(what, flags.platform) : inImage(store, what, given, flags);
}

async function inImage(
  store: Store,
  what: string,
  given: Recipe | undefined,
  flags: OpenFlags,
): Promise<Present> {
  const folder = await store.tmp.create();
  try {
    const options = { store, flags, folder: () => Promise.resolve(folder.path) };
    const { base, platform } = await readImage(what, options);
    const { recipe = '', packages } = base;
    // A base without the package base-files does not say which release it is of.
    const suite = base.suite ?? given?.suite;
    if (suite && packages.length > 0) {
      return { recipe, suite, packages: new Map([[platform.architecture, packages]]) };
    }
    throw new DecantError('BASE_UNKNOWN', `${what} is not made of packages of a known release`, {
      hint: 'it has no records of dpkg, or those of another distribution or release',
    });
  } finally {
    await folder.remove();
  }
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
