/**
 * What the steps of a build depend on, gathered while their cache keys are found: enough to say later which of it has
 * changed. One record is kept for each Dockerfile, context and target; the files that a step took are kept by their
 * content key, and only when the step was carried out.
 */
import type { Operation } from '../../plan/operation.ts';
import { formatPlatform } from '../../oci/platform.ts';
import type { JoinedPlan } from '../../plan/join-plans.ts';
import type { Store } from '../../store/store.ts';
import { keyOf } from '../content-key.ts';
import type { OnFile } from '../content-key.ts';

/** Files by path, each as a short text that differs where they do. */
export type TakenFiles = Readonly<Record<string, string>>;

export interface StepInputs {
  readonly key: string;
  /** Of what it stands on. */
  readonly parent: string;
  /** By name, as texts: `command`, `variable X`, `user`, … */
  readonly parts: Readonly<Record<string, string>>;
  /** What it takes from elsewhere: a label, and the content key where that was found. */
  readonly taken: readonly { readonly label: string; readonly content?: string }[];
}

export interface KnownStep extends StepInputs {
  readonly stage: string;
  readonly index: number;
  readonly text: string;
  readonly line: number;
}

export interface Inputs {
  readonly note: (operation: Operation, inputs: StepInputs) => void;
  readonly of: (operation: Operation) => StepInputs | undefined;
  /** Told of each file as its content key is found. */
  readonly files: () => {
    readonly add: OnFile;
    readonly keep: (content: string) => void;
  };
  readonly filesOf: (content: string) => TakenFiles | undefined;
  /** The steps of the last build, and what it was: by this they are kept. */
  readonly previous: () => readonly KnownStep[] | undefined;
  /** Writes down what was learned. */
  readonly save: (carriedOut: (operation: Operation) => boolean) => Promise<void>;
}

const INPUTS = 'inputs';
const FILES = 'taken';
/** More than this is not worth listing. */
const MAX_FILES = 20_000;

/** @param context Where the context is, to tell builds of different projects apart. */
export function gatherInputs(store: Store, plan: JoinedPlan, context: string): Inputs {
  const targets = plan.targets.flatMap(({ platform, stage }) => [stage.name, formatPlatform(platform)]);
  const name = keyOf(INPUTS, context, plan.dockerfile.file, ...targets);
  const found = new Map<Operation, StepInputs>();
  const files = new Map<string, Record<string, string>>();
  const previous = (): readonly KnownStep[] | undefined => {
    const value = store.cache.getSync(INPUTS, name);
    return Array.isArray(value) ? (value as KnownStep[]) : undefined;
  };
  return {
    note: (operation, inputs) => void found.set(operation, inputs),
    of: (operation) => found.get(operation),
    files() {
      const taken: Record<string, string> = Object.create(null) as Record<string, string>;
      let count = 0;
      return {
        add(path, describe) {
          count += 1;
          if (count <= MAX_FILES) taken[path] = describe();
        },
        keep(content) {
          if (count <= MAX_FILES) files.set(content, taken);
        },
      };
    },
    filesOf: (content) =>
      files.get(content) ?? (store.cache.getSync(FILES, content) as TakenFiles | undefined),
    previous,
    async save(carriedOut) {
      const known = previous();
      const steps = plan.stages.flatMap((stage) =>
        stage.steps.flatMap(({ operation: planned, index, text, line }): KnownStep[] => {
          const operation = planned.kind === 'merge' ? planned.upper : planned;
          const inputs = found.get(operation);
          if (inputs) return [{ ...inputs, stage: stage.name, index, text, line }];
          // Nobody asked for it this time: what was known of it still is.
          return known?.filter((step) => step.stage === stage.name && step.text === text).slice(0, 1) ?? [];
        }),
      );
      if (JSON.stringify(steps) !== JSON.stringify(known)) await store.cache.put(INPUTS, name, steps);
      for (const [operation, { taken }] of found) {
        if (!carriedOut(operation)) continue;
        for (const { content } of taken) {
          const rows = content === undefined ? undefined : files.get(content);
          if (content !== undefined && rows) await store.cache.put(FILES, content, rows);
        }
      }
    },
  };
}
