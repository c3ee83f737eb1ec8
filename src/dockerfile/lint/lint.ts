/**
 * BuildKit's checks of a Dockerfile. What depends on a base image or on the machine is asked of the caller; what nobody
 * knows is not reported.
 */
import { DecantError } from '../../errors.ts';
import { parseCheckOptions, type CheckOptions } from '../directives.ts';
import type { Dockerfile, Stage } from '../instruction.ts';
import { parseTrigger } from '../parse.ts';
import { createEnvironment } from './environment.ts';
import { checkFile } from './file-checks.ts';
import { checkDefaults, checkFromVariables, type ExpandedFrom } from './from-checks.ts';
import { neededStages } from './needed.ts';
import type { LintOptions } from './options.ts';
import { createReporter, type Reporter } from './reporter.ts';
import type { Finding } from './rule.ts';
import { BUILDKIT_RULES as RULES } from './rules.ts';
import { checkInstruction, type StageContext, type StageState } from './stage-checks.ts';
import { parentOf } from './stage-names.ts';
import { globalsOf } from './variables.ts';
import { syntaxError } from '../failure.ts';
import { quote } from '../text.ts';

export interface LintResult {
  /** In the order of lines. */
  readonly findings: readonly Finding[];
  /** `error=true`: findings are to fail the build. */
  readonly failOnFindings: boolean;
  readonly options: CheckOptions;
  /** Where following the stages ended: a word that cannot be expanded, a base that can be no image, … */
  readonly error?: DecantError;
}

/** @throws DecantError DOCKERFILE_SYNTAX of a check directive, and what `options.base` throws */
export async function lintDockerfile(dockerfile: Dockerfile, options: LintOptions): Promise<LintResult> {
  const check = checkOptionsOf(dockerfile, options.check);
  const reporter = createReporter(check);
  checkFile(dockerfile, reporter);
  let failure: { error?: DecantError } = {};
  try {
    await followStages(dockerfile, options, reporter);
  } catch (error) {
    if (!(error instanceof DecantError) || !OF_THE_TEXT.test(error.code)) throw error;
    failure = { error };
  }
  return { findings: inOrder(reporter.findings), failOnFindings: check.error, options: check, ...failure };
}

/** Codes of errors that the Dockerfile is the cause of. */
export const OF_THE_TEXT = /^(?:DOCKERFILE_|STAGE_|REFERENCE_)/;

async function followStages(dockerfile: Dockerfile, options: LintOptions, reporter: Reporter): Promise<void> {
  checkDefaults(dockerfile, options, reporter);
  const globals = globalsOf(dockerfile, options.automatic, options.buildArguments);
  const context = { dockerfile, globals, options };
  const bases = dockerfile.stages.map((stage) =>
    checkFromVariables(dockerfile, stage, globals, options, reporter),
  );
  const needed = neededStages(dockerfile, bases, options);
  // Triggers are BuildKit's concern only in stages that a build would come to.
  const reached = neededStages(dockerfile, bases, { target: options.target, allStages: false });
  const states: (StageState | undefined)[] = [];
  for (const stage of dockerfile.stages) {
    const from = bases[stage.index];
    const state =
      from && needed.has(stage)
        ? await followStage(stage, from, states, context, reporter, reached.has(stage))
        : undefined;
    states.push(state);
  }
}

export function checkOptionsOf({ directives, file, source }: Dockerfile, instead?: string): CheckOptions {
  try {
    return parseCheckOptions(instead ?? directives.check ?? '');
  } catch (error) {
    if (!(error instanceof DecantError) || instead !== undefined) throw error;
    const line = source.split('\n').findIndex((text) => /^#\s*check\s*=/i.test(text)) + 1;
    throw error.at({ file, source, start: line, end: line });
  }
}

/** By line, then by name: the order in which they are found tells nothing. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted(
    (one, other) =>
      one.lines.start - other.lines.start ||
      compare(one.rule.name, other.rule.name) ||
      compare(one.message, other.message),
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

async function followStage(
  stage: Stage,
  from: ExpandedFrom,
  states: readonly (StageState | undefined)[],
  context: StageContext,
  reporter: Reporter,
  isReached: boolean,
): Promise<StageState> {
  const { dockerfile } = context;
  const parent = parentOf(dockerfile, stage, from.image);
  const before = parent && states[parent.index];
  const { state, triggers } = before
    ? { state: inherit(before), triggers: triggersOf(parent) }
    : await startOnImage(stage, from, context, reporter);
  const { lines } = stage.from;
  const place = { file: dockerfile.file, source: dockerfile.source, ...lines };
  for (const trigger of isReached ? triggers : []) {
    const instruction = Object.assign(parseTrigger(trigger, place), { lines });
    checkInstruction(state, instruction, context, reporter);
  }
  for (const instruction of stage.instructions) checkInstruction(state, instruction, context, reporter);
  return state;
}

function triggersOf(stage: Stage | undefined): readonly string[] {
  return (stage?.instructions ?? []).flatMap((each) => (each.kind === 'onbuild' ? each.trigger : []));
}

function inherit(state: StageState): StageState {
  return { ...state, env: state.env.fork(), declared: state.declared.fork(), last: new Map() };
}

async function startOnImage(
  stage: Stage,
  from: ExpandedFrom,
  { options, dockerfile }: StageContext,
  reporter: Reporter,
): Promise<{ state: StageState; triggers: readonly string[] }> {
  const expected = from.platform ?? options.platform;
  const isScratch = from.image === 'scratch';
  if (!isScratch && !options.isImageName(from.image)) {
    const { lines } = stage.from;
    const message = `failed to parse stage name ${quote(from.image)}: invalid reference format`;
    throw syntaxError(message).at({ file: dockerfile.file, source: dockerfile.source, ...lines });
  }
  const facts = isScratch ? { env: [] } : await options.base(from.image, expected);
  const actual = facts?.platform;
  if (actual && (actual.os !== expected.os || actual.architecture !== expected.architecture)) {
    const message = `Base image ${from.image} was pulled with platform "${actual.text}", expected "${expected.text}" for current build`;
    reporter.within(stage.from.comments).report(RULES.InvalidBaseImagePlatform, stage.from.lines, message);
  }
  const env = createEnvironment(new Map([['PATH', '']]));
  for (const line of facts?.env ?? []) {
    const equals = line.indexOf('=');
    env.set(equals < 0 ? line : line.slice(0, equals), equals < 0 ? '' : line.slice(equals + 1));
  }
  const state = {
    env,
    declared: createEnvironment(),
    isEnvKnown: facts !== undefined,
    hasShell: (facts?.shell?.length ?? 0) > 0,
    hasWorkdir: false,
    last: new Map(),
  };
  return { state, triggers: facts?.onBuild ?? [] };
}
