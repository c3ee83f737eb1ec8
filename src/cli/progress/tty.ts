/**
 * Progress on a terminal, as a pure function of the state, the size and the time: the stages with their steps,
 * the last output of those that run, and what is being transferred. Where the terminal is too low for all of it,
 * the least interesting goes first: steps that wait, then steps that are over, then output.
 */
import type { Style } from '../../report/text/color.ts';
import { formatBytes, formatRate } from '../../report/text/bytes.ts';
import { formatCount } from '../../report/text/count.ts';
import { formatDuration } from '../../report/text/duration.ts';
import { justify, span, type Line, type Span } from './spans.ts';
import { TAIL_LINES, type BuildState, type StepState, type StepStatus, type TransferState } from './state.ts';
import { summaryLines } from './summary.ts';

export interface View {
  /** In cells; no line is wider, and there are no more lines than `height`. */
  readonly width: number;
  readonly height: number;
  /** Milliseconds on the clock of the events. */
  readonly now: number;
}

/** The frame while the build runs. */
export function frameLines(state: BuildState, view: View): readonly Line[] {
  let lines: readonly Line[] = [];
  for (const detail of DETAILS) {
    lines = buildLines(state, view, detail);
    if (lines.length <= view.height) return lines;
  }
  const shown = Math.max(0, view.height - 1);
  const rest = span(`  … ${formatCount(lines.length - shown, 'more line')}`, 'dim');
  return [...lines.slice(0, shown), [rest]].slice(0, view.height);
}

/** What stays on the terminal when the build is over: every step that did something. */
export function closingLines(state: BuildState, view: View): readonly Line[] {
  const lines = buildLines(state, view, { tail: 0, waiting: 'hidden', finished: true });
  return state.summary === undefined ? lines : lines.slice(1);
}

/** The summary, where the build has one. Nothing is drawn over it again, so the terminal may wrap its lines. */
export function closingSummary(state: BuildState, view: View): readonly Line[] {
  if (state.summary === undefined) return [];
  const took = (state.endedAt ?? view.now) - (state.startedAt ?? view.now);
  const [headline = '', ...facts] = summaryLines(state.summary, took);
  return [[span(headline, 'bold')], ...facts.map((fact) => [span(fact)])];
}

interface Detail {
  /** Lines of output under a running step. */
  readonly tail: number;
  readonly waiting: 'shown' | 'counted' | 'hidden';
  /** Steps that are over have a line each, or are counted. */
  readonly finished: boolean;
}

const DETAILS: readonly Detail[] = [
  { tail: TAIL_LINES, waiting: 'shown', finished: true },
  { tail: TAIL_LINES, waiting: 'counted', finished: true },
  { tail: TAIL_LINES, waiting: 'counted', finished: false },
  { tail: 3, waiting: 'counted', finished: false },
  { tail: 1, waiting: 'hidden', finished: false },
  { tail: 0, waiting: 'hidden', finished: false },
];

function buildLines(state: BuildState, view: View, detail: Detail): readonly Line[] {
  const stages = [...new Set(state.steps.map(({ info }) => info.stage))];
  // A pull is no build: there is nothing but transfers.
  const isBuild = state.dockerfile !== '' || state.steps.length > 0;
  return [
    ...(isBuild ? [header(state, view)] : []),
    ...stages.flatMap((stage) =>
      stageLines(
        stage,
        state.steps.filter(({ info }) => info.stage === stage),
        view,
        detail,
      ),
    ),
    ...transferLines(state.transfers, view, detail),
  ];
}

function header(state: BuildState, view: View): Line {
  const over = state.steps.filter(({ status }) => status === 'done' || status === 'cached').length;
  const took = formatDuration((state.endedAt ?? view.now) - (state.startedAt ?? view.now));
  const what = state.target === '' ? state.dockerfile : `${state.target} from ${state.dockerfile}`;
  return [
    span(`building ${what}`, 'bold'),
    span(`  ${took}  ${over} of ${formatCount(state.steps.length, 'step')}`, 'dim'),
  ];
}

function stageLines(stage: string, steps: readonly StepState[], view: View, detail: Detail): readonly Line[] {
  const isOver = ({ status }: StepState): boolean => status === 'done' || status === 'cached';
  const waiting = steps.filter(({ status }) => status === 'waiting').length;
  const shown = steps.filter((step) =>
    step.status === 'waiting' ? detail.waiting === 'shown' : detail.finished || !isOver(step),
  );
  const lines: Line[] = [];
  const over = steps.filter(isOver).length;
  if (!detail.finished && over > 0)
    lines.push([span('  ✓ ', 'green'), span(`${formatCount(over, 'step')} done`, 'dim')]);
  for (const step of shown) lines.push(stepLine(step, view), ...tailLines(step, detail.tail));
  if (detail.waiting === 'counted' && waiting > 0)
    lines.push([span(`  - ${formatCount(waiting, 'step')} waiting`, 'dim')]);
  if (lines.length === 0 || stage === '') return lines;
  return [[span(/^\d+$/.test(stage) ? `stage ${stage}` : stage, 'cyan')], ...lines];
}

const MARKS: Readonly<Record<StepStatus, readonly [string, Style | undefined]>> = {
  waiting: ['-', 'dim'],
  running: ['', 'cyan'],
  cached: ['✓', 'green'],
  done: ['✓', 'green'],
  failed: ['✗', 'red'],
  canceled: ['-', 'yellow'],
};

function stepLine(step: StepState, view: View): Line {
  const { index, total, text } = step.info;
  const [mark, style] = MARKS[step.status];
  const isQuiet = step.status === 'waiting' || step.status === 'cached' || step.status === 'canceled';
  return justify(
    [
      span(`  ${mark || spinner(view.now)} `, style),
      span(total === 0 ? '' : `${String(index).padStart(String(total).length)}/${total} `, 'dim'),
      span(text, isQuiet ? 'dim' : undefined),
    ],
    state(step, view.now),
    rowWidth(view),
  );
}

function state(step: StepState, now: number): Span {
  if (step.status === 'waiting') return span('');
  if (step.status === 'cached' || step.status === 'canceled') return span(step.status, 'dim');
  const took = formatDuration((step.status === 'running' ? now : step.endedAt) - step.startedAt);
  return step.status === 'failed' ? span(`failed ${took}`, 'red') : span(took, 'dim');
}

function tailLines(step: StepState, count: number): readonly Line[] {
  if (step.status !== 'running' || count === 0) return [];
  return step.tail.slice(-count).map((text) => [span(`      ${text}`, 'dim')]);
}

/** Running transfers; those that are over are counted together, since there may be one for every layer. */
function transferLines(transfers: readonly TransferState[], view: View, detail: Detail): readonly Line[] {
  const done = transfers.filter((transfer) => transfer.done);
  const lines = transfers
    .filter((transfer) => !transfer.done)
    .map((transfer) => transferLine(transfer, view));
  if (done.length === 0 || (!detail.finished && lines.length > 0)) return lines;
  if (detail.finished && done.length <= 3)
    return [...done.map((transfer) => transferLine(transfer, view)), ...lines];
  return [...sums(done), ...lines];
}

/** What was transferred in one line, and in another one for each reason what was not. */
function sums(done: readonly TransferState[]): readonly Line[] {
  const moved = done.filter(({ skipped }) => skipped === undefined);
  const bytes = moved.reduce((sum, transfer) => sum + transfer.bytes, 0);
  const reasons = new Map<string, number>();
  for (const { skipped } of done)
    if (skipped !== undefined) reasons.set(skipped, (reasons.get(skipped) ?? 0) + 1);
  const texts = [
    ...(moved.length > 0 ? [`${formatCount(moved.length, 'transfer')}, ${formatBytes(bytes)}`] : []),
    ...[...reasons].map(([reason, count]) => `${count} not transferred: ${reason}`),
  ];
  return texts.map((text) => [span('✓ ', 'green'), span(text, 'dim')]);
}

function transferLine(transfer: TransferState, view: View): Line {
  const until = transfer.done ? transfer.updatedAt : view.now;
  const took = until - transfer.startedAt;
  const rate = transfer.bytes === 0 ? '' : formatRate(transfer.bytes, took);
  const of = transfer.done || transfer.total === undefined ? '' : ` of ${formatBytes(transfer.total)}`;
  if (transfer.skipped !== undefined)
    return [span('✓ ', 'green'), span(transfer.label), span(`  ${transfer.skipped}`, 'dim')];
  const amount = `  ${formatBytes(transfer.bytes)}${of}${rate === '' ? '' : `  ${rate}`}`;
  return justify(
    [
      transfer.done ? span('✓ ', 'green') : span(`${spinner(view.now)} `, 'cyan'),
      span(transfer.label),
      span(amount, 'dim'),
    ],
    span(formatDuration(took), 'dim'),
    rowWidth(view),
  );
}

// On a very wide terminal the eye would lose the line between a step and its time.
const WIDEST_ROW = 120;

function rowWidth(view: View): number {
  return Math.min(view.width, WIDEST_ROW);
}

function spinner(now: number): string {
  return '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'.charAt(Math.floor(now / 100) % 10);
}
