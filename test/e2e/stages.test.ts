/** Stages: which are built, in which order, and what one may take from another. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { meeting } from '../support/gate.ts';
import { listing, treeText } from '../support/images.ts';
import { progressOf } from '../support/progress.ts';
import type { Workbench } from '../support/workbench.ts';
import { BASE, withBase } from '../support/workbench.ts';

let bench: Workbench;
beforeAll(async () => {
  bench = await withBase();
});
afterAll(() => bench.remove());

const context = (Dockerfile: string): string => bench.files({ Dockerfile, a: 'a' });

describe('a stage that the target does not need', () => {
  test('is not built, and its base is not looked up', async () => {
    const Dockerfile = `\
FROM no-such-image AS useless
RUN touch /never
COPY --from=no-such-image-either /x /x
FROM ${BASE} AS needed
RUN echo made > /made
FROM useless AS useless-too
RUN touch /never
FROM scratch
COPY --from=needed /made /made
FROM no-such-image
`;
    const built = await progressOf(bench, ['--target', '3', context(Dockerfile)]);
    expect(built.status, built.stderr).toBe(0);
    expect(built.texts('step.start')).toEqual([
      `FROM ${BASE} AS needed`,
      'RUN echo made > /made',
      'COPY --from=needed /made /made',
    ]);
    expect(built.steps.map(({ text }) => text)).not.toContain('RUN touch /never');
  });

  test('is not carried out even where it could not be', async () => {
    const Dockerfile = `\
FROM ${BASE} AS later
RUN --mount=type=secret,id=key true
COPY nothing-of-the-kind /
USER who-is-this
FROM scratch AS small
COPY a /a
`;
    expect((await bench.decant(['build', context(Dockerfile)])).status).toBe(0);
    const later = await bench.decant(['build', '--target', 'later', context(Dockerfile)]);
    expect(later.status).toBe(1);
    expect(later.stderr).toContain('"/nothing-of-the-kind": not found [COPY_SOURCE_MISSING]');
  });

  test('but its grammar counts', async () => {
    const result = await bench.decant(['build', context('FROM x\nBOGUS\nFROM scratch\n')]);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('[DOCKERFILE_SYNTAX]');
  });
});

describe('--target', () => {
  const Dockerfile = `\
FROM scratch AS First
ENV IS=0
FROM scratch AS second
ENV IS=1
FROM second
ENV IS=2
`;
  const environmentOf = async (...flags: readonly string[]): Promise<unknown> => {
    await bench.need(['build', '-t', 'target', ...flags, context(Dockerfile)]);
    const [image] = await bench.json<{ config: { environment: string[] } }[]>(['inspect', 'target']);
    return image?.config.environment.find((line) => line.startsWith('IS='));
  };

  test.each([
    ['the last stage without it', [], 'IS=2'],
    ['a name', ['--target', 'first'], 'IS=0'],
    ['a name in another case', ['--target', 'SECOND'], 'IS=1'],
    ['a number', ['--target', '1'], 'IS=1'],
    ['the number of a stage without a name', ['--target', '2'], 'IS=2'],
  ])('%s', async (_, flags, expected) => expect(await environmentOf(...flags)).toBe(expected));

  test('that does not exist is an error that names those that do', async () => {
    const result = await bench.decant(['build', '--target', 'secnod', context(Dockerfile)]);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain('"secnod"');
    expect(result.stderr).toContain('[STAGE_UNKNOWN]');
    expect(result.stderr).toContain('hint: did you mean second?');
    expect((await bench.decant(['build', '--target', '3', context(Dockerfile)])).status).toBe(1);
  });
});

describe('one stage and another', () => {
  test('FROM a stage takes its files, its config and its arguments', async () => {
    const Dockerfile = `\
FROM ${BASE} AS parent
ARG VERSION=7
ENV NAME=parent
WORKDIR /srv/work
USER 1000
RUN id -u > /tmp/user
FROM parent
RUN echo "$NAME $VERSION $PWD $(cat /tmp/user) $(id -u)" > /tmp/said
`;
    expect(await treeText(bench, [context(Dockerfile)], '/tmp/said')).toBe('parent 7 /srv/work 1000 1000\n');
  });

  test('COPY --from takes a stage by name and number, and an image', async () => {
    await bench.need(['build', '-t', 'example.org/tools:1', context('FROM scratch\nCOPY a /tool\n')]);
    const Dockerfile = `\
FROM ${BASE} AS one
RUN echo one > /one
FROM ${BASE}
RUN echo two > /two
FROM scratch
COPY --from=ONE /one /
COPY --from=1 /two /
COPY --from=example.org/tools:1 /tool /
`;
    const { bytes } = await bench.need(['build', '-o', '-', context(Dockerfile)]);
    expect(listing(bytes)).toEqual({
      '/one': 'file 0644 0:0 "one\\n"',
      '/two': 'file 0644 0:0 "two\\n"',
      '/tool': 'file 0644 0:0 "a"',
    });
  });

  test('ONBUILD waits for the stage on top', async () => {
    const Dockerfile = `\
FROM ${BASE} AS waiting
ONBUILD RUN echo triggered > /triggered
FROM waiting
RUN cat /triggered > /seen
`;
    expect(await treeText(bench, [context(Dockerfile)], '/seen')).toBe('triggered\n');
  });
});

// Steps wait for one another: were they carried out one after the other, none would come to its end.
describe('side by side', () => {
  const stages = (count: number, run: (name: string) => string, last: (name: string) => string): string => {
    const names = Array.from({ length: count }, (_, index) => `stage-${index}`);
    const all = names.map((name) => `FROM ${BASE} AS ${name}\n${run(name)}`);
    return [...all, 'FROM scratch\n', ...names.map(last)].join('');
  };
  const build = (Dockerfile: string) =>
    bench.need(['build', '--no-cache', '--network', 'none', '-o', 'type=cacheonly', context(Dockerfile)]);

  test.each(['COPY', 'COPY --link'])('are ten stages that %s asks for', async (copy) => {
    const run = meeting(`ten of ${copy}`.replaceAll(' ', '-'), 10);
    await build(stages(10, run, (name) => `${copy} --from=${name} /${name} /\n`));
  });

  test('a stage runs its own steps while it waits for what it copies', async () => {
    const run = meeting('while-waiting', 3);
    const Dockerfile = `\
FROM ${BASE} AS one
${run('one')}FROM ${BASE} AS two
${run('two')}COPY --from=one /one /one
FROM ${BASE}
${run('three')}COPY --from=two /one /two /
RUN cat /one /two
`;
    await build(Dockerfile);
  });

  test('gives the same image as one after the other', async () => {
    const run = (name: string): string => `RUN echo ${name} > /${name}\n`;
    const Dockerfile = stages(3, run, (name) => `COPY --from=${name} /${name} /\n`);
    const ids = [];
    for (let round = 0; round < 3; round += 1) {
      const { stdout } = await bench.need(['build', '-q', '--no-cache', context(Dockerfile)]);
      ids.push(stdout);
    }
    expect(new Set(ids).size).toBe(1);
  });
});
