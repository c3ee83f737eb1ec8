import { describe, expect, test } from 'vitest';
import type { Event } from '../../events.ts';
import { createProgress, type Progress } from './progress.ts';

const ESCAPE = '\u001B';

/** A terminal that understands what screen.ts writes, and refuses anything else. */
class Emulator {
  readonly rows: string[] = [''];
  row = 0;
  column = 0;
  isCursorShown = true;
  writes: string[] = [];
  width: number;
  height = 24;

  constructor(width: number) {
    this.width = width;
  }

  write(text: string): void {
    this.writes.push(text);
    for (const [piece] of text.matchAll(new RegExp(`${ESCAPE}\\[[?0-9]*[A-Za-z]|[^]`, 'gu')))
      this.obey(piece);
  }

  private obey(piece: string): void {
    const up = new RegExp(`^${ESCAPE}\\[(\\d+)A$`).exec(piece);
    if (up !== null) this.row -= Number(up[1]);
    else if (piece === '\u001B[K') this.rows[this.row] = this.line().slice(0, this.column);
    else if (piece === '\u001B[J') this.rows.splice(this.row, Infinity, this.line().slice(0, this.column));
    else if (piece === '\u001B[?25l') this.isCursorShown = false;
    else if (piece === '\u001B[?25h') this.isCursorShown = true;
    else if (piece === '\r') this.column = 0;
    else if (piece === '\n') this.newLine();
    else if (/^\P{Cc}$/u.test(piece)) this.put(piece);
    else throw new Error(`not understood: ${JSON.stringify(piece)}`);
    if (this.row < 0) throw new Error('moved above the first line');
  }

  private line(): string {
    return this.rows[this.row] ?? '';
  }

  private newLine(): void {
    this.row += 1;
    this.column = 0;
    this.rows[this.row] ??= '';
  }

  private put(character: string): void {
    if (this.column >= this.width) this.newLine();
    this.rows[this.row] = this.line().slice(0, this.column) + character + this.line().slice(this.column + 1);
    this.column += 1;
  }
}

interface Stage {
  readonly terminal: Emulator;
  readonly progress: Progress;
  /** Lets the clock tick at this time. */
  tick(time: number): void;
  resize(width: number): void;
}

function stage(width = 60, color = false): Stage {
  const terminal = new Emulator(width);
  let now = 0;
  let ticking = (): void => {};
  let resized = (): void => {};
  const progress = createProgress(
    'tty',
    {
      write: (text) => terminal.write(text),
      isTTY: true,
      columns: () => terminal.width,
      rows: () => terminal.height,
      color,
      onResize: (listener) => {
        resized = listener;
        return () => (resized = () => {});
      },
    },
    {
      now: () => now,
      every: (milliseconds, call) => {
        expect(milliseconds).toBeGreaterThanOrEqual(100);
        ticking = call;
        return () => (ticking = () => {});
      },
    },
  );
  return {
    terminal,
    progress,
    tick: (time) => {
      now = time;
      ticking();
    },
    resize: (width) => {
      terminal.width = width;
      resized();
    },
  };
}

const START: Event = {
  type: 'build.start',
  time: 0,
  dockerfile: 'Dockerfile',
  target: 'final',
  steps: [
    { id: 'a', stage: 'build', index: 1, total: 2, text: 'WORKDIR /src', line: 2 },
    { id: 'b', stage: 'build', index: 2, total: 2, text: 'RUN go build', line: 3 },
    { id: 'c', stage: '1', index: 1, total: 1, text: 'COPY --from=build /calc /', line: 5 },
  ],
};

function output(text: string): Event {
  return { type: 'step.output', time: 10, id: 'b', stream: 'stderr', text };
}

function begin(on: Stage): void {
  on.progress.emit(START);
  on.progress.emit({ type: 'step.cached', time: 5, id: 'a' });
  on.progress.emit({ type: 'step.start', time: 10, id: 'b' });
}

describe('the display', () => {
  test('is drawn over itself and ends as a record of the steps', () => {
    const on = stage();
    begin(on);
    on.tick(100);
    on.progress.emit(output('one\ntwo\n'));
    on.tick(200);
    expect(on.terminal.rows).toMatchInlineSnapshot(`
      [
        "building final from Dockerfile  0.2s  1 of 3 steps",
        "build",
        "  ✓ 1/2 WORKDIR /src                                 cached",
        "  ⠹ 2/2 RUN go build                                   0.2s",
        "      one",
        "      two",
        "stage 1",
        "  - 1/1 COPY --from=build /calc /",
        "",
      ]
    `);
    on.progress.emit({ type: 'step.done', time: 310, id: 'b' });
    on.tick(400);
    on.progress.emit({ type: 'step.done', time: 510, id: 'c' });
    on.progress.emit({
      type: 'build.done',
      time: 600,
      summary: {
        digest: `sha256:${'1'.repeat(64)}`,
        names: ['calc:latest'],
        packedSize: 600_000,
        unpackedSize: 1_230_000,
        cachedSteps: 1,
        totalSteps: 3,
        leftBehind: [{ stage: 'build', size: 861_000_000 }],
        stages: [],
        outputs: ['store'],
      },
    });
    on.progress.close();
    expect(on.terminal.rows).toMatchInlineSnapshot(`
      [
        "build",
        "  ✓ 1/2 WORKDIR /src                                 cached",
        "  ✓ 2/2 RUN go build                                   0.3s",
        "stage 1",
        "  ✓ 1/1 COPY --from=build /calc /                      0.0s",
        "built calc:latest in 0.6s",
        "  digest       sha256:11111111111111111111111111111111111111",
        "11111111111111111111111111",
        "  size         600 kB packed, 1.23 MB unpacked",
        "  cached       1 of 3 steps",
        "  left behind  stage build: 861 MB",
        "  output       store",
        "",
      ]
    `);
  });

  test('draws nothing between two ticks, however much happens', () => {
    const on = stage();
    begin(on);
    for (let line = 0; line < 1000; line += 1) on.progress.emit(output(`line ${line}\n`));
    expect(on.terminal.writes).toEqual([]);
    on.tick(100);
    expect(on.terminal.writes).toHaveLength(1);
  });

  test('writes only the lines that changed', () => {
    const on = stage();
    begin(on);
    on.tick(100);
    on.tick(200);
    expect(on.terminal.writes[1]).not.toContain('WORKDIR');
  });

  test('hides the cursor while it is there and gives it back, also when the build was interrupted', () => {
    const on = stage();
    const listeners = process.listenerCount('exit');
    begin(on);
    on.tick(100);
    expect(on.terminal.isCursorShown).toBe(false);
    expect(process.listenerCount('exit')).toBe(listeners + 1);
    on.progress.close();
    expect(on.terminal.isCursorShown).toBe(true);
    expect(process.listenerCount('exit')).toBe(listeners);
    const { length } = on.terminal.writes;
    on.progress.close();
    on.tick(200);
    on.resize(20);
    expect(on.terminal.writes).toHaveLength(length);
  });

  test('leaves a terminal alone on which nothing happened', () => {
    const on = stage();
    on.progress.close();
    expect(on.terminal.writes).toEqual([]);
  });

  test('keeps warnings above it, whole', () => {
    const on = stage(40);
    begin(on);
    on.tick(100);
    on.progress.emit({ type: 'warning', time: 110, message: 'w'.repeat(60), line: 7 });
    on.tick(200);
    on.tick(300);
    expect(on.terminal.rows.slice(0, 3)).toEqual([
      `warning: ${'w'.repeat(31)}`,
      `${'w'.repeat(29)} (line 7)`,
      'building final from Dockerfile  0.3s  …',
    ]);
  });

  test('of a narrower terminal leaves nothing of the wider one behind', () => {
    const on = stage(60);
    begin(on);
    on.tick(100);
    // What the terminal itself does when it becomes narrower: it wraps the lines that are too long.
    const wrapped = on.terminal.rows.flatMap((row) => row.match(/.{1,30}/g) ?? ['']);
    on.terminal.rows.splice(0, Infinity, ...wrapped);
    on.terminal.row = wrapped.length - 1;
    on.resize(30);
    on.tick(200);
    expect(on.terminal.rows.filter((row) => row.startsWith('building'))).toHaveLength(1);
    for (const row of on.terminal.rows) expect(row.length).toBeLessThan(30);
  });

  test('lets no control sequence of a step through', () => {
    const on = stage(60, false);
    begin(on);
    on.progress.emit(output('\u001B[2Jcleared\u001B]0;title\u0007 \u009B5A\u0008\n'));
    on.tick(100);
    expect(on.terminal.rows).toContain('      cleared ␈');
    expect(on.terminal.writes.join('')).not.toContain('\u001B[2J');
  });
});
