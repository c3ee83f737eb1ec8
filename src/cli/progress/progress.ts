/**
 * Shows the events of a build: on a terminal, in a log, to a program, or not at all. Everything that decides what
 * is shown is a pure function (state.ts, plain.ts, tty.ts, summary.ts); here they meet a clock and a stream.
 */
import type { Emit, Event } from '../../events.ts';
import { createJsonLines } from './json.ts';
import { outputLines, plainLines } from './plain.ts';
import { EMPTY_STATE, finish, reduce } from './state.ts';
import { summaryLines } from './summary.ts';

export type ProgressMode = 'auto' | 'tty' | 'plain' | 'quiet' | 'json';

/** Where progress goes: standard error, as a rule. */
export interface Terminal {
  write(text: string): void;
  readonly isTTY: boolean;
  /** The width now; 0 where it is not known. */
  columns(): number;
  /** The height now; without it, or with 0, it is taken to be 24. */
  rows?(): number;
  readonly color: boolean;
  /** Calls the listener when the size changes, until the function it returns is called. */
  onResize?(listener: () => void): () => void;
}

export interface Progress {
  readonly emit: Emit;
  /**
   * Ends the display: shows what is still held back and gives the terminal back as it was. Call it before anything
   * else is written to the stream, whether the build was done, failed or was interrupted. A second call does nothing.
   */
  close(): void;
}

/** `auto` is `tty` on a terminal and `plain` elsewhere. */
export function createProgress(mode: ProgressMode, terminal: Terminal): Progress {
  switch (mode === 'auto' ? (terminal.isTTY ? 'tty' : 'plain') : mode) {
    case 'quiet':
      return { emit: () => {}, close: () => {} };
    case 'json':
      return jsonProgress(terminal);
    default:
      return plainProgress(terminal);
  }
}

function plainProgress(terminal: Terminal): Progress {
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
    () => writeLines(terminal, outputLines(finish(state, performance.now()))),
  );
}

function jsonProgress(terminal: Terminal): Progress {
  const json = createJsonLines();
  return untilClosed(
    (event) => writeLines(terminal, json.lines(event)),
    () => writeLines(terminal, json.end(performance.now())),
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
