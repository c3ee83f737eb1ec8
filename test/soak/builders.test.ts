/**
 * What other builders make of the cases of the differential suite, here and now, against what is recorded of BuildKit
 * and what decant is held to: Docker's own, with a daemon that is started for it, and buildah. Both are Debian's, and
 * both need root.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeBaseImages } from '../differential/base.ts';
import { startBuildah } from '../differential/buildah.ts';
import type { Builder, CaseRun } from '../differential/builder.ts';
import { runCases } from '../differential/builder.ts';
import type { Case } from '../differential/cases.ts';
import { loadCases } from '../differential/cases.ts';
import { startDocker, unknownToDocker } from '../differential/docker.ts';
import { differences, explainedFor, parseOutcome } from '../differential/outcome.ts';

const everything = await loadCases(new URL('../differential/cases', import.meta.url).pathname);
const base = makeBaseImages();
const folder = mkdtempSync(join(tmpdir(), 'decant-builders-'));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each<
  [name: 'docker' | 'buildah', cases: readonly Case[], start: (folder: string) => Promise<Builder>]
>([
  [
    'docker',
    everything.filter((testCase) => unknownToDocker(testCase) === undefined),
    (place) => startDocker(place, base),
  ],
  ['buildah', everything, (place) => startBuildah(place, base)],
])('%s gives what BuildKit gave, but for what is explained:', (name, cases, start) => {
  let builder: Builder | undefined;
  let runs: ReadonlyMap<string, CaseRun>;
  beforeAll(async () => {
    builder = await start(join(folder, name, 'builder'));
    runs = await runCases(builder, cases, base, join(folder, name, 'cases'));
  }, 1_800_000);
  afterAll(() => builder?.stop?.());

  test('most cases can be compared', () => expect(cases.length).toBeGreaterThanOrEqual(150));

  test.each(cases)('$name', (testCase) => {
    const { outcome, output } = runs.get(testCase.name) as CaseRun;
    const recorded = parseOutcome(readFileSync(join(testCase.folder, 'expected.txt'), 'utf8'));
    const found = differences(recorded, outcome, explainedFor(testCase, name));
    expect(found.length === 0 ? '' : `${found.join('\n')}\n${output}`).toBe('');
  });
});
