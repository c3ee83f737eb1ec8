/** Types and permissions as `ls -l` writes them. */
import type { Node } from '../../tree/entry.ts';

const LETTERS: Readonly<Record<Node['type'], string>> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  char: 'c',
  block: 'b',
  fifo: 'p',
};

/** `-rwsr-xr-x`; a plus behind it for extended attributes. */
export function formatMode({ type, mode, xattrs }: Pick<Node, 'type' | 'mode' | 'xattrs'>): string {
  const triple = (shift: number, special: number, letter: string): string => {
    const bits = mode >> shift;
    const mayRun = (bits & 1) !== 0;
    const last = mode & special ? (mayRun ? letter : letter.toUpperCase()) : mayRun ? 'x' : '-';
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${last}`;
  };
  const plus = xattrs && Object.keys(xattrs).length > 0 ? '+' : '';
  return `${LETTERS[type]}${triple(6, 0o4000, 's')}${triple(3, 0o2000, 's')}${triple(0, 0o1000, 't')}${plus}`;
}

/** `0644` */
export function octalMode(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
