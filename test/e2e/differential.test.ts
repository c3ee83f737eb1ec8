/**
 * Small Dockerfiles built by this program, and everything compared with what BuildKit made of them: the final root file
 * system (paths, kinds, modes, owners, contents, links, extended attributes) and the config. BuildKit's results are
 * recorded with the cases; see test/differential/README.md. test/soak/builders.test.ts starts other builders.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeBaseImages } from '../differential/base.ts';
import type { Builder, CaseRun } from '../differential/builder.ts';
import { runCases } from '../differential/builder.ts';
import type { Case } from '../differential/cases.ts';
import { loadCases } from '../differential/cases.ts';
import { startDecant } from '../differential/decant.ts';
import type { Outcome } from '../differential/outcome.ts';
import { differences, explainedFor, parseOutcome } from '../differential/outcome.ts';
import { users } from '../differential/users.ts';
import { EXIT_STATUS } from '../../src/errors.ts';

const cases = await loadCases(new URL('../differential/cases', import.meta.url).pathname);
const base = makeBaseImages();
const folder = mkdtempSync(join(tmpdir(), 'decant-differential-'));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const recorded = (testCase: Case): Outcome =>
  parseOutcome(readFileSync(join(testCase.folder, 'expected.txt'), 'utf8'));

/** All cases are built at once before the first is looked at. */
function runAll(name: string, start: (folder: string) => Promise<Builder>): (testCase: Case) => CaseRun {
  let runs = new Map<string, CaseRun>();
  let builder: Builder | undefined;
  beforeAll(async () => {
    builder = await start(join(folder, name, 'builder'));
    runs = await runCases(builder, cases, base, join(folder, name, 'cases'));
  }, 1_800_000);
  afterAll(() => builder?.stop?.());
  return (testCase) => {
    const run = runs.get(testCase.name);
    if (run === undefined) throw new Error(`${testCase.name} was not built`);
    return run;
  };
}

/** By case, the ids of the images that the users were given. */
const imageIds = new Map<string, Set<string>>();

for (const user of users())
  describe(`decant as ${user.name} gives what BuildKit gave`, () => {
    const runOf = runAll(`decant-${user.uid}`, (place) => startDecant(place, base, user));
    test.each(cases)('$name: $about', (testCase) => {
      const { outcome, imageId, status, output } = runOf(testCase);
      if (imageId !== undefined)
        imageIds.set(testCase.name, new Set([...(imageIds.get(testCase.name) ?? []), imageId]));
      const builders = user.uid === 0 ? (['decant'] as const) : (['decant', 'decant-as-user'] as const);
      const found = differences(recorded(testCase), outcome, explainedFor(testCase, ...builders));
      expect(found.length === 0 ? '' : `${found.join('\n')}\n${output}`).toBe('');
      if (testCase.expectError === undefined) return;
      expect({ status, output }).toMatchObject({ status: EXIT_STATUS[testCase.expectError.code] });
      expect(output).toContain(`[${testCase.expectError.code}]`);
      expect(output).toContain(testCase.expectError.message);
      expect(output).not.toMatch(/^ {4}at /m);
    });
  });

if (users().length > 1)
  describe('every user is given the same image, bit for bit', () => {
    test.each(cases.filter((one) => one.expectError === undefined))('$name', ({ name, differences }) => {
      if (differences?.some((one) => one.of === 'decant-as-user') === true) return;
      expect([...(imageIds.get(name) ?? [])]).toHaveLength(1);
    });
  });

describe('the comparison', () => {
  const before: Outcome = new Map([
    ['result', 'image'],
    ['User', '"app"'],
    ['/a', 'file 0644 0:0 "a"'],
    ['/d/b', 'dir 0755 0:0'],
  ]);
  const change = (key: string, value?: string): Outcome => {
    const after = new Map(before);
    if (value === undefined) after.delete(key);
    else after.set(key, value);
    return after;
  };

  test.each([
    ['a mode', change('/a', 'file 0755 0:0 "a"'), ['- /a file 0644 0:0 "a"', '+ /a file 0755 0:0 "a"']],
    ['a missing path', change('/d/b'), ['- /d/b dir 0755 0:0']],
    ['a path too many', change('/x y', 'dir 0755 0:0'), ['+ "/x y" dir 0755 0:0']],
    ['a config field', change('User', '"web"'), ['- User "app"', '+ User "web"']],
    ['a failure', new Map([['result', 'fails']]), ['- result image', '+ result fails']],
  ])('sees %s', (_, after, lines) => expect(differences(before, after, [])).toEqual(lines));

  test('takes an explained difference, and only that', () => {
    const after = new Map([...change('/a'), ['/d/b', 'fifo 0644 0:0'], ['User', '""']]);
    expect(differences(before, after, [{ path: '/d/**' }, { field: 'User' }])).toEqual([
      '- /a file 0644 0:0 "a"',
    ]);
  });

  test('has enough cases, each with a recorded result, each difference with its reason', () => {
    expect(cases.length).toBeGreaterThanOrEqual(200);
    for (const testCase of cases) {
      expect(recorded(testCase).has('result')).toBe(true);
      for (const one of testCase.differences ?? []) expect(one.why.length).toBeGreaterThan(8);
    }
  });
});
