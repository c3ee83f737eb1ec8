/**
 * Dockerfiles with one mistake each: decant says no where BuildKit says no, marks the same lines, and says what is wrong
 * and, where that can be known, what was meant. What BuildKit says is recorded; see test/differential/README.md.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeBaseImages } from '../differential/base.ts';
import type { Builder, CaseRun } from '../differential/builder.ts';
import { runCases } from '../differential/builder.ts';
import { startDecant } from '../differential/decant.ts';
import { loadMistakes, mistakeCase } from '../differential/mistakes.ts';
import { SELF } from '../support/users.ts';

const place = new URL('../differential/mistakes', import.meta.url).pathname;
const mistakes = await loadMistakes(place);
const cases = mistakes.map((mistake, index) => mistakeCase(mistake, place, index));
const folder = mkdtempSync(join(tmpdir(), 'decant-mistakes-'));
chmodSync(folder, 0o755);

let builder: Builder;
let runs: ReadonlyMap<string, CaseRun>;
beforeAll(async () => {
  const base = makeBaseImages();
  builder = await startDecant(join(folder, 'builder'), base, SELF);
  runs = await runCases(builder, cases, base, join(folder, 'cases'));
});
afterAll(async () => {
  await builder?.stop?.();
  rmSync(folder, { recursive: true, force: true });
});

test('there are many, and nearly all have a hint', () => {
  expect(mistakes.length).toBeGreaterThanOrEqual(100);
  expect(mistakes.filter(({ hint }) => hint !== undefined).length).toBeGreaterThan(mistakes.length * 0.7);
});

test.each(mistakes.map((mistake, index) => [mistake.title, mistake, index] as const))(
  '%s',
  (_title, { buildkit, decant, hint, different }, index) => {
    const { status, output } = runs.get(`mistake-${index}`) as CaseRun;
    const [, message, code] = /^error: ([^]*?) \[([A-Z_]+)\]$/m.exec(output) ?? [];
    const [, marked] = /\/Dockerfile:([\d-]+)$/m.exec(output) ?? [];
    const [, hinted] = /^hint: (.*)$/m.exec(output) ?? [];
    expect({ marked, hinted }, output).toEqual({ marked: decant.lines, hinted: hint });
    expect(decant.code.split('|'), output).toContain(code);
    expect(message).toContain(decant.message);
    expect(status).toBe(code === 'NETWORK' || code === 'REGISTRY_DENIED' || code === 'OFFLINE' ? 4 : 1);
    expect(output).not.toMatch(/^ {4}at /m);
    if (different === undefined && buildkit.lines !== '-') expect(marked).toBe(buildkit.lines);
    if (buildkit.message === 'builds it') expect(different).toBeDefined();
  },
);
