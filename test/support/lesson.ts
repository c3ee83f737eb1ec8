/** The commands of docs/lesson.md, with what stands there that they say. */

export interface LessonCommand {
  readonly command: string;
  readonly says: string;
}

/** From the blocks marked `console`: a line with `$ ` in front is a command, what follows is what it says. */
export function lessonCommands(text: string): readonly LessonCommand[] {
  const blocks = [...text.matchAll(/^```console\n(.*?)^```$/gms)].map(([, block = '']) => block);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const end = part.indexOf('\n');
        return { command: part.slice(0, end), says: part.slice(end + 1) };
      }),
  );
}

/** What varies from one machine or one day to the next, as the lesson says it: what is put in its place, and where. */
const VARIES: readonly (readonly [pattern: RegExp, word: string])[] = [
  [/sha256:[0-9a-f]{64}/g, 'DIGEST'],
  [/\b\d[\d.]* (?:B|kB|MB|GB)(?= |$)/gm, 'SIZE'],
  [/\b(?:\d+m \d\d|\d+\.\d)s\b/g, 'TIME'],
  [/\bjust now\b|\b\d+ (?:second|minute|hour|day|week|month|year)s? ago\b/g, 'AGE'],
];

const COUNTS = /^decant (?:audit|compare) /;

/** The text without what varies; columns move with it, so spaces count as one. */
export function steady({ command }: LessonCommand, text: string): string {
  const known = VARIES.reduce((result, [pattern, word]) => result.replaceAll(pattern, word), text);
  const counted = COUNTS.test(command) ? known.replaceAll(/\b\d+\.\d+\b|\b\d{2,}\b/g, 'NUMBER') : known;
  return counted.replaceAll(/ +/g, ' ').replaceAll(/ $/gm, '').trim();
}
