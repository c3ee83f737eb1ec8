/** Which earlier stage a name means: the last one of that name before the stage that asks. */
import type { Dockerfile, Stage } from '../instruction.ts';

const known = new WeakMap<Dockerfile, ReadonlyMap<string, readonly Stage[]>>();

export function parentOf(dockerfile: Dockerfile, stage: Stage, image: string): Stage | undefined {
  const named = byName(dockerfile).get(image.toLowerCase()) ?? [];
  // A file may have thousands of stages of one name: the last below `stage.index` is searched for by halves.
  let low = 0;
  let high = named.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((named[middle]?.index ?? 0) < stage.index) low = middle + 1;
    else high = middle;
  }
  return named[low - 1];
}

function byName(dockerfile: Dockerfile): ReadonlyMap<string, readonly Stage[]> {
  const found = known.get(dockerfile);
  if (found) return found;
  const names = new Map<string, Stage[]>();
  for (const stage of dockerfile.stages) {
    if (stage.name === undefined) continue;
    const same = names.get(stage.name);
    if (same) same.push(stage);
    else names.set(stage.name, [stage]);
  }
  known.set(dockerfile, names);
  return names;
}
