/**
 * Files gathered into a tree of areas, small enough to be drawn and looked at: chains of folders become one area, and
 * what is too small to be seen becomes one area a folder, so that a map of a hundred thousand files is as light as one
 * of a thousand, and the areas still add up to the whole.
 *
 * In a sorted list of paths a folder is a range, and with running sums the size of a range is a subtraction: folders
 * that are too small are never looked into.
 */

export interface Area {
  readonly name: string;
  /** Bytes, those below included. */
  readonly size: number;
  readonly files: number;
  /** Bytes of files that a later layer hides. */
  readonly hidden: number;
  /** What it is coloured by: the number of the branch it is part of; none for what is around branches. */
  readonly tone: number | undefined;
  /** Several things in one, too small to be shown apart. */
  readonly isRest: boolean;
  readonly children: readonly Area[];
}

export interface MapFile {
  readonly path: string;
  readonly size: number;
  readonly isHidden: boolean;
}

/**
 * @param groups Files by the name of the area they are in, sorted by path; those of '' are in none.
 * @param most Areas that the result may have, about.
 */
export function gather(name: string, groups: ReadonlyMap<string, readonly MapFile[]>, most: number): Area {
  const sections = [...groups].map(([label, files]) => ({ label, range: rangeOf(files) }));
  const size = sections.reduce((sum, { range }) => sum + sizeOf(range), 0);
  // What is smaller than one of `most` equal areas is hardly seen; in deep trees it takes larger ones to keep to `most`.
  for (let least = size / most; ; least *= 2) {
    const limits = { least, budget: { left: most * 2 } };
    const ranges = sections.flatMap(({ label, range }) =>
      label === '' ? childrenOf(range) : [{ name: label, range, isGroup: true }],
    );
    const children = shown(ranges, limits, 0);
    if (limits.budget.left < 0 && least < size) continue;
    const sum = (of: 'size' | 'files' | 'hidden'): number =>
      children.reduce((total, area) => total + area[of], 0);
    const figures = { size: sum('size'), files: sum('files'), hidden: sum('hidden') };
    return withTones({ name, ...figures, tone: undefined, isRest: false, children });
  }
}

/** Deeper ones are drawn as one area: nobody sees a folder inside of twenty frames. */
const MAX_DEPTH = 20;

/** Files `from` up to `to` of a sorted list: what is below a folder whose path has `depth` characters, slash included. */
interface Range {
  readonly list: Sorted;
  readonly from: number;
  readonly to: number;
  readonly depth: number;
}

interface Sorted {
  readonly files: readonly MapFile[];
  /** Of all files before each. */
  readonly sizes: Float64Array;
  readonly hidden: Float64Array;
}

interface Named {
  readonly name: string;
  readonly range: Range;
  /** Its name is no part of a path. */
  readonly isGroup?: boolean;
}

interface Limits {
  readonly least: number;
  readonly budget: { left: number };
}

function rangeOf(given: readonly MapFile[]): Range {
  const files = given.filter(({ size }) => size > 0);
  const sizes = new Float64Array(files.length + 1);
  const hidden = new Float64Array(files.length + 1);
  files.forEach(({ size, isHidden }, at) => {
    sizes[at + 1] = (sizes[at] ?? 0) + size;
    hidden[at + 1] = (hidden[at] ?? 0) + (isHidden ? size : 0);
  });
  return { list: { files, sizes, hidden }, from: 0, to: files.length, depth: 0 };
}

function sizeOf({ list, from, to }: Range): number {
  return (list.sizes[to] ?? 0) - (list.sizes[from] ?? 0);
}

function childrenOf({ list, from, to, depth }: Range): readonly Named[] {
  const children: Named[] = [];
  for (let at = from; at < to;) {
    const { path } = list.files[at] as MapFile;
    const slash = path.indexOf('/', depth);
    const end = slash < 0 ? at + 1 : endOf(list.files, path.slice(0, slash), at, to);
    const name = path.slice(depth, slash < 0 ? undefined : slash);
    children.push({ name, range: { list, from: at, to: end, depth: slash < 0 ? path.length : slash + 1 } });
    at = end;
  }
  return children;
}

/** The first file after those below a folder: "0" follows "/". */
function endOf(files: readonly MapFile[], folder: string, from: number, to: number): number {
  const after = `${folder}0`;
  let [low, high] = [from + 1, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((files[middle] as MapFile).path < after) low = middle + 1;
    else high = middle;
  }
  return low;
}

function shown(children: readonly Named[], limits: Limits, depth: number): Area[] {
  const areas: Area[] = [];
  const small: Named[] = [];
  for (const child of children) {
    if (sizeOf(child.range) < limits.least) small.push(child);
    else areas.push(areaOf(child, limits, depth));
    if (limits.budget.left < 0) return areas;
  }
  const [first] = small;
  if (first && small.length === 1) areas.push(leaf(first));
  else if (first) areas.push(restOf(small));
  limits.budget.left -= 1;
  return areas.sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
}

function areaOf(named: Named, limits: Limits, depth: number): Area {
  limits.budget.left -= 1;
  const { name, children } = named.isGroup ? { ...named, children: childrenOf(named.range) } : chained(named);
  const isFolder = (named.isGroup || children.length > 1) && depth < MAX_DEPTH;
  return { ...leaf({ ...named, name }), children: isFolder ? shown(children, limits, depth + 1) : [] };
}

/** A folder with nothing but one thing in it is one area with that. What a path ends with has no name left. */
function chained({ name, range }: Named): { readonly name: string; readonly children: readonly Named[] } {
  const names = [name];
  let children = childrenOf(range);
  for (;;) {
    const [only] = children;
    if (children.length !== 1 || !only?.name) return { name: names.join('/'), children };
    names.push(only.name);
    children = childrenOf(only.range);
  }
}

function leaf({ name, range }: Named): Area {
  const { list, from, to } = range;
  const hidden = (list.hidden[to] ?? 0) - (list.hidden[from] ?? 0);
  return {
    name,
    size: sizeOf(range),
    files: to - from,
    hidden,
    tone: undefined,
    isRest: false,
    children: [],
  };
}

function restOf(small: readonly Named[]): Area {
  const areas = small.map(leaf);
  const sum = (of: 'size' | 'files' | 'hidden'): number => areas.reduce((total, area) => total + area[of], 0);
  const figures = { size: sum('size'), files: sum('files'), hidden: sum('hidden') };
  return { name: `${small.length} smaller`, ...figures, tone: undefined, isRest: true, children: [] };
}

/**
 * Colours tell branches apart, so there have to be some: as long as there are fewer than colours, the largest one is
 * taken apart into what is in it, unless it is no larger than its share.
 */
function withTones(root: Area): Area {
  const branches = new Set(root.children);
  while (branches.size < BRANCHES) {
    const largest = [...branches].reduce<Area | undefined>(
      (most, area) => (area.children.length > 0 && area.size > (most?.size ?? 0) ? area : most),
      undefined,
    );
    if (!largest || largest.size * 4 < root.size) break;
    branches.delete(largest);
    for (const child of largest.children) branches.add(child);
  }
  const ordered = [...branches].sort((a, b) => b.size - a.size);
  const tones = new Map(ordered.map((area, index) => [area, index]));
  const paint = (area: Area, tone: number | undefined): Area => {
    const own = tone ?? tones.get(area);
    return { ...area, tone: own, children: area.children.map((child) => paint(child, own)) };
  };
  return paint(root, undefined);
}

const BRANCHES = 8;
