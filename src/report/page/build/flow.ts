/** What went from one stage into another, and what stayed: arithmetic for the drawing and for the table beside it. */
import type { PageBuild, PageStage } from '../data.ts';

export interface Flow {
  readonly from: number;
  readonly to: number;
  readonly paths: readonly string[];
  /** Undefined where it is not known of every COPY. */
  readonly size: number | undefined;
}

/** One for each pair of stages, in the order in which they are poured. */
export function flowsOf({ stages }: Pick<PageBuild, 'stages'>): readonly Flow[] {
  const flows = new Map<string, Flow>();
  stages.forEach((stage, to) => {
    for (const pour of stage.poured) {
      const from = stages.findIndex(({ name }) => pour.kind === 'stage' && name === pour.from);
      if (from < 0) continue;
      const key = `${from} ${to}`;
      const known = flows.get(key);
      flows.set(key, {
        from,
        to,
        paths: [...(known?.paths ?? []), ...pour.paths],
        size: known ? add(known.size, pour.size) : pour.size,
      });
    }
  });
  return [...flows.values()];
}

/** Bytes that left the stage for others, and those that did not. */
export function fateOf(
  build: Pick<PageBuild, 'stages'>,
  index: number,
): { readonly poured: number | undefined; readonly left: number | undefined } {
  const stage = build.stages[index];
  if (!stage || stage.size === undefined) return { poured: undefined, left: undefined };
  if (stage.isTarget) return { poured: 0, left: 0 };
  const out = flowsOf(build).filter(({ from }) => from === index);
  const sum = out.reduce<number | undefined>((total, { size }) => add(total, size), 0);
  // What two stages take is one and the same.
  const poured = sum === undefined ? undefined : Math.min(sum, stage.size);
  return { poured, left: poured === undefined ? undefined : stage.size - poured };
}

/** What came into a stage from anywhere but stages. */
export function broughtInto(stage: PageStage): readonly string[] {
  return [
    ...new Set(
      stage.poured
        .filter(({ kind }) => kind !== 'stage')
        .map(({ kind, from }) =>
          kind === 'context' ? (from === '' ? 'the context' : `context ${from}`) : from,
        ),
    ),
  ];
}

function add(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}
