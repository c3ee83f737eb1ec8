import { describe, expect, test } from 'vitest';
import type { BuildSummary, Event, StepInfo } from '../../events.ts';
import { createProgress, type ProgressMode } from './progress.ts';

function step(id: string, stage: string, index: number, total: number, text: string): StepInfo {
  return { id, stage, index, total, text, line: index };
}

const START: Event = {
  type: 'build.start',
  time: 1000,
  dockerfile: 'Dockerfile',
  target: 'final',
  steps: [
    step('a', 'build', 1, 3, 'WORKDIR /src'),
    step('b', 'build', 2, 3, 'RUN apt-get install golang'),
    step('c', 'build', 3, 3, 'RUN go build'),
    step('d', 'final', 1, 1, 'COPY --from=build /calc /calc'),
  ],
};

const SUMMARY: BuildSummary = {
  digest: 'sha256:1111',
  imageId: 'sha256:2222',
  names: ['calc:latest'],
  packedSize: 600_000,
  unpackedSize: 1_230_000,
  cachedSteps: 1,
  totalSteps: 4,
  leftBehind: [{ stage: 'build', size: 861_000_000 }, { stage: 'tools' }],
  stages: [],
  outputs: ['store'],
};

function output(time: number, id: string, text: string): Event {
  return { type: 'step.output', time, id, stream: 'stdout', text };
}

function transfer(time: number, bytes: number, done = false): Event {
  return { type: 'transfer', time, id: 't', label: 'packing', bytes, total: 40_000_000, done };
}

const BUILD: readonly Event[] = [
  START,
  { type: 'step.cached', time: 1005, id: 'a' },
  { type: 'step.start', time: 1010, id: 'b' },
  output(1100, 'b', 'Reading package lists'),
  { type: 'step.start', time: 1110, id: 'c' },
  output(1200, 'c', 'compiling\nlink'),
  output(1300, 'b', '... done\n'),
  { type: 'step.done', time: 2210, id: 'b' },
  { type: 'step.done', time: 3310, id: 'c' },
  { type: 'warning', time: 3320, message: 'the tag moves', line: 1 },
  transfer(3400, 0),
  transfer(4400, 10_000_000),
  transfer(8400, 20_000_000),
  transfer(8500, 21_000_000),
  transfer(11_400, 40_000_000, true),
  { type: 'step.done', time: 11_500, id: 'd' },
  { type: 'build.done', time: 11_600, summary: SUMMARY },
];

/** What a build's events make of a stream that is no terminal. */
function shown(mode: ProgressMode, events: readonly Event[]): string {
  let text = '';
  const terminal = { write: (more: string) => (text += more), isTTY: false, columns: () => 0, color: false };
  const progress = createProgress(mode, terminal, { now: () => 60_000, every: () => () => {} });
  for (const event of events) progress.emit(event);
  progress.close();
  progress.emit(output(70_000, 'b', 'too late\n'));
  progress.close();
  return text;
}

describe('a log', () => {
  test('has a line for everything, with the number of its step', () => {
    expect(shown('auto', BUILD)).toMatchInlineSnapshot(`
      "building final from Dockerfile: 4 steps
      #1 [build 1/3] WORKDIR /src
      #1 CACHED
      #2 [build 2/3] RUN apt-get install golang
      #3 [build 3/3] RUN go build
      #3 0.090 compiling
      #2 0.290 Reading package lists... done
      #2 DONE 1.2s
      #3 2.200 link
      #3 DONE 2.2s
      WARNING: the tag moves (line 1)
      #5 packing: 20.0 MB of 40.0 MB (4.00 MB/s)
      #5 packing: 40.0 MB in 8.0s (5.00 MB/s)
      #4 [final 1/1] COPY --from=build /calc /calc
      #4 DONE 0.0s
      built calc:latest in 10.6s
        digest       sha256:1111
        image id     sha256:2222
        size         600 kB packed, 1.23 MB unpacked
        cached       1 of 4 steps
        left behind  stage build: 861 MB
        left behind  stage tools
        output       store
      "
    `);
  });

  test('shows why a step failed, and what it printed last', () => {
    const events: Event[] = [
      START,
      { type: 'step.start', time: 1000, id: 'b' },
      { type: 'step.start', time: 1000, id: 'c' },
      output(2000, 'b', 'E: no such package'),
      { type: 'step.failed', time: 2000, id: 'b', message: 'exit status 100' },
      output(2100, 'c', 'half a line'),
      { type: 'step.canceled', time: 2200, id: 'c' },
      { type: 'step.canceled', time: 2200, id: 'd' },
    ];
    expect(shown('plain', events)).toMatchInlineSnapshot(`
      "building final from Dockerfile: 4 steps
      #2 [build 2/3] RUN apt-get install golang
      #3 [build 3/3] RUN go build
      #2 1.000 E: no such package
      #2 ERROR exit status 100
      #3 1.200 half a line
      #3 CANCELED 1.2s
      "
    `);
  });

  test('of a build that was interrupted ends with the line that was being written', () => {
    const events: Event[] = [START, { type: 'step.start', time: 1000, id: 'b' }, output(2000, 'b', 'half')];
    expect(shown('plain', events)).toMatch(/\n#2 59\.000 half\n$/);
  });

  test('shows a progress bar once, in its last form', () => {
    const events = [
      START,
      output(1000, 'b', ' 10%\r 50%\r'),
      output(1001, 'b', '100%\r'),
      output(1002, 'b', '\nend\n'),
    ];
    expect(shown('plain', events).match(/%/g)).toHaveLength(1);
    expect(shown('plain', events)).toContain(' 100%\n');
  });

  test('has neither escape sequences nor credentials in it', () => {
    const secret = 'RUN curl https://joe:hunter2@host \u001B[2J';
    const events: Event[] = [
      { ...START, steps: [step('a', 'build', 1, 1, secret)] },
      { type: 'step.start', time: 1000, id: 'a' },
      output(1000, 'a', 'https://joe:hun'),
      output(1000, 'a', 'ter2@host\u001B]0;x\u0007\n'),
      { type: 'warning', time: 1000, message: secret },
      { type: 'step.failed', time: 1000, id: 'a', message: secret },
    ];
    for (const mode of ['plain', 'json'] as const) {
      expect(shown(mode, events)).not.toMatch(/hunter2|[^\P{Cc}\n]/u);
    }
  });
});

describe('JSON', () => {
  test('is one event a line, with times from the first event on', () => {
    const lines = shown('json', BUILD).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).type)).toEqual([
      'build.start',
      'step.cached',
      'step.start',
      'step.start',
      'step.output',
      'step.output',
      'step.done',
      'step.output',
      'step.done',
      'warning',
      'transfer',
      'transfer',
      'transfer',
      'transfer',
      'transfer',
      'step.done',
      'build.done',
    ]);
    expect(lines[4]).toBe(
      '{"type":"step.output","time":200,"id":"c","stream":"stdout","text":"compiling\\n"}',
    );
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ type: 'build.done', time: 10_600, summary: SUMMARY });
  });

  test('has the output of both streams in whole lines, and the rest at the end', () => {
    const events: Event[] = [
      START,
      { type: 'step.start', time: 1000, id: 'b' },
      output(1001, 'b', 'one\ntwo\nthr'),
      { type: 'step.output', time: 1002, id: 'b', stream: 'stderr', text: 'oops' },
      output(1003, 'b', 'ee'),
    ];
    const texts = shown('json', events).trimEnd().split('\n').slice(2);
    expect(texts.map((line) => [JSON.parse(line).stream, JSON.parse(line).text])).toEqual([
      ['stdout', 'one\ntwo\n'],
      ['stderr', 'oops'],
      ['stdout', 'three'],
    ]);
  });
});

test('quiet is quiet', () => {
  expect(shown('quiet', BUILD)).toBe('');
});
