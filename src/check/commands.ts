/**
 * The simple commands in a shell's text, as far as checks need them: split where the shell would begin another command,
 * words without their quotes. Nothing is expanded; what is hidden in variables or in `sh -c` stays hidden.
 */

/** Each command as its words, assignments and `sudo` in front left out. */
export function simpleCommands(text: string): readonly (readonly string[])[] {
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | undefined;
  const endWord = (): void => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = (): void => {
    endWord();
    if (words.length > 0) commands.push(words);
    words = [];
  };
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === "'" || character === '"') {
      const end = text.indexOf(character, index + 1);
      word = (word ?? '') + text.slice(index + 1, end < 0 ? text.length : end);
      index = end < 0 ? text.length : end;
    } else if (character === '\\') {
      index += 1;
      if (text.charAt(index) !== '\n') word = (word ?? '') + text.charAt(index);
    } else if (';&|\n(){}'.includes(character)) endCommand();
    else if (/\s/.test(character)) endWord();
    else word = (word ?? '') + character;
  }
  endCommand();
  return commands.map(withoutPrefix).filter((command) => command.length > 0);
}

const PREFIX = /^(?:\w+=.*|sudo|exec|time|then|do|else|!)$/s;

function withoutPrefix(words: readonly string[]): readonly string[] {
  const first = words.findIndex((word) => !PREFIX.test(word));
  return first < 0 ? [] : words.slice(first);
}

/** The name of a command's program, without the folders that lead to it. */
export function programOf(command: readonly string[]): string {
  return (command[0] ?? '').split('/').at(-1) ?? '';
}

/** The words that are no options. */
export function operandsOf(command: readonly string[]): readonly string[] {
  return command.slice(1).filter((word) => !word.startsWith('-'));
}
