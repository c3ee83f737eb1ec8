/** What the flags of several commands are made of. */
import { InvalidArgumentError, Option } from 'commander';

export type Run = (...args: never[]) => Promise<number | void>;

/** An action that loads its command's module when it is the one asked for, and runs what that exports as `command`. */
export type Lazily = (load: () => Promise<{ command: Run }>) => (...args: unknown[]) => Promise<void>;

/** Gathers the values of a flag that may be repeated. */
export const collect = (value: string, previous: readonly string[] = []): readonly string[] => [
  ...previous,
  value,
];

const PROGRESS_MODES = ['auto', 'tty', 'plain', 'quiet', 'none', 'json'];

export function progressOption(): Option {
  const option = new Option('--progress <mode>', 'how progress is shown')
    .choices(PROGRESS_MODES)
    .default('auto');
  return option.argParser((value: string) => {
    // A variable of the environment may be there and empty.
    if (value === '') return 'auto';
    if (PROGRESS_MODES.includes(value)) return value;
    const raw = "rawjson is BuildKit's own form; --progress json gives the events of docs/progress.md.";
    const known = `Allowed choices are ${PROGRESS_MODES.join(', ')}.`;
    throw new InvalidArgumentError(value === 'rawjson' ? raw : known);
  });
}

export const formatOption = (): Option =>
  new Option('--format <format>', 'how the answer is written').choices(['text', 'json']).default('text');
