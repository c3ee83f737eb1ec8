/**
 * The debug variants' tools: /busybox with a link for each program that busybox can be, so that they are found by
 * PATH and by nothing else (there is still no /bin/sh).
 */
import type { Hook } from './hook.ts';
import { linkEntry } from './entries.ts';

const DIRECTORY = 'busybox';
const MAX_APPLETS = 1000;

export const busybox: Hook = {
  name: 'busybox',
  reason: 'busybox is one program with many names; the debug variants have the names in /busybox',
  packages: ['busybox-static'],
  async apply({ read, time }) {
    const program = await read('usr/bin/busybox');
    if (!program) return [];
    return [...new Set(['busybox', ...appletsOf(program)])].map((name) =>
      linkEntry(`${DIRECTORY}/${name}`, '/usr/bin/busybox', time),
    );
  },
};

/** The table of names in the program: sorted, each ended by a zero byte, `[` and `[[` first, an empty one last. */
export function appletsOf(program: Uint8Array): readonly string[] {
  const bytes = Buffer.from(program.buffer, program.byteOffset, program.byteLength);
  const names: string[] = [];
  for (let at = bytes.indexOf('[\0[[\0', 0, 'latin1'); at >= 0 && names.length < MAX_APPLETS;) {
    const end = bytes.indexOf(0, at);
    const name = bytes.toString('latin1', at, end);
    const previous = names.at(-1);
    if (end < 0 || !/^[\w.[-]{1,32}$/.test(name) || (previous !== undefined && name <= previous)) break;
    names.push(name);
    at = end + 1;
  }
  return names;
}
