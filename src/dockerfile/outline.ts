/**
 * What a Dockerfile offers to whoever builds it, as `docker buildx build --call=outline` and `--call=targets` answer it:
 * the build arguments, secrets and ssh agents that a target takes, and the stages that can be targets.
 */
import type { LineRange } from './ast.ts';
import { attempt } from './failure.ts';
import type { Dockerfile, Instruction, Stage } from './instruction.ts';
import { createEnvironment, type Environment } from './lint/environment.ts';
import { parentOf } from './lint/stage-names.ts';
import { neededStages, targetStage } from './lint/needed.ts';
import { globalsOf } from './lint/variables.ts';
import { resolveMount, type ResolvedMount } from './mounts.ts';
import { given } from './objects.ts';
import { expandTracked } from './words.ts';

export interface OutlineArgument {
  readonly name: string;
  readonly value?: string;
  readonly description?: string;
  readonly lines: LineRange;
}

export interface OutlineSecret {
  readonly name: string;
  readonly required: boolean;
  readonly lines: LineRange;
}

export interface Outline {
  readonly name?: string;
  readonly description?: string;
  readonly args: readonly OutlineArgument[];
  readonly secrets: readonly OutlineSecret[];
  readonly ssh: readonly OutlineSecret[];
}

export interface OutlineOptions {
  readonly target?: string | undefined;
  readonly buildArguments: ReadonlyMap<string, string>;
  /** The automatic arguments. */
  readonly automatic: ReadonlyMap<string, string>;
}

/** @throws DecantError STAGE_UNKNOWN, DOCKERFILE_SYNTAX */
export function outlineOf(dockerfile: Dockerfile, options: OutlineOptions): Outline {
  const { escape } = dockerfile.directives;
  const globals = globalsOf(dockerfile, options.automatic, options.buildArguments);
  const fromWords = dockerfile.stages.map(({ from }) =>
    expandTracked(from.image, (name) => globals.values.get(name), { escape }),
  );
  const platformWords = dockerfile.stages.map(({ from }) =>
    expandTracked(from.platform ?? '', (name) => globals.values.get(name), { escape }),
  );
  const bases = fromWords.map(({ text }) => ({ image: text }));
  const needed = neededStages(dockerfile, bases, { target: options.target, allStages: false });
  const found = { args: new Map<string, OutlineArgument>(), secrets: named(), ssh: named() };
  const used = new Set<string>();
  const scopes = new Map<Stage, Environment>();
  for (const stage of dockerfile.stages.filter((each) => needed.has(each))) {
    for (const words of [fromWords[stage.index], platformWords[stage.index]])
      words?.used.forEach((name) => used.add(name));
    const parent = parentOf(dockerfile, stage, bases[stage.index]?.image ?? '');
    const scope = (parent && scopes.get(parent)?.fork()) ?? createEnvironment();
    scopes.set(stage, scope);
    for (const instruction of stage.instructions)
      follow(instruction, { scope, used, found, globals: globals.values, escape, ...options });
  }
  const declared = globalArguments(dockerfile, globals.values).filter(({ name }) => used.has(name));
  for (const argument of declared)
    if (!found.args.has(argument.name)) found.args.set(argument.name, argument);
  const target = targetStage(dockerfile.stages, options.target, dockerfile.file);
  const lists = { args: sorted(found.args), secrets: sorted(found.secrets), ssh: sorted(found.ssh) };
  return Object.assign(lists, given({ name: target?.name, description: target?.doc }));
}

function named(): Map<string, OutlineSecret> {
  return new Map();
}

function sorted<T extends { readonly lines: LineRange }>(found: ReadonlyMap<string, T>): readonly T[] {
  return [...found.values()].sort((one, other) => one.lines.start - other.lines.start);
}

/** Those before the first FROM, and what their defaults are made of. */
function globalArguments(
  { globalArgs }: Dockerfile,
  values: ReadonlyMap<string, string>,
): readonly OutlineArgument[] {
  return globalArgs.flatMap(({ args, lines }) =>
    args.map(({ name, doc }) =>
      Object.assign({ name, lines }, given({ value: values.get(name), description: doc })),
    ),
  );
}

interface Following extends OutlineOptions {
  readonly scope: Environment;
  readonly used: Set<string>;
  readonly globals: ReadonlyMap<string, string>;
  readonly escape: '\\' | '`';
  readonly found: {
    readonly args: Map<string, OutlineArgument>;
    readonly secrets: Map<string, OutlineSecret>;
    readonly ssh: Map<string, OutlineSecret>;
  };
}

function follow(instruction: Instruction, following: Following): void {
  const { scope, used, found, globals, buildArguments, escape } = following;
  const word = (text: string): string => expandTracked(text, (name) => scope.get(name), { escape }).text;
  const { lines } = instruction;
  if (instruction.kind === 'env') {
    const pairs = instruction.pairs.map(({ name, value }) => [word(name), word(value)] as const);
    for (const [name, value] of pairs) scope.set(name, value);
  }
  if (instruction.kind === 'arg') {
    for (const { name, value, doc } of instruction.args) {
      used.add(name);
      const own = buildArguments.get(name) ?? (value === undefined ? undefined : word(value));
      const chosen = own ?? globals.get(name);
      if (chosen !== undefined) scope.set(name, chosen);
      // One that takes the global value is described where that is declared.
      if (own === undefined && globals.has(name)) continue;
      found.args.set(name, Object.assign({ name, lines }, given({ value: own, description: doc })));
    }
  }
  if (instruction.kind !== 'run') return;
  for (const mount of instruction.mounts) {
    // What is wrong with a mount is for the build to say.
    const resolved = attempt(() => resolveMount(mount, word));
    if (resolved?.type !== 'secret' && resolved?.type !== 'ssh') continue;
    const list = resolved.type === 'ssh' ? found.ssh : found.secrets;
    const name = nameOf(resolved);
    if (!list.has(name)) list.set(name, { name, required: resolved.required, lines });
  }
}

function nameOf({ type, id, source, target }: ResolvedMount): string {
  if (type === 'ssh') return id || 'default';
  return id || source || (target ?? '').split('/').at(-1) || '';
}

export interface Target {
  readonly name?: string;
  readonly default: boolean;
  readonly description?: string;
  /** As written. */
  readonly base: string;
  readonly platform?: string;
  readonly lines: LineRange;
}

export function targetsOf({ stages }: Dockerfile): readonly Target[] {
  return stages.map(({ index, name, doc, from }) => {
    const target = { default: index === stages.length - 1, base: from.image, lines: from.lines };
    return Object.assign(target, given({ name, description: doc, platform: from.platform }));
  });
}
