/** What an operation stands on, for questions about the whole of it. */
import type { Operation } from '../../plan/operation.ts';

/** The operation and everything that it needs, what is needed first. */
export function operationsOf(operation: Operation): readonly Operation[] {
  const found = new Set<Operation>();
  const begun = new Set<Operation>([operation]);
  // Not recursive: a stage may have thousands of steps.
  const pending = [operation];
  for (let next = pending.at(-1); next; next = pending.at(-1)) {
    const needed = inputsOf(next).filter((input) => !begun.has(input));
    for (const input of needed) begun.add(input);
    if (needed.length > 0) pending.push(...needed.toReversed());
    else {
      found.add(next);
      pending.pop();
    }
  }
  return [...found];
}

function inputsOf(operation: Operation): readonly Operation[] {
  switch (operation.kind) {
    case 'source':
      return [];
    case 'merge':
      return [operation.input, operation.upper];
    case 'exec':
      return [
        operation.input,
        ...operation.mounts.flatMap((mount) => ('from' in mount && mount.from ? [mount.from] : [])),
      ];
    case 'file': {
      const { input, action } = operation;
      if (action.type === 'mkdir') return [input];
      return [input, ...action.sources.flatMap((source) => (source.type === 'path' ? [source.from] : []))];
    }
  }
}
