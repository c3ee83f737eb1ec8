/** The program on a terminal: a real one, made by script(1). */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { run } from './process.ts';
import { PROGRAM } from './workbench.ts';
import type { Workbench } from './workbench.ts';

export interface OnTerminal {
  readonly status: number;
  /** Everything that came to the terminal. */
  readonly output: string;
  /** How the terminal was set before and afterwards, as `stty -g` shows it. */
  readonly before: string;
  readonly after: string;
}

export interface TerminalOptions {
  readonly rows?: number;
  readonly columns?: number;
  readonly variables?: Readonly<Record<string, string>>;
}

export async function runOnTerminal(
  bench: Workbench,
  args: readonly string[],
  { rows = 24, columns = 80, variables = {} }: TerminalOptions = {},
): Promise<OnTerminal> {
  const [before, after, status] = ['before', 'after', 'status'].map((name) => bench.path(`tty-${name}`)) as [
    string,
    string,
    string,
  ];
  for (const file of [before, after, status]) if (existsSync(file)) rmSync(file);
  const command = [process.execPath, PROGRAM, ...args].map(quoted).join(' ');
  const script = `stty rows ${rows} cols ${columns}; stty -g > ${before}
${command}
echo $? > ${status}; stty -g > ${after}; stty sane`;
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: bench.folder,
    DECANT_HOME: bench.home,
    TERM: 'xterm-256color',
    SHELL: '/bin/sh',
    ...variables,
  };
  const options = { env, user: bench.user, cwd: bench.folder };
  const { stdout } = await run(['script', '--quiet', '--command', script, '/dev/null'], options);
  const read = (file: string): string => readFileSync(file, 'utf8').trim();
  return { status: Number(read(status)), output: stdout, before: read(before), after: read(after) };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
