/** What tells some programs by their contents, whatever their files are called. */
import type { ScanWord } from '../scan/scanner.ts';

export interface Marker extends ScanWord {
  /** As the table of programs has it. */
  readonly program: string;
}

export const MARKERS: readonly Marker[] = [
  {
    // Its table of names, which is what is looked for: all applets are in the match.
    program: 'busybox',
    word: '[\0[[\0',
    pattern: /\[\0\[\[\0(?:[\w.[-]{1,32}\0){8,1000}/y,
    before: 0,
    after: 8000,
  },
  { program: 'bash', word: '@(#)Bash version', pattern: /@\(#\)Bash version \d/y, before: 0, after: 32 },
  { program: 'zsh', word: 'zsh/zutil', pattern: /zsh\/zutil\0/y, before: 0, after: 16 },
];
