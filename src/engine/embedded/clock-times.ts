/**
 * Times of the clock, told from a source's own. What a step writes carries the time of writing, and `readUpper` marks
 * that. But a file that an earlier step wrote, and this one moves or changes the mode of, is copied with the earlier
 * step's time; it is known by that time being exactly one that a layer below has marked. Most often it is the time of
 * what stands at the same path below, a directory in which something was written: then nothing else is looked at.
 */
import type { Entry, Layer } from '../../tree/entry.ts';
import { stack } from '../../tree/tree.ts';

const known = new WeakMap<Layer, ReadonlySet<number>>();

/** Entries whose times are the clock's marked so, given the layers below. */
export function markClockTimes(entries: readonly Entry[], below: readonly Layer[]): readonly Entry[] {
  const tree = stack(below);
  return entries.map((entry) => {
    if (entry.clock || entry.type === 'whiteout') return entry;
    const time = microseconds(entry);
    const same = tree.get(entry.path);
    const isClock =
      same && microseconds(same) === time ? same.clock : below.some((layer) => clockTimes(layer).has(time));
    return isClock ? { ...entry, clock: true } : entry;
  });
}

function clockTimes(layer: Layer): ReadonlySet<number> {
  let times = known.get(layer);
  if (!times) {
    times = new Set(layer.entries.filter((entry) => entry.clock && entry.mtime !== 0).map(microseconds));
    known.set(layer, times);
  }
  return times;
}

/** What is the same in a layer's index, in a tar header and on a disk, none of which round alike below that. */
function microseconds(entry: Entry): number {
  return Math.round(entry.mtime * 1e6);
}
