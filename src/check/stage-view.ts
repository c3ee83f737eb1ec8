/** Stages as the checks see them: what they stand on, which of them are shipped, and values as far as they are known. */
import type { Dockerfile, Instruction, Stage } from '../dockerfile/instruction.ts';
import { attempt } from '../dockerfile/failure.ts';
import { targetStage } from '../dockerfile/lint/needed.ts';
import { createEnvironment, type Environment } from '../dockerfile/lint/environment.ts';
import { parentOf } from '../dockerfile/lint/stage-names.ts';
import { globalsOf } from '../dockerfile/lint/variables.ts';
import { expandTracked } from '../dockerfile/words.ts';
import type { LintOptions } from '../dockerfile/lint/options.ts';
import { SCRATCH, type BaseKnowledge } from './base.ts';

export interface StageView {
  readonly stage: Stage;
  /** The stage of the same file that it stands on. */
  readonly parent?: StageView | undefined;
  /** The image at the bottom; '' where its name is not known. */
  readonly image: string;
  readonly base: BaseKnowledge | undefined;
  /** Part of the final image: the target, or what it stands on. */
  readonly isShipped: boolean;
  readonly isTarget: boolean;
  /** The instructions, each with what words mean at its place. */
  readonly steps: readonly Step[];
  readonly env: Environment;
}

export interface Step {
  readonly instruction: Instruction;
  /** A word of the instruction with its variables put in; undefined where one of them is not known. */
  readonly word: (text: string) => string | undefined;
}

type Options = Pick<LintOptions, 'target' | 'buildArguments' | 'automatic'>;

/** @param findBase What is known of an image that FROM names, on the platform that FROM asks for. */
export async function viewStages(
  dockerfile: Dockerfile,
  options: Options,
  findBase: (name: string, platform: string | undefined) => Promise<BaseKnowledge | undefined>,
): Promise<readonly StageView[]> {
  const { escape } = dockerfile.directives;
  const globals = globalsOf(dockerfile, options.automatic, options.buildArguments).values;
  const expand: Expand = (text, env) =>
    attempt(() => {
      const { text: expanded, unset } = expandTracked(text, (name) => env.get(name), { escape });
      return unset.length > 0 ? undefined : expanded;
    });
  const target = targetStage(dockerfile.stages, options.target, dockerfile.file);
  const images = dockerfile.stages.map(({ from }) => expand(from.image, globals) ?? '');
  const shipped = new Set<Stage>();
  for (let stage = target; stage;) {
    shipped.add(stage);
    stage = parentOf(dockerfile, stage, images[stage.index] ?? '');
  }
  const views: StageView[] = [];
  for (const stage of dockerfile.stages) {
    const own = images[stage.index] ?? '';
    const parentStage = parentOf(dockerfile, stage, own);
    const parent = parentStage && views[parentStage.index];
    const image = parent?.image ?? own;
    const base = parent?.base ?? (await baseOf(own, expand(stage.from.platform ?? '', globals), findBase));
    const env = parent?.env.fork() ?? createEnvironment();
    const steps = stage.instructions.map((instruction): Step => {
      // Expanded now, because the next instruction may set another value.
      const words = new Map(wordsOf(instruction).map((text) => [text, expand(text, env)]));
      const word = (text: string): string | undefined => words.get(text);
      if (instruction.kind === 'arg') declare(instruction.args, env, globals, options, expand);
      if (instruction.kind === 'env')
        for (const { name, value } of instruction.pairs) set(env, word(name), word(value));
      return { instruction, word };
    });
    views.push({
      stage,
      parent,
      image,
      base,
      isShipped: shipped.has(stage),
      isTarget: stage === target,
      steps,
      env,
    });
  }
  return views;
}

type Expand = (text: string, env: Pick<Environment, 'get'>) => string | undefined;

/** The words that checks ask for, and those that set variables. */
function wordsOf(instruction: Instruction): readonly string[] {
  switch (instruction.kind) {
    case 'env':
      return instruction.pairs.flatMap(({ name, value }) => [name, value]);
    case 'user':
      return [instruction.user];
    case 'workdir':
      return [instruction.path];
    case 'copy':
    case 'add':
      return [...instruction.sources, instruction.destination, instruction.chown ?? ''];
    default:
      return [];
  }
}

async function baseOf(
  image: string,
  platform: string | undefined,
  findBase: (name: string, platform: string | undefined) => Promise<BaseKnowledge | undefined>,
): Promise<BaseKnowledge | undefined> {
  if (image === 'scratch') return SCRATCH;
  return image === '' ? undefined : findBase(image, platform || undefined);
}

function declare(
  args: readonly { readonly name: string; readonly value?: string }[],
  env: Environment,
  globals: ReadonlyMap<string, string>,
  { buildArguments }: Options,
  expand: Expand,
): void {
  for (const { name, value } of args) {
    const preset = value === undefined ? globals.get(name) : expand(value, env);
    set(env, name, buildArguments.get(name) ?? preset);
  }
}

/** A value that is not known is worse than none: the old one is gone too. */
function set(env: Environment, name: string | undefined, value: string | undefined): void {
  if (name === undefined) return;
  if (value === undefined) env.delete(name);
  else env.set(name, value);
}
