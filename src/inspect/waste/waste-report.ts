/** What of an image's layers nobody can see, what caused it, and what is there more than once: plain data to be shown. */
import type { ImageView } from '../image/image-view.ts';
import { diveFigures, type DiveFigures } from './dive.ts';
import { type Duplicate, findDuplicates } from './duplicates.ts';
import { type Bytes, type Hidden, type HiddenFile, wasteOf } from './waste.ts';

/** Layers are counted from 0, the lowest; paths have no leading slash; sizes are bytes of files. */
export interface WasteReport extends Bytes {
  readonly layers: readonly Bytes[];
  /** Which layer hid how much, and what that layer was made by; the largest first. */
  readonly causes: readonly Cause[];
  /** The largest files that are hidden, some of all. */
  readonly largest: readonly HiddenRow[];
  /** Bytes of shadowed files whose successor has the same content: copied for a new owner, mode or time alone. */
  readonly unchanged: number;
  readonly duplicates: {
    readonly wasted: number;
    /** How many there are. */
    readonly count: number;
    /** Those that waste most, some of all. */
    readonly groups: readonly Duplicate[];
  };
  readonly dive: DiveFigures;
}

export interface Cause {
  readonly by: number;
  readonly how: Hidden;
  readonly bytes: number;
  readonly files: number;
  /** What made the layer that hid them; absent where the history does not say. */
  readonly instruction?: string | undefined;
}

export interface HiddenRow {
  readonly path: string;
  readonly size: number;
  readonly layer: number;
  readonly by: number;
  readonly how: Hidden;
  /** Its successor has the same content. */
  readonly unchanged: boolean;
}

const MOST_FILES = 100;
const MOST_GROUPS = 100;

/** Reads the layers that have files of one size more than once, the first time. Throws what reading them throws. */
export async function wasteReport(image: ImageView): Promise<WasteReport> {
  const layers = await Promise.all(image.layers.map((layer) => layer.entries()));
  const waste = wasteOf(layers, await image.tree());
  const { groups, wasted, unchanged, unchangedBytes } = await findDuplicates(image, waste);
  const isUnchanged = new Set(unchanged);
  const { total, visible, shadowed, deleted } = waste;
  return {
    total,
    visible,
    shadowed,
    deleted,
    layers: waste.layers,
    causes: causesOf(waste.hidden, image),
    largest: waste.hidden.slice(0, MOST_FILES).map((hidden) => {
      const { file, layer, by, how } = hidden;
      return { path: file.path, size: file.size, layer, by, how, unchanged: isUnchanged.has(hidden) };
    }),
    unchanged: unchangedBytes,
    duplicates: { wasted, count: groups.length, groups: groups.slice(0, MOST_GROUPS) },
    dive: diveFigures(layers),
  };
}

function causesOf(hidden: readonly HiddenFile[], { layers }: ImageView): readonly Cause[] {
  const causes = new Map<string, { by: number; how: Hidden; bytes: number; files: number }>();
  for (const { file, by, how } of hidden) {
    const key = `${by} ${how}`;
    const cause = causes.get(key) ?? { by, how, bytes: 0, files: 0 };
    cause.bytes += file.size;
    cause.files += 1;
    causes.set(key, cause);
  }
  return [...causes.values()]
    .sort((a, b) => b.bytes - a.bytes || a.by - b.by)
    .map((cause) => ({ ...cause, instruction: layers[cause.by]?.step?.instruction }));
}
