/**
 * Shows the events of a build: on a terminal, in a log, to a program, or not at all. Everything that decides what
 * is shown is a pure function (state.ts, plain.ts, tty.ts, summary.ts); here they meet a clock and a stream.
 */
import type { Emit, Event } from '../../events.ts';
import { createPaint } from '../../report/text/color.ts';
import { createJsonLines } from './json.ts';
import { explainedLines, outputLines, plainLines } from './plain.ts';
import { createScreen } from './screen.ts';
import { paintLine, span, type Line } from './spans.ts';
import { EMPTY_STATE, finish, reduce } from './state.ts';
import { summaryLines } from './summary.ts';
import { sizeOf, SYSTEM_CLOCK, type Clock, type Terminal } from './terminal.ts';
import { closingLines, closingSummary, frameLines, type View } from './tty.ts';

export type { Terminal } from './terminal.ts';

export type ProgressMode = 'auto' | 'tty' | 'plain' | 'quiet' | 'none' | 'json';

export interface Progress {
  readonly emit: Emit;
  /**
   * Ends the display: shows what is still held back and gives the terminal back as it was. Call it before anything
   * else is written to the stream, whether the build was done, failed or was interrupted. A second call does nothing.
   */
  close(): void;
}

/** `auto` is `tty` on a terminal and `plain` elsewhere. */
export function createProgress(
  mode: ProgressMode,
  terminal: Terminal,
  clock: Clock = SYSTEM_CLOCK,
): Progress {
  switch (mode === 'auto' ? (terminal.isTTY ? 'tty' : 'plain') : mode) {
    case 'quiet':
    case 'none':
      return { emit: () => {}, close: () => {} };
    case 'json':
      return jsonProgress(terminal, clock);
    case 'tty':
      return ttyProgress(terminal, clock);
    default:
      return plainProgress(terminal, clock);
  }
}

function plainProgress(terminal: Terminal, clock: Clock): Progress {
  let state = EMPTY_STATE;
  return untilClosed(
    (event) => {
      const before = state;
      state = reduce(before, event);
      writeLines(terminal, plainLines(before, state, event));
      if (event.type === 'build.done') {
        writeLines(terminal, summaryLines(event.summary, event.time - (state.startedAt ?? event.time)));
      }
    },
    () => writeLines(terminal, outputLines(finish(state, clock.now()))),
  );
}

function jsonProgress(terminal: Terminal, clock: Clock): Progress {
  const json = createJsonLines();
  return untilClosed(
    (event) => writeLines(terminal, json.lines(event)),
    () => writeLines(terminal, json.end(clock.now())),
  );
}

const REDRAW_EVERY = 100;

/**
 * Events only change the state; it is drawn ten times a second at most. A build that is over before the first
 * drawing shows nothing but its end.
 */
function ttyProgress(terminal: Terminal, clock: Clock): Progress {
  const screen = createScreen((text) => terminal.write(text));
  const paint = createPaint(terminal.color);
  let state = EMPTY_STATE;
  let warnings: readonly Line[] = [];
  let stopClock: (() => void) | undefined;

  const view = (): View => {
    const { columns, rows } = sizeOf(terminal);
    // The last column stays free: some terminals wrap as soon as it is written to.
    return { width: columns - 1, height: rows - 1, now: clock.now() };
  };
  const painted = (lines: readonly Line[], width = Infinity) =>
    lines.map((line) => paintLine(line, width, paint));
  const draw = (): void => {
    const now = view();
    screen.draw(painted(frameLines(state, now), now.width), now.width + 1, painted(warnings));
    warnings = [];
  };
  const drawEnd = (): void => {
    const now = view();
    const steps = painted(closingLines(state, now), now.width);
    screen.draw([], now.width + 1, [...painted(warnings), ...steps, ...painted(closingSummary(state, now))]);
  };

  const stopResize = terminal.onResize?.(() => {
    if (stopClock !== undefined) draw();
  });
  return untilClosed(
    (event) => {
      state = reduce(state, event);
      warnings = [
        ...warnings,
        ...state.warnings.map((warning) => [span('warning: ', 'yellow'), span(warning)]),
        ...(event.type === 'step.explained' ? explainedLines(state, event).map((line) => [span(line)]) : []),
      ];
      stopClock ??= clock.every(REDRAW_EVERY, draw);
    },
    () => {
      stopClock?.();
      stopResize?.();
      if (stopClock !== undefined) drawEnd();
      screen.release();
    },
  );
}

/** A build that is being interrupted goes on emitting for a moment; nothing of that is shown. */
function untilClosed(show: (event: Event) => void, end: () => void): Progress {
  let isOpen = true;
  return {
    emit: (event) => {
      if (isOpen) show(event);
    },
    close: () => {
      if (isOpen) end();
      isOpen = false;
    },
  };
}

function writeLines(terminal: Terminal, lines: readonly string[]): void {
  if (lines.length > 0) terminal.write(`${lines.join('\n')}\n`);
}
