/**
 * The search. It walks the dependencies as apt does, depth first from the requests: what something selected already
 * satisfies is left alone, otherwise the first option that is not known to be impossible is selected and its own
 * dependencies come next. What is known grows by unit propagation: when all but one way to meet a constraint are shut,
 * that one is taken, so most dead ends are seen before they are entered.
 *
 * A dead end is analysed back to the decision that it hangs on (conflict-driven learning up to the first unique
 * implication point), what it teaches is written down as one more constraint, and the walk begins anew. No combination
 * is tried twice, so the search ends, in an answer or in a proof that there is none; and the answer is a function of
 * the constraints alone. What was implied on the way but never walked to is not part of the answer.
 */
import type { Choice, Constraint, Problem } from './problem.ts';

export type Outcome =
  | { readonly kind: 'found'; readonly selected: readonly Choice[] }
  /** The constraints that no selection meets. */
  | { readonly kind: 'impossible'; readonly because: readonly Constraint[] }
  /** The bound was reached before an end. */
  | { readonly kind: 'exhausted' };

/**
 * Constraints judged in all attempts together, each counted with its length. The largest desktops need some hundred
 * thousand; the bound is reached within seconds.
 */
const MAX_STEPS = 20_000_000;

export function search(problem: Problem): Outcome {
  const effort = { steps: 0 };
  while (effort.steps < MAX_STEPS) {
    const state = startOver(problem, effort);
    const end = walk(problem, state);
    if (end.kind === 'found' || end.kind === 'exhausted') return end;
    if (state.level === 0) return { kind: 'impossible', because: proofOf(problem, end.constraint) };
    problem.learn(lesson(state, end.constraint));
  }
  return { kind: 'exhausted' };
}

interface State {
  /** Choices in the order in which they were settled. */
  readonly trail: Choice[];
  level: number;
  /** A constraint that can no longer be met. */
  deadEnd: Constraint | undefined;
  readonly effort: { steps: number };
}

type Walked =
  | { readonly kind: 'found'; readonly selected: readonly Choice[] }
  | { readonly kind: 'dead end'; readonly constraint: Constraint }
  | { readonly kind: 'exhausted' };

function startOver(problem: Problem, effort: State['effort']): State {
  for (const choice of problem.choices()) {
    choice.selected = undefined;
    choice.reason = undefined;
  }
  return { trail: [], level: 0, deadEnd: undefined, effort };
}

function walk(problem: Problem, state: State): Walked {
  state.effort.steps += problem.constraints.length;
  const certain = problem.constraints.filter(({ given, wanted }) => given.length + wanted.length <= 1);
  const selected = new Set<Choice>();
  state.deadEnd = propagate(problem, state, [...problem.requests, ...certain]);
  /** What is newly selected to meet the constraint; undefined where it is met already. */
  const take = ({ wanted }: Constraint): Choice | undefined => {
    if (wanted.some((choice) => selected.has(choice))) return undefined;
    const choice = wanted.find((one) => one.selected !== false);
    if (!choice) throw new Error('a constraint that cannot be met was not noticed');
    if (choice.selected === undefined) {
      state.level += 1;
      state.deadEnd = settle(problem, state, choice, true, undefined);
    }
    selected.add(choice);
    return choice;
  };
  // Everything that was asked for is selected before any of its dependencies is looked at.
  const open = [...problem.requests];
  const asked: Choice[] = [];
  for (let next = open.shift(); next && !state.deadEnd; next = open.shift()) {
    const choice = take(next);
    if (choice) asked.push(choice);
  }
  for (const choice of asked.toReversed()) open.push(...problem.expand(choice).toReversed());
  for (let next = open.pop(); next && !state.deadEnd; next = open.pop()) {
    const choice = take(next);
    if (choice) open.push(...problem.expand(choice).toReversed());
    if (state.effort.steps >= MAX_STEPS) return { kind: 'exhausted' };
  }
  if (state.deadEnd) return { kind: 'dead end', constraint: state.deadEnd };
  return { kind: 'found', selected: [...selected] };
}

/** Settles a choice and all that follows; gives the constraint that cannot be met then, if there is one. */
function settle(
  problem: Problem,
  state: State,
  choice: Choice,
  selected: boolean,
  reason: Constraint | undefined,
): Constraint | undefined {
  record(state, choice, selected, reason);
  return propagate(problem, state, touched(problem, choice));
}

function record(state: State, choice: Choice, selected: boolean, reason: Constraint | undefined): void {
  choice.selected = selected;
  choice.reason = reason;
  choice.level = state.level;
  state.trail.push(choice);
}

function propagate(problem: Problem, state: State, from: readonly Constraint[]): Constraint | undefined {
  const queue = [...from];
  for (let at = 0; at < queue.length; at += 1) {
    const constraint = queue[at];
    if (!constraint) break;
    state.effort.steps += constraint.given.length + constraint.wanted.length;
    const verdict = judge(constraint);
    if (verdict === 'unmet') return constraint;
    if (verdict === 'open') continue;
    record(state, verdict.choice, verdict.selected, constraint);
    for (const next of touched(problem, verdict.choice)) queue.push(next);
  }
  return undefined;
}

/** What may have become certain, or impossible, by a choice that was settled just now. */
function touched(problem: Problem, choice: Choice): readonly Constraint[] {
  const before = problem.constraints.length;
  if (choice.selected) problem.expand(choice);
  return [...problem.constraints.slice(before), ...choice.constraints];
}

type Verdict = 'open' | 'unmet' | { readonly choice: Choice; readonly selected: boolean };

/** Whether only one way is left to meet a constraint, none, or more (or it is met already). */
function judge({ given, wanted }: Constraint): Verdict {
  let left: Choice | undefined;
  let selected = false;
  for (const choice of given) {
    if (choice.selected === false) return 'open';
    if (choice.selected === true) continue;
    if (left) return 'open';
    left = choice;
  }
  for (const choice of wanted) {
    if (choice.selected === true) return 'open';
    if (choice.selected === false) continue;
    if (left) return 'open';
    left = choice;
    selected = true;
  }
  return left ? { choice: left, selected } : 'unmet';
}

/** What the dead end teaches: replaces what was implied since the last decision by its reasons, until one is left. */
function lesson(state: State, deadEnd: Constraint): Constraint {
  const involved = new Set(choicesOf(deadEnd));
  const from = [deadEnd];
  const latest = Math.max(...[...involved].map((choice) => choice.level));
  for (const choice of state.trail.toReversed()) {
    if (!involved.has(choice) || choice.level !== latest) continue;
    const { reason } = choice;
    const others = [...involved].some((other) => other !== choice && other.level === latest);
    if (!others || !reason) break;
    from.push(reason);
    involved.delete(choice);
    for (const other of choicesOf(reason)) if (other !== choice) involved.add(other);
  }
  return {
    given: [...involved].filter((choice) => choice.selected === true),
    wanted: [...involved].filter((choice) => choice.selected === false),
    origin: { kind: 'learned', from },
  };
}

/** All that a dead end without any decision rests on, with what was learned traced back to where it is from. */
function proofOf(problem: Problem, deadEnd: Constraint): readonly Constraint[] {
  const proof = new Set([deadEnd]);
  for (const constraint of proof)
    for (const { reason } of choicesOf(constraint)) if (reason) proof.add(reason);
  for (const { origin } of proof)
    if (origin.kind === 'learned') for (const one of origin.from) proof.add(one);
  return problem.constraints.filter((one) => proof.has(one) && one.origin.kind !== 'learned');
}

function choicesOf({ given, wanted }: Constraint): readonly Choice[] {
  return [...given, ...wanted];
}
