/** The process as commands see it: streams, environment, the working directory. The only door to `process`. */
import { DecantError, fromSystemError, systemCode } from '../errors.ts';
import { formatError } from './format/error.ts';
import { wantsColor } from '../report/text/color.ts';
import type { TextOptions } from '../report/text/table.ts';
import type { Terminal } from './progress/terminal.ts';
import { standardStream } from './standard-stream.ts';

/**
 * What becomes of writing that fails. A reader that has seen enough (`| head`) is no failure of an answer, and whoever
 * writes an archive notices by itself. Of messages that cannot be written there is nobody to tell.
 */
const output = standardStream({
  descriptor: 1,
  open: () => process.stdout,
  onError(error) {
    if (systemCode(error) === 'EPIPE') return;
    unwritten ??= error;
    // A pipe takes its time: this may come after everything else is done.
    if (isEnded) tellUnwritten();
  },
});

const messages = standardStream({ descriptor: 2, open: () => process.stderr, onError: () => {} });

/** The status that the program ends with once all is written. */
export function endWith(status: number): void {
  isEnded = true;
  process.exitCode = status;
  if (status === 0 && unwritten !== undefined) tellUnwritten();
  // Nothing is left to be done then, and taking the heap apart, piece by piece, would be a twentieth of a short command.
  process.once('beforeExit', () => process.exit());
}

let unwritten: unknown;
let isEnded = false;

function tellUnwritten(): void {
  const known = fromSystemError(unwritten, 'writing standard output');
  printError(
    known === unwritten
      ? new DecantError('FILE_UNWRITABLE', 'cannot write standard output', { cause: unwritten })
      : known,
  );
  process.exitCode = 1;
}

/** A result, on standard output. */
export function print(text: string): void {
  output.write(text === '' || text.endsWith('\n') ? text : `${text}\n`);
}

/** A message, on standard error. */
export function tell(text: string): void {
  messages.write(`${text}\n`);
}

export function printError(error: unknown): void {
  const color = wantsColor(process.env, messages.isTerminal());
  tell(formatError(error, { color, debug: environment('DECANT_DEBUG') === '1' }));
}

/** An absolute path; undefined where somebody has removed the folder. */
export function currentFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

export function environment(name: string): string | undefined {
  return process.env[name];
}

export function allEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}

/** Whatever the umask: who runs this can use what it makes, and what it makes for itself. */
export function keepOwnRights(): void {
  process.umask(process.umask() & 0o077);
}

/** The user's number; on systems without users, not root. */
export function userId(): number {
  return process.getuid?.() ?? 1;
}

/** How results are laid out: as wide as the terminal, uncut where they go elsewhere. */
export function textOptions(): TextOptions {
  const isTTY = output.isTerminal();
  const width = isTTY ? output.stream().columns || 80 : Infinity;
  return { width, color: wantsColor(process.env, isTTY) };
}

/** Where progress is shown. */
export function errorTerminal(): Terminal {
  const isTTY = messages.isTerminal();
  return {
    write: messages.write,
    isTTY,
    columns: () => messages.stream().columns ?? 0,
    rows: () => messages.stream().rows ?? 0,
    color: wantsColor(process.env, isTTY),
    onResize(listener) {
      messages.stream().on('resize', listener);
      return () => messages.stream().off('resize', listener);
    },
  };
}

export function standardInput(): NodeJS.ReadStream {
  return process.stdin;
}

/** Whoever is reading standard input, which may say nothing for ever, gets the error instead. */
export function interruptInput(error: Error): void {
  if (process.stdin.listenerCount('error') > 0) process.stdin.destroy(error);
}

export function standardOutput(): NodeJS.WriteStream {
  return output.stream();
}

/** The program and its arguments, to run the same again. */
export function commandLine(): readonly string[] {
  return [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
}

/** What was typed after the program's name. */
export function commandArguments(): readonly string[] {
  return process.argv.slice(2);
}
