/**
 * The debug variants' tools: /busybox with a link for each program that busybox can be, so that they are found by
 * PATH and by nothing else (there is still no /bin/sh).
 */
import { appletsOf } from '../../inspect/applets.ts';
import type { Hook } from './hook.ts';
import { linkEntry } from './entries.ts';

const DIRECTORY = 'busybox';

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
