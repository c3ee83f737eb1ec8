/**
 * Progress events. The rooms below emit them and never print; `cli/progress` folds them into lines.
 * Times are milliseconds on a monotonic clock (`monotonic`), taken when the event is emitted.
 */

/** One instruction of one stage, as the user wrote it. */
export interface StepInfo {
  /** Unique within the build. */
  readonly id: string;
  /** The stage's name, or its number as text. */
  readonly stage: string;
  /** 1-based position among the stage's steps that do something, and how many of these there are. */
  readonly index: number;
  readonly total: number;
  /** The instruction with its variables expanded, on one line. */
  readonly text: string;
  /** First line in the Dockerfile. */
  readonly line: number;
}

export type Event =
  | {
      readonly type: 'build.start';
      readonly time: number;
      readonly dockerfile: string;
      readonly target: string;
      readonly steps: readonly StepInfo[];
    }
  | { readonly type: 'step.start'; readonly time: number; readonly id: string }
  | { readonly type: 'step.cached'; readonly time: number; readonly id: string }
  | {
      readonly type: 'step.output';
      readonly time: number;
      readonly id: string;
      readonly stream: 'stdout' | 'stderr';
      readonly text: string;
    }
  | { readonly type: 'step.done'; readonly time: number; readonly id: string }
  | { readonly type: 'step.failed'; readonly time: number; readonly id: string; readonly message: string }
  | { readonly type: 'step.canceled'; readonly time: number; readonly id: string }
  /** With `--explain`, at the end: why the step was carried out, or its result reused. */
  | {
      readonly type: 'step.explained';
      readonly time: number;
      readonly id: string;
      readonly reused: boolean;
      readonly reasons: readonly string[];
    }
  /**
   * Work that is not a step: packing, exporting, pulling, pushing. `total` is absent where it is not known; `skipped`
   * says why nothing had to be transferred.
   */
  | {
      readonly type: 'transfer';
      readonly time: number;
      readonly id: string;
      readonly label: string;
      readonly bytes: number;
      readonly total?: number;
      readonly done: boolean;
      readonly skipped?: string;
    }
  /** `rule`: the check that has found it (docs/checks.md). */
  | {
      readonly type: 'warning';
      readonly time: number;
      readonly message: string;
      readonly line?: number;
      readonly rule?: string;
    }
  | { readonly type: 'build.done'; readonly time: number; readonly summary: BuildSummary };

/** What the closing lines say. Sizes are bytes. */
export interface BuildSummary {
  /** Manifest digest; absent where the result was not an image (`type=tar`, `type=local` only). */
  readonly digest?: string;
  readonly imageId?: string;
  /** Where the image is for several. */
  readonly platforms?: readonly string[];
  readonly names: readonly string[];
  /** Size of the final image's layers, compressed and uncompressed. */
  readonly packedSize: number;
  /** Absent where layers were left in a registry, and nobody has ever looked into them. */
  readonly unpackedSize?: number;
  readonly cachedSteps: number;
  readonly totalSteps: number;
  /** What stays behind in stages that were used and thrown away. Size is absent where a cached build did not look. */
  readonly leftBehind: readonly { readonly stage: string; readonly size?: number }[];
  /** The stages that were used, in the Dockerfile's order. */
  readonly stages: readonly StageSummary[];
  readonly outputs: readonly string[];
}

/** Sizes are bytes of files, and absent where a cached build did not look. */
export interface StageSummary {
  readonly stage: string;
  /** The result of the build is made of it; others are left behind. */
  readonly isTarget: boolean;
  /** What it began on: another stage, or an image (`scratch` is one). */
  readonly from: { readonly kind: 'stage' | 'image'; readonly name: string };
  /** Of all its layers, those it began on included. */
  readonly size?: number;
  readonly poured: readonly PourSummary[];
}

/** What one COPY or ADD has brought from one place. */
export interface PourSummary {
  readonly kind: 'stage' | 'image' | 'context' | 'address';
  /** The name of what `kind` says; '' is the build context that has no name. */
  readonly from: string;
  /** As in the Dockerfile. */
  readonly paths: readonly string[];
  readonly size?: number;
}

export type Emit = (event: Event) => void;

/**
 * @returns milliseconds since this process began, with fractions. `performance.now()` would say the same, but what Node
 *   loads for it takes longer than many a step.
 */
export function monotonic(): number {
  return process.uptime() * 1000;
}
