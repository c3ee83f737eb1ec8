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

const PROGRESS_MODES = ['auto', 'tty', 'plain', 'quiet', 'json'];

export const progressOption = (): Option =>
  new Option('--progress <mode>', 'how progress is shown').choices(PROGRESS_MODES).default('auto');

/** As `docker buildx build` has it, with the variable that chooses for every build. */
export function buildProgressOption(): Option {
  const modes = [...PROGRESS_MODES, 'none'];
  const option = progressOption().choices(modes).env('BUILDKIT_PROGRESS');
  return option.argParser((value: string) => {
    // A variable of the environment may be there and empty.
    if (value === '') return 'auto';
    if (modes.includes(value)) return value;
    const raw = "rawjson is BuildKit's own form; --progress json gives the events of docs/progress.md.";
    const known = `Allowed choices are ${modes.join(', ')}.`;
    throw new InvalidArgumentError(value === 'rawjson' ? raw : known);
  });
}

export const formatOption = (): Option =>
  new Option('--format <format>', 'how the answer is written').choices(['text', 'json']).default('text');
