/** The build cache: what changes nothing runs nothing again, what changes something does. */
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { baseArchive } from '../support/base.ts';
import { treeText } from '../support/images.ts';
import { progressOf, ranSteps } from '../support/progress.ts';
import type { Workbench } from '../support/workbench.ts';
import { BASE, withBase } from '../support/workbench.ts';

let bench: Workbench;
beforeAll(async () => {
  bench = await withBase();
});
afterAll(() => bench.remove());

const CALCULATOR = `\
FROM ${BASE} AS build
RUN echo a compiler > /compiler
COPY go.mod /src/
RUN echo modules > /modules
COPY cmd /src/cmd
RUN cat /src/cmd/*.go | wc -l > /calculator
FROM scratch
COPY --from=build /calculator /calculator
`;
const FILES = {
  Dockerfile: CALCULATOR,
  'go.mod': 'module calculator\n',
  'cmd/main.go': 'package main\n',
  'cmd/add.go': 'package main\n',
  'README.md': 'words\n',
};

describe('a program in two stages', () => {
  let context = '';
  // Each test starts from a build of the same files.
  beforeEach(async () => {
    context = bench.files(FILES);
    await bench.need(['build', context]);
  });

  test('built again runs nothing and gives the same image', async () => {
    const [first, second] = [await progressOf(bench, [context]), await progressOf(bench, [context])];
    for (const again of [first, second]) {
      expect(again.texts('step.start').filter((text) => !text.startsWith('FROM '))).toEqual([]);
      expect(again.events.at(-1)).toMatchObject({ type: 'build.done', summary: { totalSteps: 6 } });
    }
    expect(summaryOf(first)).toEqual(summaryOf(second));
  });

  const summaryOf = ({ events }: Awaited<ReturnType<typeof progressOf>>): unknown => {
    const last = events.at(-1);
    return last?.type === 'build.done' ? last.summary : undefined;
  };

  test('other times of files and folders change nothing', async () => {
    for (const name of ['Dockerfile', 'go.mod', 'cmd', 'cmd/main.go', 'cmd/add.go'])
      utimesSync(join(context, name), 1, 1);
    expect(await ranSteps(bench, [context])).toEqual([]);
  });

  test('a fresh checkout in another place changes nothing', async () => {
    expect(await ranSteps(bench, [bench.files(FILES)])).toEqual([]);
  });

  test('a file that no COPY takes in changes nothing', async () => {
    bench.change(context, { 'README.md': 'other words\n', 'new.txt': 'new\n' });
    expect(await ranSteps(bench, [context])).toEqual([]);
  });

  test('comments and line breaks in the Dockerfile change nothing', async () => {
    const Dockerfile = `# syntax of a comment\n${CALCULATOR.replace('RUN echo modules', 'RUN  \\\n  echo modules')}`;
    bench.change(context, { Dockerfile });
    expect(await ranSteps(bench, [context])).toEqual([]);
  });

  test('an edited source runs what comes after its COPY, and no more', async () => {
    bench.change(context, { 'cmd/main.go': 'package main\n\nfunc main() {}\n' });
    expect(await ranSteps(bench, [context])).toEqual([
      'COPY cmd /src/cmd',
      'RUN cat /src/cmd/*.go | wc -l > /calculator',
      'COPY --from=build /calculator /calculator',
    ]);
    expect(await treeText(bench, [context], '/calculator')).toBe('4\n');
  });

  test('a step that runs again and makes the same leaves what copies it in the cache', async () => {
    bench.change(context, { 'cmd/main.go': 'package calc\n' });
    expect(await ranSteps(bench, [context])).toEqual([
      'COPY cmd /src/cmd',
      'RUN cat /src/cmd/*.go | wc -l > /calculator',
    ]);
  });

  test('an edit taken back finds what was there before', async () => {
    bench.change(context, { 'cmd/main.go': 'package main // edited\n' });
    await bench.need(['build', context]);
    bench.change(context, { 'cmd/main.go': FILES['cmd/main.go'] });
    expect(await ranSteps(bench, [context])).toEqual([]);
  });

  test.each([
    ['a mode', { 'cmd/main.go': { text: FILES['cmd/main.go'], mode: 0o755 } }],
    ['a new file', { 'cmd/sub.go': '' }],
    ['a new directory', { 'cmd/empty/': '' }],
    ['a link in place of nothing', { 'cmd/link.go': { link: 'main.go' } }],
    ['contents of the same length', { 'cmd/main.go': 'package moin\n' }],
  ])('%s counts', async (_, change) => {
    bench.change(context, change);
    expect(await ranSteps(bench, [context])).toContain('COPY cmd /src/cmd');
  });

  test('a file that went, and a new name, count', async () => {
    rmSync(join(context, 'cmd/add.go'));
    expect(await ranSteps(bench, [context])).toContain('COPY cmd /src/cmd');
    bench.change(context, { 'cmd/plus.go': FILES['cmd/add.go'] });
    expect(await ranSteps(bench, [context])).toContain('COPY cmd /src/cmd');
  });

  test('contents that change within the same tick of the clock count', async () => {
    // Written at once after a build, at equal length: nothing but the content tells.
    for (const text of ['package aaaa\n', 'package bbbb\n', 'package cccc\n']) {
      writeFileSync(join(context, 'cmd/main.go'), text);
      await setTimeout(2);
      await bench.need(['build', '--target', 'build', '-t', 'ticks', context]);
      const { stdout } = await bench.need(['run', 'ticks', 'cat', '/src/cmd/main.go']);
      expect(stdout).toBe(text);
    }
  });
});

describe('definitions', () => {
  const steps = (Dockerfile: string, ...flags: readonly string[]): Promise<readonly string[]> =>
    ranSteps(bench, [...flags, bench.files({ Dockerfile, a: 'a' })]);

  test('the text of RUN counts', async () => {
    await steps(`FROM ${BASE}\nRUN echo 1 > /x\n`);
    expect(await steps(`FROM ${BASE}\nRUN echo 2 > /x\n`)).toEqual(['RUN echo 2 > /x']);
  });

  test.each([
    ['ENV', 'ENV WHO=someone', 'ENV WHO=someone-else'],
    ['USER', 'USER 0', 'USER 1'],
    ['WORKDIR', 'WORKDIR /srv', 'WORKDIR /etc'],
    ['SHELL', 'SHELL ["/bin/sh", "-c"]', 'SHELL ["/bin/sh", "-ec"]'],
  ])('%s counts for the RUN after it', async (_, before, after) => {
    const Dockerfile = (line: string): string => `FROM ${BASE}\n${line}\nRUN echo counted > /tmp/x\n`;
    await steps(Dockerfile(before));
    expect(await steps(Dockerfile(before))).toEqual([]);
    expect(await steps(Dockerfile(after))).toContain('RUN echo counted > /tmp/x');
  });

  test.each(['LABEL a=1', 'EXPOSE 80', 'CMD ["x"]', 'ENTRYPOINT ["x"]', 'STOPSIGNAL 2', 'VOLUME /v'])(
    '%s does not count for the RUN after it',
    async (line) => {
      await steps(`FROM ${BASE}\nRUN echo of the config > /x\n`);
      expect(await steps(`FROM ${BASE}\n${line}\nRUN echo of the config > /x\n`)).toEqual([]);
    },
  );

  test('a build argument counts from its ARG on, and one that is not declared does not', async () => {
    const Dockerfile = `\
FROM ${BASE}
RUN echo before > /before
ARG VERSION
RUN echo after > /after
`;
    await steps(Dockerfile, '--build-arg', 'VERSION=1');
    expect(await steps(Dockerfile, '--build-arg', 'VERSION=1')).toEqual([]);
    expect(await steps(Dockerfile, '--build-arg', 'VERSION=2')).toEqual(['RUN echo after > /after']);
    expect(await steps(Dockerfile, '--build-arg', 'VERSION=2', '--build-arg', 'OTHER=1')).toEqual([]);
  });

  test('a proxy reaches the step and does not count', async () => {
    const Dockerfile = `FROM ${BASE}\nRUN echo "[$http_proxy]" > /proxy\n`;
    const proxy = (port: number): readonly string[] => ['--build-arg', `http_proxy=http://proxy:${port}`];
    expect(await treeText(bench, [...proxy(1), bench.files({ Dockerfile })], '/proxy')).toBe(
      '[http://proxy:1]\n',
    );
    expect(await steps(Dockerfile, ...proxy(2))).toEqual([]);
  });

  test('the owner and mode that COPY gives count', async () => {
    const Dockerfile = (flags: string): string => `FROM scratch\nCOPY ${flags}a /a\n`;
    await steps(Dockerfile(''));
    expect(await steps(Dockerfile('--chown=1:1 '))).toHaveLength(1);
    expect(await steps(Dockerfile('--chmod=600 '))).toHaveLength(1);
    expect(await steps(Dockerfile(''))).toEqual([]);
  });

  test('the network counts', async () => {
    const Dockerfile = `FROM ${BASE}\nRUN echo network > /x\n`;
    await steps(Dockerfile, '--network', 'host');
    expect(await steps(Dockerfile, '--network', 'none')).toHaveLength(1);
    expect(await steps(Dockerfile, '--network', 'none')).toEqual([]);
  });

  test('equal steps of several stages run once', async () => {
    const Dockerfile = `\
FROM ${BASE} AS one
RUN cat /proc/sys/kernel/random/uuid > /uuid
FROM ${BASE} AS two
RUN cat /proc/sys/kernel/random/uuid > /uuid
FROM ${BASE}
COPY --from=one /uuid /one
COPY --from=two /uuid /two
RUN cmp /one /two
`;
    expect((await bench.decant(['build', bench.files({ Dockerfile })])).status).toBe(0);
  });
});

describe('the base image', () => {
  const Dockerfile = 'FROM moving:base\nRUN cat /etc/release > /seen\n';

  test('is what its name stands for now', async () => {
    const directory = bench.files({ Dockerfile });
    for (const release of ['one', 'two', 'one']) {
      const base = bench.files({ Dockerfile: `FROM ${BASE}\nCOPY release /etc/\n`, release });
      await bench.need(['build', '-t', 'moving:base', base]);
      expect(await treeText(bench, [directory], '/seen')).toBe(release);
    }
    expect(await ranSteps(bench, [directory])).toEqual([]);
  });

  test('that has other settings and the same files leaves the steps in the cache', async () => {
    const base = (line: string): string => bench.files({ Dockerfile: `FROM ${BASE}\n${line}\n` });
    const directory = bench.files({ Dockerfile: 'FROM settings:base\nRUN echo 1 > /x\n' });
    await bench.need(['build', '-t', 'settings:base', base('LABEL a=1')]);
    await bench.need(['build', directory]);
    await bench.need(['build', '-t', 'settings:base', base('LABEL a=2')]);
    expect(await ranSteps(bench, [directory])).toEqual([]);
  });

  test('that was imported again, however compressed, leaves the steps in the cache', async () => {
    const directory = bench.files({ Dockerfile: `FROM ${BASE}\nRUN echo imported > /x\n` });
    await bench.need(['build', directory]);
    await bench.need(['import', '-', BASE], { input: baseArchive() });
    expect(await ranSteps(bench, [directory])).toEqual([]);
  });
});

describe('what the store has lost', () => {
  const Dockerfile = `\
FROM ${BASE}
RUN cat /proc/sys/kernel/random/uuid > /uuid
COPY a /a
`;
  const uuid = (directory: string): Promise<string> => treeText(bench, [directory], '/uuid');
  const context = (): string => bench.files({ Dockerfile, a: `${Math.random()}` });

  /** A build whose layers are unpacked and packed, and the file that no second run of its step gives again. */
  const built = async (): Promise<readonly [string, string]> => {
    const directory = context();
    await bench.need(['build', '--no-cache', '-t', 'kept', directory]);
    return [directory, await uuid(directory)];
  };

  test('unpacked layers come back from blobs', async () => {
    const [directory, before] = await built();
    for (const id of readdirSync(join(bench.home, 'layers')))
      rmSync(join(bench.home, 'layers', id), { recursive: true });
    expect(await ranSteps(bench, [directory])).toEqual([]);
    expect(await uuid(directory)).toBe(before);
    const further = bench.files({ Dockerfile: `${Dockerfile}RUN cat /uuid /a > /both\n`, a: 'a' });
    bench.change(further, { a: { text: readFileSync(join(directory, 'a')) } });
    expect(await ranSteps(bench, [further])).toEqual(['RUN cat /uuid /a > /both']);
    expect(await treeText(bench, [further], '/both')).toContain(before);
  });

  test('blobs come back from unpacked layers', async () => {
    const [directory, before] = await built();
    await bench.need(['rmi', 'kept']);
    const [base] = await bench.json<{ layers: { digest: string }[] }[]>(['inspect', BASE]);
    const kept = base?.layers.map(({ digest }) => digest.slice('sha256:'.length)) ?? [];
    const blobs = join(bench.home, 'blobs/sha256');
    for (const name of readdirSync(blobs)) {
      const isText = readFileSync(join(blobs, name)).subarray(0, 1).toString() === '{';
      if (!isText && !kept.includes(name)) rmSync(join(blobs, name));
    }
    expect(await ranSteps(bench, [directory])).toEqual(['COPY a /a']);
    expect(await uuid(directory)).toBe(before);
  });

  test('where neither is left, the step runs again', async () => {
    const [directory, before] = await built();
    await bench.need(['rmi', 'kept']);
    await bench.need(['prune', '--all']);
    expect(await ranSteps(bench, [directory])).toEqual([
      'RUN cat /proc/sys/kernel/random/uuid > /uuid',
      'COPY a /a',
    ]);
    expect(await uuid(directory)).not.toBe(before);
  });

  test('prune leaves what recent builds need', async () => {
    const [directory] = await built();
    await bench.need(['prune']);
    expect(await ranSteps(bench, [directory])).toEqual([]);
  });

  test('prune --older-than takes what is old enough', async () => {
    const [directory] = await built();
    await bench.need(['prune', '--older-than', '1h']);
    expect(await ranSteps(bench, [directory])).toEqual([]);
    await bench.need(['prune', '--older-than', '0s']);
    expect(await ranSteps(bench, [directory])).not.toEqual([]);
  });

  test.each([
    ['torn', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['empty', () => Buffer.alloc(0)],
    ['of zeros', (bytes: Buffer) => Buffer.alloc(bytes.length)],
    ['of something else', () => Buffer.from('{"surprise": [1, {"refs": 7}]}')],
  ])('records that are %s are a miss, not an error', async (_, damage) => {
    const [directory, before] = await built();
    for (const file of filesBelow(join(bench.home, 'cache'))) writeFileSync(file, damage(readFileSync(file)));
    const again = await progressOf(bench, [directory]);
    expect(again, again.stderr).toMatchObject({ status: 0 });
    expect(again.texts('step.start')).toContain('RUN cat /proc/sys/kernel/random/uuid > /uuid');
    expect(await uuid(directory)).not.toBe(before);
    expect(await ranSteps(bench, [directory])).toEqual([]);
  });

  test('an index of an unpacked layer that cannot be read is a miss, not an error', async () => {
    const [directory, before] = await built();
    for (const id of readdirSync(join(bench.home, 'layers'))) {
      const index = join(bench.home, 'layers', id, 'index');
      if (existsSync(index)) writeFileSync(index, readFileSync(index).subarray(0, 20));
    }
    const further = bench.files({ Dockerfile: `${Dockerfile}RUN cat /uuid > /copy\n`, a: '' });
    bench.change(further, { a: { text: readFileSync(join(directory, 'a')) } });
    expect(await treeText(bench, [further], '/copy')).toBe(before);
  });

  const filesBelow = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true, recursive: true }).flatMap((entry) =>
      entry.isFile() ? join(entry.parentPath, entry.name) : [],
    );
});
