/**
 * Whether what a stage runs can run: the shell of the shell form, and the users that USER and --chown name. As soon as
 * something may have brought them, nothing is said any more.
 */
import type { AddInstruction, Command, CopyInstruction, Instruction } from '../dockerfile/instruction.ts';
import type { Reporter } from '../dockerfile/lint/reporter.ts';
import { quote } from '../dockerfile/text.ts';
import { cleanPath, joinPath } from '../tree/path.ts';
import { OWN_RULES as RULES } from './own-rules.ts';
import type { StageView, Step } from './stage-view.ts';

interface State {
  shell: string;
  directory: string;
  /** Programs or accounts may be others than the base's. */
  mayHaveShell: boolean;
  mayHaveAccounts: boolean;
}

/** In the order of the file, so that a stage begins as the one that it stands on has ended. */
export async function checkRunnable(views: readonly StageView[], reporter: Reporter): Promise<void> {
  const ends = new Map<StageView, State>();
  for (const view of views) {
    const state = startOf(view, view.parent && ends.get(view.parent));
    ends.set(view, state);
    for (const step of view.steps) {
      await checkStep(view, step, state, reporter.within(step.instruction.comments));
      takeEffect(step, state);
    }
  }
}

function startOf({ base }: StageView, before: State | undefined): State {
  if (before) return { ...before };
  const shell = base?.shell?.[0] ?? '/bin/sh';
  return { shell, directory: '/', mayHaveShell: base === undefined, mayHaveAccounts: base === undefined };
}

async function checkStep(view: StageView, step: Step, state: State, reporter: Reporter): Promise<void> {
  const { instruction, word } = step;
  const { kind, lines } = instruction;
  if (!state.mayHaveShell && (await lacksShell(view, instruction, state))) {
    const form = kind === 'healthcheck' ? 'HEALTHCHECK CMD' : kind.toUpperCase();
    const message = `${form} in shell form needs ${state.shell}, and ${nameOf(view)} has none`;
    reporter.report(RULES.ShellMissing, lines, message);
  }
  if (state.mayHaveAccounts) return;
  const owner =
    kind === 'user' ? instruction.user : kind === 'copy' || kind === 'add' ? instruction.chown : undefined;
  const text = owner === undefined ? undefined : word(owner);
  if (text === undefined) return;
  const [user = '', group = ''] = text.split(':', 2);
  if (isKnown(user) && isKnown(group)) return;
  const accounts = await view.base?.accounts();
  if (!accounts) return;
  const where = kind === 'user' ? 'USER' : `${kind.toUpperCase()} --chown`;
  for (const [what, name, names] of [
    ['user', user, accounts.users],
    ['group', group, accounts.groups],
  ] as const) {
    if (isKnown(name) || names.has(name)) continue;
    const message = `${where} names the ${what} ${quote(name)}, which ${nameOf(view)} does not have`;
    reporter.report(RULES.UserMissing, lines, message);
  }
}

/** Numbers need no look-up, and root is always there. */
function isKnown(name: string): boolean {
  return name === '' || name === 'root' || /^\d+$/.test(name);
}

function nameOf({ image }: StageView): string {
  return image;
}

async function lacksShell(view: StageView, instruction: Instruction, { shell }: State): Promise<boolean> {
  if (!needsShell(instruction)) return false;
  return (await view.base?.inside())?.hasProgram(shell) === false;
}

function needsShell(instruction: Instruction): boolean {
  const isShellForm = (command: Command): boolean => command.form === 'shell' && command.command !== '';
  switch (instruction.kind) {
    case 'run':
      // A script brings its own interpreter.
      return isShellForm(instruction) && !instruction.heredocs[0]?.content.startsWith('#!');
    case 'cmd':
    case 'entrypoint':
      return isShellForm(instruction);
    case 'healthcheck':
      return instruction.test !== 'none' && isShellForm(instruction.test);
    default:
      return false;
  }
}

function takeEffect({ instruction, word }: Step, state: State): void {
  switch (instruction.kind) {
    case 'shell':
      state.shell = instruction.shell[0] ?? '/bin/sh';
      return;
    case 'workdir': {
      const path = word(instruction.path);
      if (path !== undefined) state.directory = joinPath(state.directory, cleanPath(path));
      if (path?.startsWith('/')) state.directory = `/${cleanPath(path)}`;
      return;
    }
    case 'run':
      state.mayHaveAccounts = true;
      // A step in shell form that no shell can run changes nothing.
      if (instruction.form === 'exec' || instruction.heredocs.length > 0) state.mayHaveShell = true;
      return;
    case 'copy':
    case 'add':
      state.mayHaveShell ||= mayBring(instruction, word, state, state.shell);
      state.mayHaveAccounts ||= mayBring(instruction, word, state, '/etc/passwd');
      return;
    default:
  }
}

/** Names of folders that hold a whole root file system, or may. */
const TREES = /^(?:.*root.*|.*fs|out(?:put)?|install|dist|target|staging|image|tree|chroot|layers?|\d*)$/i;

/** Whether a copy may put something at a path: where it is not known what is copied, it may. */
function mayBring(
  instruction: CopyInstruction | AddInstruction,
  word: Step['word'],
  { directory }: State,
  path: string,
): boolean {
  const written = word(instruction.destination);
  if (written === undefined) return true;
  const destination = `/${cleanPath(written.startsWith('/') ? written : joinPath(directory, written))}`;
  const base = destination === '/' ? '' : destination;
  if (path === destination) return true;
  if (!path.startsWith(`${base}/`)) return false;
  const rest = path.slice(base.length + 1);
  return instruction.sources.some((text) => {
    const source = word(text);
    if (source === undefined || source.endsWith('/') || /[*?[]/.test(source)) return true;
    const name = source.split('/').at(-1) ?? '';
    if (instruction.kind === 'add' && /\.(?:tar|tgz|txz|tbz2?|tar\.\w+)$/.test(name)) return true;
    // Deeper down it has to be a folder; at the place itself a file of that name.
    return name === '.' || name === rest.split('/')[0] || TREES.test(name) || name === 'busybox';
  });
}
