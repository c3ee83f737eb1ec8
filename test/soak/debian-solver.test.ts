/**
 * The solver against apt itself: both choose from the package lists of this machine's apt set-up, for an empty system.
 * Differences are allowed for two reasons only, and each is proved where it is claimed:
 *
 * - Among providers that are equally good apt goes by the order in which its cache met their names (candidates.ts).
 *   Told to prefer apt's names in exactly such cases, the solver has to answer as apt does, to the last version.
 * - apt gave up, and the solver did not: its answer has to meet every clause and have no conflict.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DecantError } from '../../src/errors.ts';
import type { Package } from '../../src/debian/package.ts';
import { isMatch } from '../../src/debian/solver/match.ts';
import { solve } from '../../src/debian/solver/solve.ts';
import { processorTime, SLOWNESS } from '../support/speed.ts';
import { type AptAnswer, createPrivateApt, type PrivateApt, sideBySide } from './debian/apt.ts';

const SEED = 20_261_124;
const SAMPLES = 200;
/**
 * Half of the samples are asked for alone, the others so many at a time: requests meet, and apt starts less often. They
 * are sorted, because apt takes them in the order of its arguments, and the solver in that of their names.
 */
const TOGETHER = 5;
const SIMULATED = 5;
/** More would be a sign of something else, whatever the reason claimed. */
const MAX_DIFFERENT = 6;
const CHROMIUM_MILLISECONDS = 300;

let apt: PrivateApt;
let requests: readonly (readonly string[])[];
let answers: readonly AptAnswer[];

beforeAll(async () => {
  apt = await createPrivateApt();
  const names = draw(apt.index.names(), SAMPLES, SEED);
  const half = SAMPLES / 2;
  requests = [...chunks(names.slice(0, half), 1), ...chunks(names.slice(half).toSorted(), TOGETHER)];
  answers = await sideBySide(requests, apt.choose);
});
afterAll(() => apt.remove());

describe('200 packages of the archive', () => {
  test('are solved as apt-get solves them', () => {
    const solved = answers.filter((answer) => answer.packages.length > 0);
    expect(solved.length).toBeGreaterThan(requests.length * 0.95);
    const different = requests.flatMap((request, at) => difference(request, answers[at] as AptAnswer) ?? []);
    expect(different.filter((one) => !one.explained)).toEqual([]);
    expect(different.length).toBeLessThanOrEqual(MAX_DIFFERENT);
  });

  test('are the same ones that apt-get -s would install', async () => {
    const simulated = await sideBySide(requests.slice(-SIMULATED), apt.simulate);
    expect(simulated).toEqual(answers.slice(-SIMULATED));
  });
});

describe('a large package', () => {
  test(`is solved within ${CHROMIUM_MILLISECONDS} ms of the processor`, async () => {
    let own: readonly string[] = [];
    const times = [1, 2, 3].map(() =>
      processorTime(() => {
        own = namesAndVersions(solve(apt.index, { packages: ['chromium'] }).packages);
      }),
    );
    expect(own).toEqual((await apt.choose(['chromium'])).packages);
    expect(Math.min(...times)).toBeLessThan(CHROMIUM_MILLISECONDS * SLOWNESS);
  });
});

interface Difference {
  readonly request: readonly string[];
  readonly explained: boolean;
  readonly onlyApt: readonly string[];
  readonly onlyOurs: readonly string[];
}

function difference(request: readonly string[], answer: AptAnswer): Difference | undefined {
  const packages = choose(request);
  const own = namesAndVersions(packages);
  if (isSame(own, answer.packages)) return undefined;
  const preferred = choose(
    request,
    answer.packages.map((one) => one.replace(/=.*/, '')),
  );
  const gaveUp = answer.packages.length === 0 && packages.length > 0;
  return {
    request,
    explained: gaveUp ? isSound(packages) : isSame(namesAndVersions(preferred), answer.packages),
    onlyApt: answer.packages.filter((one) => !own.includes(one)),
    onlyOurs: own.filter((one) => !answer.packages.includes(one)),
  };
}

/** Empty where there is no solution. */
function choose(packages: readonly string[], prefer: readonly string[] = []): readonly Package[] {
  try {
    return solve(apt.index, { packages, prefer }).packages;
  } catch (error) {
    if (error instanceof DecantError && error.code === 'DEPENDENCIES_UNMET') return [];
    throw error;
  }
}

function namesAndVersions(packages: readonly Package[]): readonly string[] {
  return packages.map((pkg) => `${pkg.name}=${pkg.version}`).toSorted();
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at]);
}

function isSound(packages: readonly Package[]): boolean {
  return packages.every(
    (pkg) =>
      [...pkg.depends, ...pkg.preDepends].every((clause) =>
        clause.some((wanted) => packages.some((other) => isMatch(other, wanted, apt.architecture))),
      ) &&
      [...pkg.conflicts, ...pkg.breaks].every(
        (unwanted) =>
          !packages.some((other) => other.name !== pkg.name && isMatch(other, unwanted, apt.architecture)),
      ),
  );
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) =>
    items.slice(at * size, (at + 1) * size),
  );
}

/** Different items, by a linear congruential generator (Knuth's MMIX), so that a seed always draws the same. */
function draw<T>(items: readonly T[], count: number, seed: number): readonly T[] {
  const drawn = new Set<T>();
  let state = BigInt(seed);
  while (drawn.size < Math.min(count, items.length)) {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    drawn.add(items[Number((state >> 33n) % BigInt(items.length))] as T);
  }
  return [...drawn];
}
