import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ContainerConfig, HistoryEntry } from '../oci/config.ts';
import type { Entry } from '../tree/entry.ts';
import { directory, file, link, whiteout } from '../tree/testing.ts';
import { auditOf, ELF, said, type TestImage } from './testing.ts';
import { gradeOf } from './score.ts';

const program = (path: string, text = ELF): Entry => file(path, text, { mode: 0o755 });

/** Everything that an image of the tests below may have; each of it may be taken away. */
const THINGS: readonly Entry[] = [
  program('usr/bin/bash'),
  program('usr/bin/dash'),
  link('usr/bin/sh', 'dash'),
  link('bin', 'usr/bin'),
  program('usr/bin/python3.11'),
  link('usr/bin/python3', 'python3.11'),
  program('usr/bin/curl'),
  program('usr/local/bin/app', '#!/bin/sh\nexec python3 /srv/app.py\n'),
  program('opt/tools/thing'),
  program('usr/bin/busybox', `${ELF}[\0[[\0ash\0cat\0find\0ls\0nc\0sh\0vi\0wget\0xargs\0\0`),
  link('usr/bin/wget', 'busybox'),
  file('usr/bin/su', ELF, { mode: 0o4755 }),
  directory('srv/shared', { mode: 0o777 }),
  directory('tmp', { mode: 0o1777 }),
  directory('usr/local/bin', { uid: 1000 }),
  file('etc/passwd', 'root:x:0:0::/root:/bin/sh\napp:x:1000:50::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\n'),
  file('etc/group', 'staff:x:50:app\n'),
  file('etc/shadow', 'root::1::::::\n'),
  file('app/.env', 'API_TOKEN=a1b2c3d4e5f6\n'),
  directory('app/.git'),
  file('app/main.go', 'package main'),
  file('var/lib/dpkg/status', 'Package: bash\nStatus: install ok installed\nVersion: 1\n'),
  file('var/lib/dpkg/info/bash.list', '/.\n/usr/bin/bash\n'),
];
const ENV = ['PATH=/usr/local/bin:/usr/bin:/bin:/opt/tools', 'DB_PASSWORD=tr0ub4dor', 'PORT=80'];
const HISTORY: readonly HistoryEntry[] = [
  { created_by: 'RUN |1 TOKEN=zx81spectrum /bin/sh -c make # buildkit', empty_layer: true },
];
const VOLUMES = ['/var/run/docker.sock', '/data'];

interface Settings {
  readonly env?: readonly string[];
  readonly history?: readonly HistoryEntry[];
  readonly volumes?: readonly string[];
  readonly user?: string;
  readonly above?: readonly Entry[];
}

const image = (
  entries: readonly Entry[],
  { env = ENV, history = HISTORY, volumes = VOLUMES, user = 'app', above = [] }: Settings = {},
): TestImage => ({
  layers: [entries, ...(above.length > 0 ? [above] : [])],
  config: {
    User: user,
    Env: env,
    Entrypoint: ['app'],
    Volumes: Object.fromEntries(volumes.map((each) => [each, {}])),
  } satisfies ContainerConfig,
  history,
});

const subset = <T>(items: readonly T[]): fc.Arbitrary<readonly T[]> =>
  fc.subarray([...items], { minLength: 0 });

describe('the score', () => {
  test('never falls when something is taken away', { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        subset(THINGS),
        fc.constantFrom('app', '1000', '', '0'),
        fc.infiniteStream(fc.boolean()),
        async (entries, user, coin) => {
          const keep = <T>(items: readonly T[]): readonly T[] => items.filter(() => coin.next().value);
          const before = await auditOf(image(entries, { user }));
          const fewer = keep(entries);
          const after = await auditOf(
            image(fewer, { user, env: keep(ENV), history: keep(HISTORY), volumes: keep(VOLUMES) }),
          );
          expect(after.score.points).toBeLessThanOrEqual(before.score.points);
          expect(after.score.value).toBeGreaterThanOrEqual(before.score.value);
          // By a later layer, which removes paths and leaves the lower layer as it was.
          const gone = entries.filter((entry) => !fewer.includes(entry)).map(({ path }) => path);
          const above = gone.filter((path) => !gone.some((other) => path.startsWith(`${other}/`)));
          const removed = await auditOf(image(entries, { user, above: above.map((path) => whiteout(path)) }));
          expect(removed.score.points).toBeLessThanOrEqual(before.score.points);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('is the same without the records of packages', async () => {
    const before = await auditOf(image(THINGS));
    const after = await auditOf(image(THINGS.filter(({ path }) => !path.startsWith('var/lib/dpkg'))));
    expect(after.score).toEqual(before.score);
    expect([before.records.unowned, after.records.unowned]).toEqual([7, 8]);
    expect(after.records.packages).toEqual({});
  });

  test('is explained point by point', async () => {
    const { score, findings } = await auditOf(image(THINGS));
    const sum = (items: readonly { readonly points: number }[]): number =>
      Math.round(items.reduce((all, { points }) => all + points, 0) * 10) / 10;
    expect(sum(findings)).toBe(score.points);
    expect(sum(score.parts)).toBe(score.points);
    expect(sum(findings.filter(({ neededBy }) => neededBy !== undefined))).toBe(score.neededPoints);
    expect(score.value).toBe(Math.floor(1e5 / (100 + score.points)) / 10);
  });

  test('of an image with nothing but its program is the best', async () => {
    const { score, findings } = await auditOf({
      layers: [[program('calculator')]],
      config: { User: '65532:65532', Entrypoint: ['/calculator'] },
    });
    expect(findings.filter(({ points }) => points > 0)).toEqual([]);
    expect(score).toMatchObject({ value: 100, grade: 'A', points: 0 });
  });

  test('does not fall when a removed file stays in its layer', async () => {
    const key = file('srv/.env', 'API_TOKEN=a1b2c3d4e5f6\n');
    const lower = await auditOf({ layers: [[key]] });
    const removed = await auditOf({ layers: [[key], [whiteout('srv/.env')]] });
    expect(removed.score.points).toBe(lower.score.points);
    expect(removed.findings.find(({ rule }) => rule === 'secret')).toMatchObject({ state: 'deleted' });
  });

  test.each([
    [100, 'A'],
    [90, 'A'],
    [89.9, 'B'],
    [60, 'C'],
    [40, 'D'],
    [20, 'E'],
    [3, 'F'],
  ])('%d is %s', (value, grade) => {
    expect(gradeOf(value)).toBe(grade);
  });
});

describe('what the entry point needs', () => {
  test('is listed apart, and counts all the same', async () => {
    const audit = await auditOf(image(THINGS));
    const needed = audit.findings.filter(({ neededBy }) => neededBy !== undefined);
    expect(needed.map(({ path, neededBy }) => `${path} ${neededBy}`).sort()).toEqual([
      'usr/bin/dash is what /usr/local/bin/app begins with',
      'usr/bin/python3.11 is named in /usr/local/bin/app',
    ]);
    expect(audit.counts.shells).toEqual({ found: 5, needed: 1 });
    expect(said(audit, 'interpreter')).toEqual(['interpreter /usr/bin/python3.11']);
    expect(audit.score.best).toBeGreaterThan(audit.score.value);
  });
});
