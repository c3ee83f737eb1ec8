/** What is kept of a build (docs/formats.md, "builds"). */
import type { StageSummary, StepInfo } from '../../events.ts';

export interface StepRecord extends StepInfo {
  /** 1-based place in the build, as progress numbers it. */
  readonly number: number;
  readonly status: 'waiting' | 'running' | 'cached' | 'done' | 'failed' | 'canceled';
  /** Of its log. */
  readonly bytes: number;
  /** The disk did not take all of its log. */
  readonly clipped?: boolean;
  /** Milliseconds from the build's first event; absent for a step that did not begin, and in records of old. */
  readonly startedAfter?: number;
  readonly milliseconds: number;
  readonly message?: string;
}

export interface BuildRecord {
  readonly dockerfile: string;
  readonly target: string;
  readonly context: string;
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly milliseconds: number;
  readonly status: 'done' | 'failed' | 'interrupted';
  readonly imageId?: string;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly line?: number;
    /** Of the step's own process. */
    readonly exitCode?: number;
  };
  readonly steps: readonly StepRecord[];
  /** Absent where the build did not end well, and in records of old. */
  readonly stages?: readonly StageSummary[];
}

export const RECORD_FILE = 'build.json';

export function logFile(step: number): string {
  return `step-${step}.log`;
}
