/** `decant build --explain`: why each step was carried out, or its result reused. */
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { progressOf } from '../support/progress.ts';
import { USERS } from '../support/users.ts';
import type { Workbench } from '../support/workbench.ts';
import { BASE, withBase } from '../support/workbench.ts';

const Dockerfile = `FROM ${BASE} AS made
ARG VERSION=1
COPY src /src
RUN cat /src/a > /made
FROM ${BASE}
COPY --from=made /made /
RUN --mount=source=other,target=/other cat /other/x > /x
`;

describe.each(USERS)('as $name', (user) => {
  let bench: Workbench;
  let directory = '';
  beforeAll(async () => {
    bench = await withBase(user);
    directory = bench.files({ Dockerfile, 'src/a': 'a', 'src/b': 'b', 'other/x': 'x' });
  });
  afterAll(() => bench.remove());

  /** By line of the Dockerfile. */
  async function why(...flags: readonly string[]): Promise<Record<number, readonly string[]>> {
    const progress = await progressOf(bench, ['--explain', ...flags, directory]);
    expect(progress.status).toBe(0);
    return Object.fromEntries(
      progress.events.flatMap((event) => {
        if (event.type !== 'step.explained') return [];
        const line = progress.steps.find(({ id }) => id === event.id)?.line ?? 0;
        return [[line, [event.reused ? 'reused' : 'done', ...event.reasons]]];
      }),
    );
  }

  test('says what has changed, from build to build', async () => {
    const first = 'it is the first build of this Dockerfile, context and target that is remembered';
    expect(await why()).toEqual({
      3: ['done', first],
      4: ['done', first],
      6: ['done', first],
      7: ['done', first],
    });

    const same = ['reused', 'nothing that it depends on has changed'];
    expect(await why()).toEqual({ 3: same, 4: same, 6: same, 7: same });

    expect(await why('--build-arg', 'VERSION=2')).toEqual({
      3: same,
      4: ['done', 'variable VERSION was "1" and is "2"'],
      6: ['reused', expect.any(String)],
      7: same,
    });

    bench.change(directory, { 'src/a': 'changed', 'src/new': '' });
    const files = await why('--build-arg', 'VERSION=2');
    expect(files[3]).toEqual([
      'done',
      expect.stringMatching(/^src: "a" was sha256:\S+ 0644 0:0 and is sha256:\S+ 0644 0:0$/),
      'src: "new" is new',
    ]);
    expect(files[4]).toEqual(['done', 'it stands on COPY in line 3, which is not what it was']);
    expect(files[6]?.[0]).toBe('done');

    bench.change(directory, { 'other/x': 'y' });
    expect((await why('--build-arg', 'VERSION=2'))[7]?.[1]).toMatch(/^\/other: "x" was sha256:/);

    bench.change(directory, { Dockerfile: Dockerfile.replace('> /x', '> /y') });
    expect((await why('--build-arg', 'VERSION=2'))[7]).toEqual([
      'done',
      'the command was "/bin/sh -c cat /other/x > /x" and is "/bin/sh -c cat /other/x > /y"',
    ]);
    expect((await why('--build-arg', 'VERSION=2', '--no-cache-filter', 'made'))[4]?.[1]).toMatch(
      /^it was asked for/,
    );
  });

  test('is written below the steps', async () => {
    const { stderr } = await bench.need(['build', '--explain', '--progress', 'plain', directory]);
    expect(stderr).toMatch(/^#\d \[1 3\/3\] RUN .*: (reused|carried out), because\n {4}\S/m);
  });

  test('records that do not read are misses, with a warning', async () => {
    for (const file of filesBelow(join(bench.home, 'cache/layer'))) writeFileSync(file, 'torn');
    const { status, stderr } = await bench.decant(['build', '--explain', directory]);
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /WARNING: \d+ of the records in .* could not be read; their steps count as never done/,
    );
    expect(stderr).toContain('nothing has changed, but its result is not in the cache');
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}
