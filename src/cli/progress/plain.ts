/**
 * Progress for a log: lines that are only ever added, each with the number of its step in front, so that steps
 * running side by side can be told apart with `grep '^#3 '`.
 */
import type { Event } from '../../events.ts';
import { formatBytes, formatRate } from '../../report/text/bytes.ts';
import { formatCount } from '../../report/text/count.ts';
import { cleanLine } from '../../report/text/clean.ts';
import { formatDuration, formatSeconds } from '../../report/text/duration.ts';
import type { BuildState, StepState, TransferState } from './state.ts';

// Often enough to see that a download lives, seldom enough not to fill a log.
const REPORT_EVERY = 5000;

/** The lines that `event` adds, which led from state `before` to state `after`. */
export function plainLines(before: BuildState, after: BuildState, event: Event): readonly string[] {
  switch (event.type) {
    case 'build.start':
      return [
        `building ${after.target || 'image'} from ${after.dockerfile}: ${formatCount(after.steps.length, 'step')}`,
      ];
    case 'transfer':
      return transferLines(find(before.transfers, event.id), find(after.transfers, event.id));
    case 'warning':
      return after.warnings.map((warning) => `WARNING: ${warning}`);
    case 'build.done':
      return [];
    case 'step.explained':
      return explainedLines(after, event);
    default:
      return stepLines(before, after, event.id);
  }
}

/** Output lines of the last event, each with its step's number and the seconds since the step began. */
export function outputLines(state: BuildState): readonly string[] {
  return state.lines.map(({ step, time, text }) =>
    `#${step.number} ${formatSeconds(time - step.startedAt)} ${text}`.trimEnd(),
  );
}

/** `[build 2/5] RUN make`, the name of a step in every mode. */
export function stepName(step: StepState): string {
  const { stage, index, total, text } = step.info;
  return total === 0 ? text : `[${stage} ${index}/${total}] ${text}`;
}

function stepLines(before: BuildState, after: BuildState, id: string): readonly string[] {
  const was = before.steps.find(({ info }) => info.id === id);
  const is = after.steps.find(({ info }) => info.id === id);
  if (is === undefined) return [];
  const begins =
    (was?.status ?? 'waiting') === 'waiting' && is.status !== 'waiting' && is.status !== 'canceled';
  const changed = was?.status !== is.status;
  return [
    ...(begins ? [`#${is.number} ${stepName(is)}`] : []),
    ...outputLines(after),
    ...(changed ? ending(is, was) : []),
  ];
}

function ending(step: StepState, was: StepState | undefined): readonly string[] {
  const took = formatDuration(step.endedAt - step.startedAt);
  if (step.status === 'cached') return [`#${step.number} CACHED`];
  if (step.status === 'done') return [`#${step.number} DONE ${took}`];
  if (step.status === 'failed') return [`#${step.number} ERROR ${step.message}`.trimEnd()];
  // A step that never began needs no line to say that it ended.
  return step.status === 'canceled' && was?.status === 'running' ? [`#${step.number} CANCELED ${took}`] : [];
}

function transferLines(was: TransferState | undefined, is: TransferState | undefined): readonly string[] {
  if (is === undefined || was?.done) return [];
  const name = `#${is.number} ${is.label}`;
  const took = is.updatedAt - is.startedAt;
  if (is.skipped !== undefined) return [`${name}: ${is.skipped}`];
  if (is.done) {
    const rate = formatRate(is.bytes, took);
    return [`${name}: ${formatBytes(is.bytes)} in ${formatDuration(took)}${rate === '' ? '' : ` (${rate})`}`];
  }
  const reports = Math.floor(took / REPORT_EVERY);
  if (was === undefined || reports === Math.floor((was.updatedAt - was.startedAt) / REPORT_EVERY)) return [];
  const [of, rate] = [
    is.total === undefined ? '' : ` of ${formatBytes(is.total)}`,
    formatRate(is.bytes, took),
  ];
  return [`${name}: ${formatBytes(is.bytes)}${of}${rate === '' ? '' : ` (${rate})`}`];
}

/** Why a step was carried out or not, under its number and name. */
export function explainedLines(
  state: BuildState,
  { id, reused, reasons }: Event & { readonly type: 'step.explained' },
): readonly string[] {
  const step = state.steps.find(({ info }) => info.id === id);
  const name = step ? `#${step.number} ${stepName(step)}` : id;
  return [
    `${name}: ${reused ? 'reused' : 'carried out'}, because`,
    ...reasons.map((reason) => `    ${cleanLine(reason)}`),
  ];
}

function find(transfers: readonly TransferState[], id: string): TransferState | undefined {
  return transfers.find((transfer) => transfer.id === id);
}
