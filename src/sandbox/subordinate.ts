/** Ranges of subordinate ids (subuid(5), subgid(5)): `name-or-uid:first:count` lines. Pure. */

export interface IdRange {
  readonly outside: number;
  readonly count: number;
}

/** The largest range of the user, the first of several as large; undefined without any. */
export function subordinateRange(text: string, uid: number, name: string | undefined): IdRange | undefined {
  let best: IdRange | undefined;
  for (const line of text.split('\n')) {
    const match = /^([^:#]+):(\d{1,10}):(\d{1,10})\s*$/.exec(line.trim());
    if (!match || (match[1] !== name && match[1] !== String(uid))) continue;
    const range = { outside: Number(match[2]), count: Number(match[3]) };
    if (range.count > (best?.count ?? 0)) best = range;
  }
  return best;
}
