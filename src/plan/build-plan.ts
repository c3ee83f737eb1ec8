/**
 * Planning a build: from the target backwards through the stages it needs, each planned once. A stage that is not
 * reached is not expanded and its base is not looked up.
 */
import { DecantError } from '../errors.ts';
import type { Dockerfile, Instruction, Stage } from '../dockerfile/instruction.ts';
import { parseTrigger } from '../dockerfile/parse.ts';
import { didYouMean } from '../suggest.ts';
import { expandWord } from '../dockerfile/words.ts';
import { parsePlatform } from '../oci/platform.ts';
import type { Platform } from '../oci/platform.ts';
import { applyToConfig, globalArguments, missingGlobal } from './config-instructions.ts';
import { applyToFiles } from './file-instructions.ts';
import { findSource, findTarget, stageNamed } from './find-stage.ts';
import { createGraph } from './graph.ts';
import { contextFiles, contextHint, contextRoot, findContext } from './named-contexts.ts';
import type { Operation, ResolvedImage } from './operation.ts';
import type { Plan, PlannedStage, PlanOptions } from './plan.ts';
import {
  DEFAULT_PATH,
  automaticArguments,
  createScope,
  environmentLines,
  environmentOf,
  proxyArguments,
} from './scope.ts';
import type { Planner, StageState } from './stage-state.ts';
import { placeOf } from './stage-state.ts';
import { checkRunMounts } from './run-mounts.ts';
import { unusedArguments } from './unused-arguments.ts';

/** @throws DecantError DOCKERFILE_SYNTAX, DOCKERFILE_UNSUPPORTED, STAGE_UNKNOWN, STAGE_CYCLE, IMAGE_UNKNOWN */
export async function planBuild(dockerfile: Dockerfile, options: PlanOptions): Promise<Plan> {
  const target = findTarget(dockerfile, options.target);
  const automatic = automaticArguments(options.platform, options.buildPlatform, options.target ?? 'default');
  const globals = globalArguments({ dockerfile, options }, automatic);
  const graph = options.graph ?? createGraph();
  const warnings: { message: string; line?: number }[] = [];
  const states = new Map<Stage, Promise<StageState>>();

  const hintForMissing = missingGlobal(dockerfile);
  const word = (text: string): string =>
    expandWord(text, (name) => globals.get(name), { escape: dockerfile.directives.escape, hintForMissing });
  const stagePlatform = (stage: Stage): Platform =>
    stage.from.platform === undefined ? options.platform : platformOf(word(stage.from.platform), stage);
  /** The context in the place of a stage: of its name, and for the platform that it would have. */
  const replacementOf = (stage: Stage): ReturnType<typeof findContext> => {
    if (stage.name === undefined || !options.contexts?.size) return undefined;
    try {
      return findContext(options.contexts, stage.name, stagePlatform(stage));
    } catch (error) {
      throw atPlace(error, placeOf(dockerfile, stage.from.lines));
    }
  };
  checkRunMounts(dockerfile, options, replacementOf);

  const planStage = (stage: Stage): Promise<StageState> => {
    let state = states.get(stage);
    // Not at once: a file may have thousands of stages that stand on one another, and each would be a call within a call.
    if (!state) states.set(stage, (state = Promise.resolve(stage).then(goThrough)));
    return state;
  };
  const planner: Planner = {
    dockerfile,
    options,
    graph,
    globalValue: (name) => globals.get(name),
    warn: (message, line) => warnings.push({ message, line }),
    async resolveFrom(name, current) {
      const meant = stageNamed(dockerfile, name, current);
      const named = meant ? replacementOf(meant) : findContext(options.contexts, name, options.platform);
      if (named && named.context.type !== 'image')
        return contextFiles(graph, named.name, named.context, placeOf(dockerfile, current.from.lines));
      const stage = named ? undefined : findSource(dockerfile, name, current);
      if (stage) return (await planStage(stage)).operation;
      const reference = named?.context.type === 'image' ? named.context.reference : name;
      if (reference === 'scratch') return graph.scratch();
      const platform = meant ? stagePlatform(meant) : options.platform;
      return baseOperation(await orStage(name, current, options.resolveImage(reference, platform), platform));
    },
  };
  const baseOperation = (image: ResolvedImage): Operation =>
    image.layers.length === 0 ? graph.scratch() : graph.image(image);

  /** An image that is not there may be the misspelt name of a stage. */
  const orStage = async <T>(
    name: string,
    current: Stage,
    image: Promise<T>,
    platform: Platform,
  ): Promise<T> => {
    try {
      return await image;
    } catch (error) {
      if (!(error instanceof DecantError && NOT_FOUND.has(error.code))) throw error;
      const earlier = dockerfile.stages.slice(0, current.index).flatMap((stage) => stage.name ?? []);
      const hint = contextHint(options.contexts, name, platform) ?? didYouMean(name, earlier);
      if (hint === undefined) throw error;
      throw new DecantError(error.code, error.message, { hint, cause: error.cause });
    }
  };

  const goThrough = async (stage: Stage): Promise<StageState> => {
    const place = placeOf(dockerfile, stage.from.lines);
    const state = await located(() => startStage(stage), place);
    const triggers = state.config.OnBuild ?? [];
    delete state.config.OnBuild;
    for (const trigger of triggers) {
      await located(
        () => applyInstruction(state, planner, { ...parseTrigger(trigger, place), lines: stage.from.lines }),
        place,
      );
    }
    for (const instruction of replacementOf(stage) ? [] : stage.instructions) {
      await located(
        () => applyInstruction(state, planner, instruction),
        placeOf(dockerfile, instruction.lines),
      );
    }
    return state;
  };

  const startStage = async (stage: Stage): Promise<StageState> => {
    const image = word(stage.from.image);
    if (image === '')
      throw new DecantError('DOCKERFILE_SYNTAX', `base name (${stage.from.image}) should not be blank`, {
        hint: 'declare its variables with ARG above the first FROM, or give them with --build-arg',
      });
    const platform = stagePlatform(stage);
    const empty = {
      stage,
      name: stage.name ?? String(stage.index),
      platform,
      proxyEnv: proxyArguments(options.buildArguments),
      isCmdSet: false,
      triggers: [],
    };
    const earlier = dockerfile.stages
      .slice(0, stage.index)
      .findLast((other) => other.name === image.toLowerCase());
    const named =
      replacementOf(stage) ?? (earlier ? undefined : findContext(options.contexts, image, platform));
    if (named && named.context.type !== 'image') {
      const place = placeOf(dockerfile, stage.from.lines);
      return {
        ...empty,
        operation: contextRoot(graph, named.name, named.context, place),
        config: { Env: [`PATH=${DEFAULT_PATH}`], WorkingDir: '/' },
        author: undefined,
        base: undefined,
        history: [],
        steps: [],
        scope: createScope(new Map([['PATH', DEFAULT_PATH]])),
      };
    }
    if (earlier && !named) {
      const from = await planStage(earlier);
      const { operation, config, author, base, history, scope } = from;
      return {
        ...empty,
        operation,
        config: { ...config },
        author,
        base,
        history: [...history],
        steps: [],
        scope: createScope(scope.variables, scope.declared),
      };
    }
    const reference = named?.context.type === 'image' ? named.context.reference : image;
    const found =
      reference === 'scratch'
        ? undefined
        : await orStage(image, stage, options.resolveImage(reference, platform), platform);
    const operation = found ? baseOperation(found) : graph.scratch();
    const config = { ...found?.config.config };
    const env = environmentOf(config.Env);
    if (!env.has('PATH')) env.set('PATH', DEFAULT_PATH);
    config.Env = environmentLines(env);
    const steps = found ? [{ text: stage.from.text, line: stage.from.lines.start, operation }] : [];
    return {
      ...empty,
      operation,
      config: found ? config : { ...config, WorkingDir: '/' },
      author: found?.config.author,
      base: found,
      history: [],
      steps,
      scope: createScope(env),
    };
  };

  const last = await planStage(target);
  if (options.everyStage === true) for (const stage of dockerfile.stages) await planStage(stage);
  const labels = { ...last.config.Labels, ...options.labels };
  if (Object.keys(labels).length > 0) last.config.Labels = labels;
  const needed = await Promise.all(dockerfile.stages.filter((stage) => states.has(stage)).map(planStage));
  const stages = needed.map(finishStage);
  const triggers = needed.flatMap(({ base }) => base?.config.config?.OnBuild ?? []);
  for (const message of unusedArguments(options.buildArguments, dockerfile, triggers))
    warnings.push({ message });
  return {
    dockerfile,
    platform: options.platform,
    sourceDateEpoch: globals.get('SOURCE_DATE_EPOCH'),
    target: stages[needed.indexOf(last)] as PlannedStage,
    stages,
    warnings,
  };
}

async function applyInstruction(
  state: StageState,
  planner: Planner,
  instruction: Instruction,
): Promise<void> {
  if (applyToConfig(state, planner, instruction)) return;
  await applyToFiles(state, planner, instruction);
}

/** Errors from below learn which instruction they are about. */
async function located<T>(work: () => Promise<T>, place: ReturnType<typeof placeOf>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw atPlace(error, place);
  }
}

function atPlace(error: unknown, place: ReturnType<typeof placeOf>): unknown {
  if (!(error instanceof DecantError)) return error;
  const { code, message, hint, cause } = error;
  // A name in a file is the file's mistake, not one of the command.
  if (code === 'REFERENCE_INVALID')
    return new DecantError('DOCKERFILE_SYNTAX', message, { hint, cause, place });
  return error.at(place);
}

function finishStage(state: StageState): PlannedStage {
  const { stage, name, platform, operation, config, author, base, history, steps } = state;
  return {
    index: stage.index,
    name,
    platform,
    operation,
    config,
    author,
    base,
    history,
    steps: steps.map((step, index) => ({
      ...step,
      id: `${stage.index}.${index}`,
      stage: name,
      index: index + 1,
      total: steps.length,
    })),
  };
}

/** What it means that an image is not there; without a network nobody knows whether the registry has it. */
const NOT_FOUND: ReadonlySet<string> = new Set(['IMAGE_UNKNOWN', 'NETWORK', 'REGISTRY_DENIED', 'OFFLINE']);

function platformOf(text: string, stage: Stage): Platform {
  if (text === '') {
    throw new DecantError(
      'DOCKERFILE_SYNTAX',
      `empty platform value from expression ${stage.from.platform ?? ''}`,
      {
        hint: 'there are $BUILDPLATFORM and $TARGETPLATFORM; others are declared with ARG above the first FROM',
      },
    );
  }
  return parsePlatform(text);
}
