/** What a build shows while it runs and when it fails: in a log, to a program, on a terminal, or not at all. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Event } from '../../src/events.ts';
import { createGate } from '../support/gate.ts';
import { commandLines } from '../support/processes.ts';
import { progressOf } from '../support/progress.ts';
import { runOnTerminal, screenAfter } from '../support/terminal.ts';
import { until } from '../support/until.ts';
import { USERS } from '../support/users.ts';
import type { Workbench } from '../support/workbench.ts';
import { BASE, withBase } from '../support/workbench.ts';

const TWO_STAGES = `\
FROM ${BASE} AS build
RUN echo compiling && head -c 2000000 /dev/zero > /artifact
FROM scratch
COPY --from=build /artifact /artifact
`;

let bench: Workbench;
beforeAll(async () => {
  bench = await withBase();
});
afterAll(() => bench.remove());

const context = (Dockerfile: string): string => bench.files({ Dockerfile, 'some file': '' });
const plain = async (...args: readonly string[]): Promise<string> =>
  (await bench.decant(['build', '--progress', 'plain', ...args])).stderr;

describe('plain', () => {
  test('is lines that can be told apart, and ends with what was built', async () => {
    const text = await plain('--no-cache', '-t', 'shown:1', context(TWO_STAGES));
    const lines = text.trimEnd().split('\n');
    expect(lines[0]).toBe('building 1 from Dockerfile: 3 steps');
    expect(lines).toContain('#2 [build 2/2] RUN echo compiling && head -c 2000000 /dev/zero > /artifact');
    expect(text).toMatch(/^#2 \d+\.\d{3} compiling$/m);
    expect(text).toMatch(/^#2 DONE \d+\.\ds$/m);
    expect(lines).toContain('#3 [1 1/1] COPY --from=build /artifact /artifact');
    const summary = lines.slice(lines.findIndex((line) => line.startsWith('built ')));
    expect(summary).toEqual([
      expect.stringMatching(/^built shown:1 in \d+\.\ds$/),
      expect.stringMatching(/^ {2}digest {7}sha256:[0-9a-f]{64}$/),
      expect.stringMatching(/^ {2}image id {5}sha256:[0-9a-f]{64}$/),
      expect.stringMatching(/^ {2}size {9}.* packed, 2\.00 MB unpacked$/),
      '  cached       0 of 2 steps',
      expect.stringMatching(/^ {2}left behind {2}stage build: \d\.\d\d MB$/),
    ]);
    expect(text.includes('\u001B')).toBe(false);
  });

  test('says what came from the cache', async () => {
    const directory = context(TWO_STAGES);
    await bench.need(['build', directory]);
    expect(await plain(directory)).toMatch(/^#2 CACHED$/m);
  });

  test('is what there is without a terminal', async () => {
    const { stdout, stderr } = await bench.need(['build', context('FROM scratch\n')]);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^building 0 from Dockerfile: 0 steps\nbuilt sha256:/);
  });

  test('counts the time of a step from when what it stands on was there', async () => {
    const Dockerfile = `FROM ${BASE}\nRUN sleep 1.5\nCOPY ["some file", "/"]\nRUN true\n`;
    const text = await plain('--no-cache', context(Dockerfile));
    const took = [...text.matchAll(/^#\d DONE (\d+\.\d)s$/gm)].map(([, time]) => Number(time));
    const [, whole] = /^built \S+ in (\d+\.\d)s$/m.exec(text) ?? [];
    expect(took).toHaveLength(4);
    expect(took[1]).toBeGreaterThanOrEqual(1.5);
    // Were the sleep counted in the steps after it too, they would come to more than the whole; each is rounded.
    expect(took.reduce((sum, time) => sum + time)).toBeLessThan(Number(whole) + 0.5);
    expect(text.indexOf('#2 DONE')).toBeLessThan(text.indexOf('#3 [0 3/4]'));
    expect(text.indexOf('#3 DONE')).toBeLessThan(text.indexOf('#4 [0 4/4]'));
  });

  test('shows output as it comes, and both streams', async () => {
    const gate = createGate(bench.home);
    const Dockerfile = `FROM ${BASE}\nRUN ${gate.mount} echo first; ${gate.wait}; echo second >&2; printf unfinished\n`;
    const started = bench.start(['build', '--progress', 'plain', context(Dockerfile)]);
    await started.says(' first\n', 'stderr');
    await gate.reached();
    gate.open();
    const { stderr } = await started.ended;
    const times = ['first', 'second', 'unfinished'].map((word) =>
      Number(new RegExp(`^#2 (\\d+\\.\\d+) ${word}$`, 'm').exec(stderr)?.[1]),
    );
    expect(times[1]).toBeGreaterThanOrEqual(times[0] ?? Infinity);
    expect(times[2]).toBeGreaterThanOrEqual(times[1] ?? Infinity);
  });
});

describe('json', () => {
  test('is one event a line, from the start of the build to its end', async () => {
    const built = await progressOf(bench, ['--no-cache', '-t', 'json:1', context(TWO_STAGES)]);
    expect(built.stdout).toBe('');
    // Not a line of anything else.
    expect(built.stderr.trimEnd().split('\n')).toHaveLength(built.events.length);
    expect(built.events[0]).toMatchObject({
      type: 'build.start',
      time: 0,
      dockerfile: 'Dockerfile',
      target: '1',
      steps: [
        { id: '0.0', stage: 'build', index: 1, total: 2, text: `FROM ${BASE} AS build`, line: 1 },
        { id: '0.1', stage: 'build', index: 2, total: 2, line: 2 },
        { id: '1.0', stage: '1', index: 1, total: 1, line: 4 },
      ],
    });
    const times = built.events.map(({ time }) => time);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(outputOf(built.events)).toBe('compiling\n');
    expect(built.events.at(-1)).toEqual({
      type: 'build.done',
      time: expect.any(Number) as unknown,
      summary: {
        digest: expect.stringMatching(/^sha256:/) as unknown,
        imageId: expect.stringMatching(/^sha256:/) as unknown,
        names: ['json:1'],
        packedSize: expect.any(Number) as unknown,
        unpackedSize: 2_000_000,
        cachedSteps: 0,
        totalSteps: 2,
        leftBehind: [{ stage: 'build', size: expect.any(Number) as unknown }],
        stages: [
          {
            stage: 'build',
            isTarget: false,
            from: { kind: 'image', name: BASE },
            size: expect.any(Number) as unknown,
            poured: [],
          },
          {
            stage: '1',
            isTarget: true,
            from: { kind: 'image', name: 'scratch' },
            size: 2_000_000,
            poured: [{ kind: 'stage', from: 'build', paths: ['/artifact'], size: 2_000_000 }],
          },
        ],
        outputs: [],
      },
    });
  });

  const outputOf = (events: readonly Event[]): string =>
    events.flatMap((event) => (event.type === 'step.output' ? event.text : [])).join('');

  test('tells of every step that it began and how it ended', async () => {
    const built = await progressOf(bench, ['--no-cache', context(TWO_STAGES)]);
    for (const { id } of built.steps) {
      const own = built.events.flatMap((event) => ('id' in event && event.id === id ? event.type : []));
      expect(own.filter((type) => type !== 'step.output')).toEqual(['step.start', 'step.done']);
    }
  });

  test('ends with the step that failed; the error is told as in the other modes', async () => {
    const failed = await progressOf(bench, [context(`FROM ${BASE}\nRUN exit 3\nRUN true\n`)]);
    expect(failed.status).toBe(1);
    expect(failed.texts('step.failed')).toEqual(['RUN exit 3']);
    expect(failed.texts('step.canceled')).toEqual(['RUN true']);
    expect(failed.events.some(({ type }) => type === 'build.done')).toBe(false);
    expect(failed.stderr).toMatch(/^error: .*exit code: 3 \[EXEC_FAILED\]$/m);
  });

  test('keeps control characters and credentials out', async () => {
    const script = String.raw`printf 'a\033[31mb\n'; echo https://me:secret@example.org/`;
    const built = await progressOf(bench, ['--no-cache', context(`FROM ${BASE}\nRUN ${script}\n`)]);
    expect(built.stderr.includes('\u001B')).toBe(false);
    expect(built.stderr).not.toContain('secret');
    expect(outputOf(built.events)).toContain('https://***@example.org/');
  });
});

describe('quiet', () => {
  test('prints the image id on standard output and nothing else', async () => {
    const directory = context(TWO_STAGES);
    const quiet = await bench.need(['build', '--progress', 'quiet', '-t', 'quiet:1', directory]);
    expect(quiet).toMatchObject({ stderr: '', stdout: expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/) });
    const [image] = await bench.json<{ id: string }[]>(['inspect', 'quiet:1']);
    expect(quiet.stdout).toBe(`${image?.id}\n`);
    expect(await bench.need(['build', '-q', directory])).toMatchObject({ stdout: quiet.stdout, stderr: '' });
  });

  test('leaves standard output to an archive that goes there', async () => {
    const directory = context(TWO_STAGES);
    const quiet = await bench.need(['build', '-q', '-o', '-', directory]);
    expect(quiet.stderr).toBe('');
    expect(quiet.bytes.equals((await bench.need(['build', '-o', '-', directory])).bytes)).toBe(true);
  });

  test('still tells the error', async () => {
    const failed = await bench.decant(['build', '-q', context(`FROM ${BASE}\nRUN echo why; false\n`)]);
    expect(failed).toMatchObject({ status: 1, stdout: '' });
    expect(failed.stderr).toMatch(/^error: .*\n[^]* \| why$/m);
  });
});

describe('a step that fails', () => {
  const fail = (...lines: readonly string[]): Promise<string> =>
    bench.decant(['build', context([`FROM ${BASE}`, ...lines, ''].join('\n'))]).then(({ stderr }) => stderr);

  test('is shown with its lines, its last output, its status and a hint', async () => {
    const stderr = await fail('ENV A=1', 'RUN echo trying && \\', '    nonsense --all', '', 'CMD x');
    const error = stderr.slice(stderr.indexOf('error: '));
    expect(error).toBe(`\
error: process "/bin/sh -c echo trying &&     nonsense --all" did not complete successfully: exit code: 127 [EXEC_FAILED]

Dockerfile:3-4
      1 | FROM base:latest
      2 | ENV A=1
  >>> 3 | RUN echo trying && \\
  >>> 4 |     nonsense --all
      5 |
      6 | CMD x

last output:
  | trying
  | /bin/sh: nonsense: not found

hint: the command, or the shell that should run it, is not in the image
`);
  });

  test('shows the last lines of much output, in full', async () => {
    const stderr = await fail('RUN seq 1 5000; printf %0300d 7; exit 9');
    const lines = stderr.slice(stderr.indexOf('last output:')).split('\n').slice(1, -2);
    expect(lines.length).toBeGreaterThanOrEqual(20);
    expect(lines.length).toBeLessThanOrEqual(100);
    expect(lines.at(-2)).toBe('  | 5000');
    expect(lines.at(-1)).toBe(`  | ${'7'.padStart(300, '0')}`);
    expect(stderr).toContain('exit code: 9');
  });

  test('says what a terminal would obey in letters', async () => {
    const stderr = await fail(String.raw`RUN printf '\033[2Jwiped\007\n'; exit 1`);
    expect(stderr.replaceAll('\n', '')).toMatch(/^\P{Cc}*$/u);
    expect(stderr).toContain('wiped');
  });

  test('never shows a credential', async () => {
    const stderr = await fail(
      'RUN echo Authorization: Bearer c2VjcmV0; echo https://me:secret@x.org; exit 1',
    );
    expect(stderr).not.toMatch(/c2VjcmV0|secret@/);
  });
});

describe.each(USERS)('on a terminal, as $name', (user) => {
  let own: Workbench;
  beforeAll(async () => {
    own = await withBase(user);
  });
  afterAll(() => own.remove());

  test('a build ends with its steps and the summary, and the terminal is as before', async () => {
    const directory = own.files({ Dockerfile: TWO_STAGES.replace('RUN ', 'RUN sleep 0.4 && ') });
    const args = ['build', '--progress', 'auto', '-t', 'tty:1', directory];
    const { status, output, before, after } = await runOnTerminal(own, args);
    expect([status, after]).toEqual([0, before]);
    const shown = await screenAfter(own, output);
    expect(shown).toMatch(/^built tty:1 in \d+\.\ds$/m);
    expect(shown).toMatch(/^ {2}left behind {2}stage build: /m);
    expect(shown).toMatch(/COPY --from=build \/artifact \/artifact/);
    // Not one line is there twice, as it would be had the display not been drawn over.
    expect(shown.match(/COPY --from=build/g)).toHaveLength(1);
    expect(output.lastIndexOf('\u001B[?25h')).toBeGreaterThanOrEqual(output.lastIndexOf('\u001B[?25l'));
  });

  test('a build that fails ends with the error, and the terminal is as before', async () => {
    const directory = own.files({ Dockerfile: `FROM ${BASE}\nRUN sleep 0.3; echo no luck; exit 3\n` });
    const { status, output, before, after } = await runOnTerminal(own, ['build', directory]);
    expect([status, after]).toEqual([1, before]);
    const shown = await screenAfter(own, output);
    expect(shown).toMatch(/^error: process /m);
    expect(shown).toMatch(/^ {2}\| no luck$/m);
    expect(shown).toMatch(/^ {2}>>> 2 \| RUN sleep/m);
  });

  test('a build that is interrupted ends with 130 long before its step, and the terminal is as before', async () => {
    const directory = own.files({ Dockerfile: `FROM ${BASE}\nRUN sleep 5021\n` });
    const { status, output, before, after } = await runOnTerminal(own, ['build', directory], {
      typed: { keys: '\u0003', after: 'RUN sleep 5021' },
    });
    expect([status, after]).toEqual([130, before]);
    expect(await screenAfter(own, output)).toMatch(/^error: .*\[INTERRUPTED\]$/m);
  });

  test.each([
    ['build', ['build', '-o', 'type=oci']],
    ['save', ['save', BASE]],
  ])('%s writes no archive to it', async (command, args) => {
    const directory = own.files({ Dockerfile: 'FROM scratch\n' });
    const { status, output } = await runOnTerminal(own, command === 'build' ? [...args, directory] : args);
    expect(status).toBe(2);
    expect(output).toContain('an archive is not written to a terminal');
  });

  test('with --progress plain nothing moves', async () => {
    const directory = own.files({ Dockerfile: TWO_STAGES });
    const { output } = await runOnTerminal(own, ['build', '--progress', 'plain', directory], {
      variables: { NO_COLOR: '1' },
    });
    expect(output.includes('\u001B')).toBe(false);
    expect(output).toMatch(/^built sha256:/m);
  });
});

describe('a signal', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s stops the build, and leaves nothing',
    async (signal) => {
      const directory = context(`FROM ${BASE}\nRUN echo ready; exec sleep 5097\n`);
      const started = bench.start(['build', '--no-cache', '--progress', 'plain', '-t', 'stopped', directory]);
      await until('the step', () => commandLines().includes('sleep 5097'));
      started.child.kill(signal);
      const ended = await started.ended;
      expect(ended.status).toBe(130);
      expect(ended.stderr).toContain('[INTERRUPTED]');
      expect(ended.stderr).toMatch(/^#2 CANCELED/m);
      expect(commandLines()).not.toContain('sleep 5097');
      expect((await bench.decant(['inspect', 'stopped'])).status).toBe(1);
      expect(await bench.need(['build', context(TWO_STAGES)])).toMatchObject({ status: 0 });
    },
  );
});
