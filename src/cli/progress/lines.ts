/**
 * Cuts the output of a process, which comes in pieces, into lines. A line that the process rewrites in place with
 * carriage returns (a progress bar) counts once, in its last form: a log of every frame helps nobody.
 */

// A process that never ends its line must not fill the memory; what is longer is shown as several lines.
const LONGEST_LINE = 16_384;

export interface CutLines {
  readonly lines: readonly string[];
  /** What came after the last line feed, to be handed in again with the next piece. */
  readonly rest: string;
}

/** `rest` is what the last call returned (`''` at first), `text` the new piece. */
export function cutLines(rest: string, text: string): CutLines {
  const pieces = (rest + text).split('\n');
  const open = openForm(pieces.pop() ?? '');
  const lines = pieces.map(lastForm).flatMap(inBounds);
  if (open.length <= LONGEST_LINE) return { lines, rest: open };
  const parts = inBounds(open);
  return { lines: [...lines, ...parts.slice(0, -1)], rest: parts.at(-1) ?? '' };
}

/** The line that is left when the output ends without a line feed: none, or one. */
export function lastLine(rest: string): readonly string[] {
  const line = lastForm(rest);
  return line === '' ? [] : [line];
}

function lastForm(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === '\r') end -= 1;
  return line.slice(line.lastIndexOf('\r', end - 1) + 1, end);
}

/** As `lastForm`, but a return at the end stays: a line feed, or the next form of the line, may follow it. */
function openForm(line: string): string {
  return line.endsWith('\r') ? `${lastForm(line)}\r` : line.slice(line.lastIndexOf('\r') + 1);
}

function inBounds(line: string): readonly string[] {
  if (line.length <= LONGEST_LINE) return [line];
  const parts: string[] = [];
  for (let at = 0; at < line.length; at += LONGEST_LINE) parts.push(line.slice(at, at + LONGEST_LINE));
  return parts;
}
