/** The program on a terminal: a real one, made by script(1), and what tmux makes of what came to it. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Ended } from './process.ts';
import { run, start } from './process.ts';
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
  /** What is typed, once this has come to the terminal: `\u0003` is Ctrl-C. */
  readonly typed?: { readonly keys: string; readonly after: string };
}

export async function runOnTerminal(
  bench: Workbench,
  args: readonly string[],
  { rows = 24, columns = 80, variables = {}, typed }: TerminalOptions = {},
): Promise<OnTerminal> {
  const [before, after, status] = ['before', 'after', 'status'].map((name) => bench.path(`tty-${name}`)) as [
    string,
    string,
    string,
  ];
  for (const file of [before, after, status]) if (existsSync(file)) rmSync(file);
  const invocation = [process.execPath, PROGRAM, ...args].map(quoted).join(' ');
  // A shell that has a trap goes on after Ctrl-C; the program it starts knows nothing of that.
  const script = `trap : INT; stty rows ${rows} cols ${columns}; stty -g > ${before}
${invocation}
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
  const command = ['script', '--quiet', '--command', script, '/dev/null'];
  const started = start(command, { ...options, holdInput: typed !== undefined });
  if (typed) {
    await started.says(typed.after);
    started.child.stdin?.end(typed.keys);
  }
  const { stdout } = await started.ended;
  const read = (file: string): string => readFileSync(file, 'utf8').trim();
  return { status: Number(read(status)), output: stdout, before: read(before), after: read(after) };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** What a terminal of this size shows after all of the output, what scrolled out at the top included. */
export async function screenAfter(bench: Workbench, output: string, columns = 80): Promise<string> {
  const socket = `decant-test-${process.pid}`;
  const file = bench.path('screen');
  // As below a prompt: tmux keeps what is cleared from the very top.
  writeFileSync(file, `$ decant\r\n${output}`);
  const tmux = (...args: readonly string[]): Promise<Ended> =>
    run(['tmux', '-L', socket, '-f', '/dev/null', ...args]);
  try {
    // The first session makes the server; what it shows stays until the server is told to end.
    const show = `cat ${quoted(file)}; tmux -L ${socket} wait-for -S shown; exec sleep 3600`;
    await tmux('new-session', '-d', '-x', String(columns), '-y', '24', show);
    await tmux('wait-for', 'shown');
    return (await tmux('capture-pane', '-p', '-S', '-')).stdout.trimEnd();
  } finally {
    await tmux('kill-server');
  }
}
