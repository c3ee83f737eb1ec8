/** What the flags of several commands are made of. */
import { Option } from 'commander';

export type Run = (...args: never[]) => Promise<number | void>;

/** An action that loads its command's module when it is the one asked for, and runs what that exports as `command`. */
export type Lazily = (load: () => Promise<{ command: Run }>) => (...args: unknown[]) => Promise<void>;

/** Gathers the values of a flag that may be repeated. */
export const collect = (value: string, previous: readonly string[] = []): readonly string[] => [
  ...previous,
  value,
];

export const progressOption = (): Option =>
  new Option('--progress <mode>', 'how progress is shown')
    .choices(['auto', 'tty', 'plain', 'quiet', 'json'])
    .default('auto');

export const formatOption = (): Option =>
  new Option('--format <format>', 'how the answer is written').choices(['text', 'json']).default('text');
