/**
 * The base that an application asks for. What it needs is looked up in the archive's lists of files, put on the
 * smallest base of the catalogue, and then tried: the base is composed, as `decant base build` does, and the loader's
 * search repeated in it, until nothing is missing or nothing more can be done about it.
 */
import type { Archive } from '../../debian/archive.ts';
import type { Solution } from '../../debian/solver/solve.ts';
import { openContents } from '../../store/contents.ts';
import type { ApplicationFacts } from '../../inspect/application/facts.ts';
import type { Machine } from '../../inspect/application/machine.ts';
import { BASE_FILES } from '../../inspect/application/native.ts';
import { objectsOf, objectsOfTree } from '../../inspect/application/objects.ts';
import type { Platform } from '../../oci/platform.ts';
import type { Store } from '../../store/store.ts';
import { stack, type Tree } from '../../tree/tree.ts';
import { composeLayers } from '../compose.ts';
import type { SuiteVersion } from '../recipe.ts';
import { addWants, type Draft, problemsOf, type Session } from './add-wants.ts';
import { packageFiles } from './package-files.ts';
import type { Plan, Problem } from './plan.ts';
import { chooseRuntimes } from './runtimes.ts';
import { recipeOf, smallestPlan, solvePlan, withoutImplied } from './smallest.ts';
import { type Base, type Placed, wantsOf } from './wants.ts';

export interface SuggestRequest {
  readonly store: Store;
  /** What the recipe is called. */
  readonly name: string;
  readonly facts: ApplicationFacts;
  readonly tree: Tree;
  /** Where the application's tree will be, in tree form. */
  readonly at: string;
  readonly suite: SuiteVersion;
  readonly platform: Platform;
  readonly machine: Machine;
  readonly archive: Archive;
  /** Libraries that may be missing. */
  readonly ignore: readonly string[];
  readonly signal: AbortSignal;
}

export interface Suggestion {
  readonly plan: Plan;
  /** Empty for a recipe that runs the application. */
  readonly problems: readonly Problem[];
  readonly solution: Solution;
  /** Nothing of any base is needed: `FROM scratch` will do. */
  readonly scratch: boolean;
}

/** Bases for programs that ask for no runtime, from the smallest up. */
const NATIVE = ['base-nossl', 'base', 'cc'];
/** A library may need others, and these others again; each round finds one generation, mostly all at once. */
const MAX_ROUNDS = 12;
const NO_BASE: Base = { find: () => Promise.resolve(undefined) };

/** Throws what opening, solving, fetching and composing packages throws. */
export async function suggest(request: SuggestRequest): Promise<Suggestion> {
  const { facts, tree, at, suite, archive, machine } = request;
  const placed: Placed = { facts, tree, at, findOwn: objectsOf(tree, facts.objects) };
  const { chosen, problems } = chooseRuntimes(facts.runtimes, suite, archive.index);
  const first = await wantsOf(placed, machine, NO_BASE);
  const bare = first.wants.length === 0 && !first.loaded.dynamic && chosen.length === 0;
  const families = bare ? ['static'] : chosen.length > 0 ? chosen.map(({ family }) => family) : NATIVE;
  const start: Plan = {
    name: request.name,
    suite,
    family: families[0] ?? 'static',
    reasons: chosen.flatMap(({ reasons }) => reasons),
    extras: [],
    links: [],
    environment: environmentOf(
      request,
      first.loaded.searchFolders,
      chosen.map(({ family }) => family),
    ),
  };
  const draft: Draft = { plan: withOthers(start, chosen), problems: [...problems] };
  if (bare) {
    const marks = new Set([...facts.objects.values()].flatMap((object) => object.marks));
    const solution = solvePlan(draft.plan, archive);
    const scratch = facts.objects.size > 0 && !BASE_FILES.some((name) => marks.has(name));
    return { plan: { ...draft.plan, reasons: staticReasons(facts) }, problems, solution, scratch };
  }
  await withTemporary(request.store, request.signal, async (folder) => {
    const filesOf = packageFiles(archive, request.store, folder, request.signal);
    const session = { ...request, filesOf };
    await addWants(draft, session, first.wants, { trustNames: true });
    draft.plan = smallestPlan(draft.plan, families, archive);
    await complete(draft, session, placed);
  });
  return {
    plan: draft.plan,
    problems: draft.problems,
    solution: solvePlan(draft.plan, archive),
    scratch: false,
  };
}

/** Composes what there is so far and looks what is missing in it, until nothing is, or nothing can be added. */
async function complete(draft: Draft, request: Session, placed: Placed): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { wants, loaded } = await tried(draft.plan, request, placed);
    const before = draft.plan;
    await addWants(draft, request, wants, { trustNames: false });
    if (draft.plan !== before) continue;
    draft.problems.push(...problemsOf(loaded.missingVersions, request));
    draft.plan = withoutImplied(draft.plan, request.archive);
    return;
  }
}

function tried(plan: Plan, request: SuggestRequest, placed: Placed): ReturnType<typeof wantsOf> {
  const { store, platform, archive, signal, machine } = request;
  return withTemporary(store, signal, async (folder) => {
    const open = openContents(store, () => Promise.resolve(folder));
    const recipe = recipeOf(plan);
    const { packages } = solvePlan(plan, archive);
    const { fetch } = archive;
    const { layers, contents, seen } = await composeLayers(
      { store, recipe, platform, packages, fetch, privileges: 'none', signal, emit: () => undefined },
      folder,
      open,
    );
    await seen.keep();
    const tree = stack(layers.map(({ layer }) => layer));
    return wantsOf(placed, machine, { tree, find: objectsOfTree(tree, contents.open) });
  });
}

async function withTemporary<T>(
  store: Store,
  signal: AbortSignal,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const release = await store.use({ signal });
  const folder = await store.tmp.create();
  try {
    return await work(folder.path);
  } finally {
    await folder.remove();
    release();
  }
}

/** Of several runtimes one is the base; the others' packages are added to it. */
function withOthers(plan: Plan, chosen: ReturnType<typeof chooseRuntimes>['chosen']): Plan {
  const extras = chosen.flatMap(({ family, reasons }) =>
    recipeOf({ ...plan, family, environment: {}, extras: [] }).packages.map((name) => ({
      package: name,
      reasons,
    })),
  );
  const needed = chosen.length > 1 ? extras : [];
  return { ...plan, extras: [...new Map(needed.map((extra) => [extra.package, extra])).values()] };
}

function environmentOf(
  { facts, at }: SuggestRequest,
  searchFolders: readonly string[],
  families: readonly string[],
): Readonly<Record<string, string>> {
  const absolute = (folder: string): string => `/${[at, folder].filter((one) => one !== '').join('/')}`;
  const own = /(?:^|\/)usr\/(?:local\/)?lib\/python3[^/]*\/dist-packages$/;
  const modules = families.includes('python3')
    ? facts.pythonFolders.map(absolute).filter((folder) => !own.test(folder) && !folder.includes('!/'))
    : [];
  return {
    ...(searchFolders.length > 0 && {
      LD_LIBRARY_PATH: searchFolders.map((folder) => `/${folder}`).join(':'),
    }),
    ...(modules.length > 0 && { PYTHONPATH: modules.join(':') }),
  };
}

function staticReasons(facts: ApplicationFacts): Plan['reasons'] {
  return [...facts.objects.values()].map(({ path, marks }) => {
    const [mark] = BASE_FILES.filter((name) => marks.includes(name));
    return { path, text: mark === undefined ? 'needs no library' : `needs no library, and knows of ${mark}` };
  });
}
