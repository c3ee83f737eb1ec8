/**
 * Which operations are done again: all of them (`--no-cache`), or those of some stages (`--no-cache-filter`) and what
 * stands on these. What is copied from such a stage counts by its content, as always.
 */
import { didYouMean } from '../../suggest.ts';
import { DecantError } from '../../errors.ts';
import type { Operation } from '../../plan/operation.ts';
import type { JoinedPlan } from '../../plan/join-plans.ts';

export interface CacheWishes {
  readonly noCache: boolean;
  readonly noCacheFilter?: readonly string[] | undefined;
}

/** @throws DecantError STAGE_UNKNOWN for a stage that the Dockerfile does not have */
export function uncached(
  plan: JoinedPlan,
  { noCache, noCacheFilter = [] }: CacheWishes,
): (operation: Operation) => boolean {
  if (noCache) return () => true;
  const { dockerfile, stages } = plan;
  const found = new Set<Operation>();
  for (const text of noCacheFilter) {
    const stage = dockerfile.stages.find(
      ({ name, index }) => name === text.toLowerCase() || String(index) === text,
    );
    if (!stage) throw unknown(text, plan);
    const planned = stages.filter(({ index }) => index === stage.index);
    for (const { operation } of planned.flatMap(({ steps }) => steps)) {
      // A base is shared with other stages, and it is never done.
      if (operation.kind === 'source') continue;
      found.add(operation);
      if (operation.kind === 'merge') found.add(operation.upper);
    }
  }
  const known = new Map<Operation, boolean>();
  const isUncached = (operation: Operation): boolean => {
    let answer = known.get(operation);
    if (answer === undefined) {
      answer = found.has(operation) || ('input' in operation && isUncached(operation.input));
      known.set(operation, answer);
    }
    return answer;
  };
  return isUncached;
}

function unknown(text: string, { dockerfile }: JoinedPlan): DecantError {
  const names = dockerfile.stages.flatMap(({ name }) => name ?? []);
  return new DecantError('STAGE_UNKNOWN', `--no-cache-filter: ${dockerfile.file} has no stage "${text}"`, {
    hint: didYouMean(text, names) ?? (names.length > 0 ? `its stages are: ${names.join(', ')}` : undefined),
  });
}
