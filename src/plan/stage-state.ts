/** A stage while its instructions are gone through, and what every instruction does to it. */
import type { Place } from '../errors.ts';
import { DecantError } from '../errors.ts';
import type { Dockerfile, Instruction, Stage } from '../dockerfile/instruction.ts';
import { expandTracked, expandWord } from '../dockerfile/words.ts';
import type { ContainerConfig } from '../oci/config.ts';
import type { Platform } from '../oci/platform.ts';
import type { Graph } from './graph.ts';
import type { Operation, ResolvedImage } from './operation.ts';
import type { PlannedHistory, PlanOptions } from './plan.ts';
import type { Scope } from './scope.ts';

export type MutableConfig = { -readonly [K in keyof ContainerConfig]: ContainerConfig[K] };

export interface DraftStep {
  readonly text: string;
  readonly line: number;
  readonly operation: Operation;
}

export interface StageState {
  readonly stage: Stage;
  readonly name: string;
  readonly platform: Platform;
  operation: Operation;
  scope: Scope;
  config: MutableConfig;
  author: string | undefined;
  base: ResolvedImage | undefined;
  history: PlannedHistory[];
  steps: DraftStep[];
  /** CMD was given in this stage, so a later ENTRYPOINT leaves it alone. */
  isCmdSet: boolean;
  /** What ONBUILD has added in this stage: one list that grows, since a file may have thousands. */
  readonly triggers: string[];
  /** Proxies for the stage's RUN steps. */
  proxyEnv: Readonly<Record<string, string>>;
}

/** What instructions may ask of the plan they are part of. */
export interface Planner {
  readonly dockerfile: Dockerfile;
  readonly options: PlanOptions;
  readonly graph: Graph;
  /** The file system of another stage or image, as `COPY --from` names it. */
  readonly resolveFrom: (name: string, current: Stage) => Promise<Operation>;
  /** The value that ARG without a default takes: the global one. */
  readonly globalValue: (name: string) => string | undefined;
  readonly warn: (message: string, line: number) => void;
}

export function placeOf(
  dockerfile: Dockerfile,
  lines: { readonly start: number; readonly end: number },
): Place {
  return { file: dockerfile.file, start: lines.start, end: lines.end, source: dockerfile.source };
}

/** A word of an instruction with its variables put in. */
export function expand(state: StageState, planner: Planner, word: string): string {
  const { dockerfile, globalValue } = planner;
  const hintForMissing = (name: string): string => {
    if (state.scope.declared.has(name)) return giveArgument(name);
    if (state.scope.get(name) !== undefined)
      return `the stage sets it to nothing: give ${name} a value there`;
    return globalValue(name) === undefined
      ? `declare it: ARG ${name} above this line, and ${giveArgument(name)}`
      : `it has a value above the first FROM alone: add ARG ${name} to this stage`;
  };
  return expandWord(word, state.scope.get, { escape: dockerfile.directives.escape, hintForMissing });
}

/** What to do about a variable that ARG declares. */
export function giveArgument(name: string): string {
  return `give it with --build-arg ${name}=…`;
}

export function addHistory(state: StageState, createdBy: string, operation?: Operation): void {
  state.history.push(operation ? { createdBy, operation } : { createdBy });
}

/** The instruction makes a new file system. */
export function addStep(
  state: StageState,
  planner: Planner,
  instruction: Instruction,
  operation: Operation,
): void {
  state.operation = operation;
  state.steps.push({
    text: shownText(state, planner, instruction),
    line: instruction.lines.start,
    operation,
  });
}

/** The instruction as progress shows it: variables that have a value put in, all else as written. */
function shownText(state: StageState, planner: Planner, instruction: Instruction): string {
  const { text, keyword } = instruction;
  const shown = keyword.toUpperCase() + text.slice(keyword.length);
  try {
    const { escape } = planner.dockerfile.directives;
    return expandTracked(shown, state.scope.get, {
      escape,
      keepQuotes: true,
      keepEscapes: true,
      keepUnset: true,
    }).text;
  } catch (error) {
    // A shell's text need not be well formed for the builder.
    if (error instanceof DecantError) return shown;
    throw error;
  }
}

export function unsupported(what: string, place: Place): DecantError {
  return new DecantError('DOCKERFILE_UNSUPPORTED', `${what} cannot be carried out by this version`, {
    place,
    hint: 'docs/dockerfile.md lists what can be',
  });
}

export function invalid(message: string, hint?: string): DecantError {
  return new DecantError('DOCKERFILE_SYNTAX', message, { hint });
}
