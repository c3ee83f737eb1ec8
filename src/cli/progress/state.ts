/**
 * The state of a build as a fold over its events. Nothing is shown here and no clock is read: the same events give
 * the same state, and every way of showing progress is a function of it. Text comes in as the engine sent it and
 * is made printable and free of credentials on the way into the state, in this one place.
 */
import type { BuildSummary, Event, StepInfo } from '../../events.ts';
import { clean, cleanLine } from '../../report/text/clean.ts';
import { cutLines, lastLine } from './lines.ts';

export type StepStatus = 'waiting' | 'running' | 'cached' | 'done' | 'failed' | 'canceled';

export interface StepState {
  /** 1-based place in the build's list of steps; transfers and steps that the list lacks are numbered on. */
  readonly number: number;
  readonly info: StepInfo;
  readonly status: StepStatus;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly message: string;
  /** The last lines of the output, oldest first, at most TAIL_LINES. */
  readonly tail: readonly string[];
  readonly rest: { readonly stdout: string; readonly stderr: string };
}

export interface TransferState {
  readonly number: number;
  readonly id: string;
  readonly label: string;
  readonly bytes: number;
  readonly total: number | undefined;
  readonly startedAt: number;
  readonly updatedAt: number;
  readonly done: boolean;
  /** Why nothing had to be transferred. */
  readonly skipped: string | undefined;
}

export interface OutputLine {
  readonly step: StepState;
  readonly time: number;
  readonly text: string;
}

export interface BuildState {
  readonly dockerfile: string;
  readonly target: string;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly steps: readonly StepState[];
  readonly transfers: readonly TransferState[];
  readonly summary: BuildSummary | undefined;
  /** Output lines and warnings that the last event completed. */
  readonly lines: readonly OutputLine[];
  readonly warnings: readonly string[];
}

/** How much output of each step is remembered; what is shown of it is the renderer's affair. */
export const TAIL_LINES = 6;

export const EMPTY_STATE: BuildState = {
  dockerfile: '',
  target: '',
  startedAt: undefined,
  endedAt: undefined,
  steps: [],
  transfers: [],
  summary: undefined,
  lines: [],
  warnings: [],
};

export function reduce(previous: BuildState, event: Event): BuildState {
  const state = {
    ...previous,
    startedAt: previous.startedAt ?? event.time,
    lines: previous.lines.length === 0 ? previous.lines : [],
    warnings: previous.warnings.length === 0 ? previous.warnings : [],
  };
  switch (event.type) {
    case 'build.start':
      return start(state, event);
    case 'step.start':
      return change(state, event.id, (step) => ({ ...step, status: 'running', startedAt: event.time }));
    case 'step.cached':
      return end(state, event.id, event.time, 'cached', '');
    case 'step.output':
      return output(state, event);
    case 'step.done':
      return end(state, event.id, event.time, 'done', '');
    case 'step.failed':
      return end(state, event.id, event.time, 'failed', event.message);
    case 'step.explained':
      return state;
    case 'step.canceled':
      return end(state, event.id, event.time, 'canceled', '');
    case 'transfer':
      return transfer(state, event);
    case 'warning': {
      const place = event.line === undefined ? '' : ` (line ${event.line})`;
      return { ...state, warnings: [cleanLine(event.message) + place] };
    }
    default:
      return { ...state, endedAt: event.time, summary: event.summary };
  }
}

/** The state after the last event: the output that running steps left without a line feed comes out as lines. */
export function finish(state: BuildState, time: number): BuildState {
  const open: BuildState = { ...state, lines: [], warnings: [], endedAt: state.endedAt ?? time };
  return open.steps.reduce((now: BuildState, step) => flush(now, step.info.id, time), open);
}

/** The number the next transfer gets. */
function nextNumber(state: BuildState): number {
  return state.steps.length + state.transfers.length + 1;
}

function start(state: BuildState, event: Event & { type: 'build.start' }): BuildState {
  const steps = event.steps.map((info, index) => newStep(info, index + 1));
  return { ...state, dockerfile: cleanLine(event.dockerfile), target: cleanLine(event.target), steps };
}

function newStep(info: StepInfo, number: number): StepState {
  return {
    number,
    info: { ...info, stage: cleanLine(info.stage), text: cleanLine(info.text) },
    status: 'waiting',
    startedAt: 0,
    endedAt: 0,
    message: '',
    tail: [],
    rest: { stdout: '', stderr: '' },
  };
}

function change(state: BuildState, id: string, update: (step: StepState) => StepState): BuildState {
  const index = state.steps.findIndex((step) => step.info.id === id);
  const known = state.steps[index];
  if (known !== undefined) return { ...state, steps: state.steps.with(index, update(known)) };
  const info: StepInfo = { id, stage: '', index: 0, total: 0, text: id, line: 0 };
  return { ...state, steps: [...state.steps, update(newStep(info, nextNumber(state)))] };
}

function end(state: BuildState, id: string, time: number, status: StepStatus, message: string): BuildState {
  return change(flush(state, id, time), id, (step) => ({
    ...step,
    status,
    message: cleanLine(message),
    startedAt: step.status === 'waiting' ? time : step.startedAt,
    endedAt: time,
  }));
}

function output(state: BuildState, event: Event & { type: 'step.output' }): BuildState {
  let lines: readonly string[] = [];
  const changed = change(state, event.id, (step) => {
    const cut = cutLines(step.rest[event.stream], event.text);
    lines = cut.lines;
    return { ...step, rest: { ...step.rest, [event.stream]: cut.rest } };
  });
  return addLines(changed, event.id, event.time, lines);
}

function flush(state: BuildState, id: string, time: number): BuildState {
  const step = state.steps.find(({ info }) => info.id === id);
  if (step === undefined || (step.rest.stdout === '' && step.rest.stderr === '')) return state;
  const lines = [...lastLine(step.rest.stdout), ...lastLine(step.rest.stderr)];
  const emptied = change(state, id, (step) => ({ ...step, rest: { stdout: '', stderr: '' } }));
  return addLines(emptied, id, time, lines);
}

function addLines(state: BuildState, id: string, time: number, lines: readonly string[]): BuildState {
  if (lines.length === 0) return state;
  const texts = lines.map((line) => clean(line));
  const changed = change(state, id, (step) => ({
    ...step,
    tail: [...step.tail, ...texts].slice(-TAIL_LINES),
  }));
  const step = changed.steps.find(({ info }) => info.id === id);
  if (step === undefined) return changed;
  return { ...changed, lines: [...changed.lines, ...texts.map((text) => ({ step, time, text }))] };
}

function transfer(state: BuildState, event: Event & { type: 'transfer' }): BuildState {
  const index = state.transfers.findIndex(({ id }) => id === event.id);
  const known = state.transfers[index];
  const next: TransferState = {
    number: known?.number ?? nextNumber(state),
    id: event.id,
    label: cleanLine(event.label),
    bytes: event.bytes,
    total: event.total,
    startedAt: known?.startedAt ?? event.time,
    updatedAt: event.time,
    done: event.done,
    skipped: event.skipped === undefined ? undefined : cleanLine(event.skipped),
  };
  const transfers = known === undefined ? [...state.transfers, next] : state.transfers.with(index, next);
  return { ...state, transfers };
}
