/** The names that a program has which is many programs in one: busybox, and those that are made like it. */

const MAX_APPLETS = 1000;
/** How busybox's table begins: the names are sorted, each ended by a zero byte, an empty one last. */
const BEGINNING = '[\0[[\0';

/** Names that busybox answers to, by the table in it; none for any other program. */
export function appletsOf(program: Uint8Array): readonly string[] {
  const bytes = Buffer.from(program.buffer, program.byteOffset, program.byteLength);
  const names: string[] = [];
  for (let at = bytes.indexOf(BEGINNING, 0, 'latin1'); at >= 0 && names.length < MAX_APPLETS;) {
    const end = bytes.indexOf(0, at);
    const name = bytes.toString('latin1', at, end);
    const previous = names.at(-1);
    if (end < 0 || !/^[\w.[-]{1,32}$/.test(name) || (previous !== undefined && name <= previous)) break;
    names.push(name);
    at = end + 1;
  }
  return names;
}

/** Of the names that are asked about, those that stand in a program as texts of their own: for toybox and coreutils. */
export function namesInside(program: Uint8Array, isAsked: (name: string) => boolean): readonly string[] {
  const text = Buffer.from(program.buffer, program.byteOffset, program.byteLength).toString('latin1');
  const names = new Set<string>();
  for (const [name] of text.matchAll(/(?<=\0)[a-z][a-z0-9_.-]{0,31}(?=\0)/g)) {
    if (isAsked(name)) names.add(name);
  }
  return [...names].sort().slice(0, MAX_APPLETS);
}
