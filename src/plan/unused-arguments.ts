/**
 * Build arguments that no ARG takes: a misspelt name would otherwise do nothing, in silence. Arguments of stages that
 * are not built count as taken, so that one command line serves several targets.
 */
import type { Dockerfile } from '../dockerfile/instruction.ts';
import { didYouMean } from '../suggest.ts';
import type { BuildArguments } from './scope.ts';
import { isProxyName } from './scope.ts';

/** Names that mean something to a builder without being asked for. */
const PREDEFINED =
  /^(BUILDKIT_[A-Z0-9_]+|SOURCE_DATE_EPOCH|(TARGET|BUILD)(PLATFORM|OS|OSVERSION|ARCH|VARIANT|STAGE))$/;

/** @param triggers ONBUILD instructions of the base images. */
export function unusedArguments(
  given: BuildArguments,
  dockerfile: Dockerfile,
  triggers: readonly string[],
): readonly string[] {
  const instructions = [
    ...dockerfile.globalArgs,
    ...dockerfile.stages.flatMap((stage) => stage.instructions),
  ];
  const declared = instructions.flatMap((each) =>
    each.kind === 'arg' ? each.args.map(({ name }) => name) : [],
  );
  const texts = [
    ...triggers,
    ...instructions.flatMap((each) => (each.kind === 'onbuild' ? each.trigger : [])),
  ].filter((trigger) => /^arg\s/i.test(trigger));
  const isTaken = (name: string): boolean =>
    declared.includes(name) ||
    isProxyName(name) ||
    PREDEFINED.test(name) ||
    texts.some((text) => text.split(/[\s=]+/).includes(name));
  return [...given.keys()]
    .filter((name) => !isTaken(name))
    .map((name) => {
      const meant = didYouMean(name, declared);
      return `the build argument ${name} is given, but no ARG takes it${meant === undefined ? '' : `: ${meant}`}`;
    });
}
