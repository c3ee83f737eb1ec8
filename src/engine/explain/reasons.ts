/** Why a step was carried out, or not: what it depends on now, beside what it depended on the last time. Pure. */
import type { KnownStep, StepInputs, TakenFiles } from './inputs.ts';

export interface Explained {
  readonly outcome: 'cached' | 'done' | 'unneeded';
  /** Asked for by a flag. */
  readonly isForced: boolean;
  readonly now: StepInputs | undefined;
  /** The same step of the last build; absent where there was none. */
  readonly before: KnownStep | undefined;
  /** Whether there was a last build at all. */
  readonly hasPrevious: boolean;
  /** What the step stands on, as a text with its line. */
  readonly parent: string | undefined;
  readonly filesOf: (content: string) => TakenFiles | undefined;
}

/** Changes of one kind that are listed; the rest is counted. */
const MAX_LISTED = 8;
const MAX_TEXT = 80;

/** One line each; the first of a step that ran says what matters most. */
export function reasons(step: Explained): readonly string[] {
  const { outcome, now, before, isForced, hasPrevious } = step;
  if (outcome === 'unneeded' || !now) return ['nothing needed it: what follows was in the cache'];
  if (outcome === 'cached')
    return [
      before?.key === now.key
        ? 'nothing that it depends on has changed'
        : 'an earlier build had the same inputs',
    ];
  if (isForced) return ['it was asked for: --no-cache or --no-cache-filter'];
  if (!hasPrevious)
    return ['it is the first build of this Dockerfile, context and target that is remembered'];
  if (!before) return ['the last build had no such step'];
  const changes = [...partChanges(before, now), ...fileChanges(step, before, now)];
  if (before.parent !== now.parent)
    changes.push(`it stands on ${step.parent ?? 'a base'}, which is not what it was`);
  return changes.length > 0
    ? changes
    : ['nothing has changed, but its result is not in the cache: it was removed, or does not read'];
}

function partChanges(before: StepInputs, now: StepInputs): string[] {
  const names = [...new Set([...Object.keys(before.parts), ...Object.keys(now.parts)])].sort();
  return listed(
    names.flatMap((name) => {
      const [old, next] = [before.parts[name], now.parts[name]];
      if (old === next) return [];
      if (old === undefined) return [`${name} is new: ${quoted(next ?? '')}`];
      return [next === undefined ? `${name} is gone` : `${name} was ${quoted(old)} and is ${quoted(next)}`];
    }),
    'other parts of it',
  );
}

function fileChanges({ filesOf }: Explained, before: StepInputs, now: StepInputs): string[] {
  return now.taken.flatMap(({ label, content }) => {
    const old = before.taken.find((each) => each.label === label)?.content;
    if (old === content || content === undefined || old === undefined) return [];
    const [was, is] = [filesOf(old), filesOf(content)];
    if (!was || !is) return [`the files of ${label} have changed`];
    const paths = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort();
    const changed = paths.flatMap((path) => {
      const place = `${label}: ${JSON.stringify(path)}`;
      if (was[path] === is[path]) return [];
      if (was[path] === undefined) return [`${place} is new`];
      return [is[path] === undefined ? `${place} is gone` : `${place} was ${was[path]} and is ${is[path]}`];
    });
    return changed.length > 0
      ? listed(changed, `other files of ${label}`)
      : [`the files of ${label} have changed`];
  });
}

function listed(lines: readonly string[], rest: string): string[] {
  if (lines.length <= MAX_LISTED) return [...lines];
  return [...lines.slice(0, MAX_LISTED), `and ${lines.length - MAX_LISTED} ${rest}`];
}

function quoted(text: string): string {
  return JSON.stringify(text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
}
