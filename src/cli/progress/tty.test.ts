import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Event } from '../../events.ts';
import { createPaint } from '../../report/text/color.ts';
import { textWidth } from '../../report/text/width.ts';
import { paintLine } from './spans.ts';
import { EMPTY_STATE, reduce, type BuildState } from './state.ts';
import { frameLines } from './tty.ts';

const plain = createPaint(false);

function draw(state: BuildState, width: number, height: number, now = 10_000): readonly string[] {
  return frameLines(state, { width, height, now }).map((line) => paintLine(line, width, plain).painted);
}

/** Three stages of eight steps: three done, two running with output, three waiting in each. */
function busy(): BuildState {
  const ids = Array.from({ length: 24 }, (_, index) => index);
  const events: Event[] = [
    {
      type: 'build.start',
      time: 0,
      dockerfile: 'Dockerfile',
      target: 'final',
      steps: ids.map((id) => ({
        id: `${id}`,
        stage: `stage-${Math.floor(id / 8)}`,
        index: (id % 8) + 1,
        total: 8,
        text: `RUN step ${id}`,
        line: id,
      })),
    },
    ...ids.filter((id) => id % 8 < 3).map((id): Event => ({ type: 'step.cached', time: 1, id: `${id}` })),
    ...ids
      .filter((id) => id % 8 === 3 || id % 8 === 4)
      .flatMap((id): Event[] => [
        { type: 'step.start', time: 1000, id: `${id}` },
        { type: 'step.output', time: 2000, id: `${id}`, stream: 'stdout', text: '1\n2\n3\n4\n5\n6\n7\n8\n' },
      ]),
    {
      type: 'transfer',
      time: 5000,
      id: 't',
      label: 'pulling',
      bytes: 12_300_000,
      total: 40_000_000,
      done: false,
    },
  ];
  return events.reduce(reduce, EMPTY_STATE);
}

describe('a frame', () => {
  test('shows the last six lines of every running step where there is room', () => {
    const lines = draw(busy(), 80, 100);
    expect(lines.filter((line) => /^ {6}\d$/.test(line))).toHaveLength(36);
    expect(lines).not.toContain('      2');
    expect(lines).toContain('      3');
  });

  test.each([60, 40, 30, 20])('of %i lines leaves out what matters least', (height) => {
    expect(draw(busy(), 50, height).join('\n')).toMatchSnapshot();
  });

  test('is never wider or higher than the terminal', () => {
    const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('大小\t👩‍🚀'.repeat(20)));
    fc.assert(
      fc.property(
        text,
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 0, max: 50 }),
        (text, width, height) => {
          const events: Event[] = [
            { type: 'step.start', time: 0, id: text },
            { type: 'step.output', time: 0, id: text, stream: 'stdout', text: `${text}\n${text}` },
            { type: 'transfer', time: 0, id: 't', label: text, bytes: 1, done: false },
          ];
          const lines = draw(events.reduce(reduce, busy()), width, height);
          expect(lines.length).toBeLessThanOrEqual(height);
          for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  test('says of what was not transferred why, however much it is', () => {
    const over = (id: number, skipped?: string): Event => ({
      type: 'transfer',
      time: 0,
      id: `${id}`,
      label: `blob ${id}`,
      bytes: skipped === undefined ? 1_000_000 : 0,
      done: true,
      ...(skipped === undefined ? {} : { skipped }),
    });
    const events = [
      over(1),
      over(2),
      ...[3, 4, 5].map((id) => over(id, 'already in the registry')),
      over(6, 'mounted from r.example/base'),
    ];
    expect(draw(events.reduce(reduce, EMPTY_STATE), 80, 24)).toEqual([
      '✓ 2 transfers, 2.00 MB',
      '✓ 3 not transferred: already in the registry',
      '✓ 1 not transferred: mounted from r.example/base',
    ]);
  });
});
