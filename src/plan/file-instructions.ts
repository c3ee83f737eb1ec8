/** The instructions that change files: RUN, COPY, ADD and WORKDIR become operations. */
import type {
  AddInstruction,
  CopyInstruction,
  Instruction,
  RunInstruction,
} from '../dockerfile/instruction.ts';
import { expandHeredoc } from '../dockerfile/words.ts';
import { cleanPath } from '../tree/path.ts';
import { parseChmod } from './chmod.ts';
import { shellOf } from './config-instructions.ts';
import type { CopyFrom, Operation } from './operation.ts';
import type { Planner, StageState } from './stage-state.ts';
import { addHistory, addStep, expand, invalid, placeOf, unsupported } from './stage-state.ts';

/** Carries out an instruction of this kind; false for any other. */
export async function applyToFiles(
  state: StageState,
  planner: Planner,
  instruction: Instruction,
): Promise<boolean> {
  switch (instruction.kind) {
    case 'run':
      planRun(state, planner, instruction);
      return true;
    case 'copy':
    case 'add':
      await planCopy(state, planner, instruction);
      return true;
    case 'workdir':
      planWorkdir(state, planner, instruction, expand(state, planner, instruction.path));
      return true;
    default:
      return false;
  }
}

function planRun(state: StageState, planner: Planner, instruction: RunInstruction): void {
  const place = placeOf(planner.dockerfile, instruction.lines);
  if (instruction.mounts.length > 0)
    throw unsupported(`RUN --mount=type=${instruction.mounts[0]?.type ?? 'bind'}`, place);
  if (instruction.security === 'insecure') throw unsupported('RUN --security=insecure', place);
  if (instruction.devices.length > 0) throw unsupported('RUN --device', place);
  const args =
    instruction.form === 'exec' ? instruction.args : [...shellOf(state), shellText(instruction, planner)];
  const { declared, variables } = state.scope;
  const operation = planner.graph.exec(
    {
      input: state.operation,
      args,
      env: Object.fromEntries(variables),
      proxyEnv: state.proxyEnv,
      cwd: state.config.WorkingDir || '/',
      user: state.config.User ?? '',
      network: instruction.network,
    },
    place,
  );
  addStep(state, planner, instruction, operation);
  const given = [...declared].map(([name, value]) => `${name}=${value}`);
  const prefix = given.length > 0 ? `|${given.length} ${given.join(' ')} ` : '';
  addHistory(state, `RUN ${prefix}${args.join(' ')}`, operation);
}

/** The shell's text. A heredoc that is all there is becomes the text itself, so shells without heredocs do too. */
function shellText(instruction: RunInstruction & { readonly form: 'shell' }, planner: Planner): string {
  const { command, heredocs } = instruction;
  const [first] = heredocs;
  if (!first) return command;
  if (heredocs.length === 1 && /^\d*<<-?\s*[^<\s]+$/.test(command.trim())) {
    if (first.content.startsWith('#!')) {
      throw unsupported('a heredoc that begins with "#!"', placeOf(planner.dockerfile, instruction.lines));
    }
    return first.content;
  }
  return heredocs.reduce((text, heredoc) => `${text}\n${heredoc.content}${heredoc.name}`, command);
}

async function planCopy(
  state: StageState,
  planner: Planner,
  instruction: CopyInstruction | AddInstruction,
): Promise<void> {
  const place = placeOf(planner.dockerfile, instruction.lines);
  const name = instruction.kind.toUpperCase();
  if (instruction.kind === 'copy' && instruction.parents) throw unsupported('COPY --parents', place);
  if (instruction.exclude.length > 0) throw unsupported(`${name} --exclude`, place);
  if (instruction.kind === 'add' && instruction.checksum !== undefined)
    throw unsupported('ADD --checksum', place);
  if (instruction.kind === 'add' && instruction.keepGitDir !== undefined)
    throw unsupported('ADD --keep-git-dir', place);

  const word = (text: string): string => expand(state, planner, text);
  const owner = instruction.chown === undefined ? undefined : word(instruction.chown);
  const chmod = instruction.chmod === undefined ? undefined : word(instruction.chmod);
  if (chmod !== undefined) parseChmod(chmod);
  const fromName = instruction.kind === 'copy' ? instruction.from : undefined;
  const from =
    fromName === undefined ? planner.graph.context('') : await planner.resolveFrom(fromName, state.stage);
  const paths = instruction.sources.map(word);
  const sources: CopyFrom[] = paths.map((pattern) => {
    if (isRemote(pattern)) {
      if (instruction.kind === 'copy') throw invalid("source can't be a URL for COPY", 'ADD takes URLs');
      throw unsupported('ADD of a URL or git repository', place);
    }
    return { type: 'path', from, pattern };
  });
  for (const heredoc of instruction.heredocs) {
    const text = heredoc.expand ? expandHeredoc(heredoc.content, state.scope.get) : heredoc.content;
    sources.push({ type: 'inline', name: heredoc.name, text });
  }

  const destination = absolute(state, word(instruction.destination));
  const action = {
    type: 'copy',
    sources,
    destination,
    owner,
    chmod,
    unpack: instruction.kind === 'add' && instruction.unpack !== false,
  } as const;
  const { graph } = planner;
  const on = (input: Operation): Operation => graph.file({ input, action }, place);
  const operation = instruction.link
    ? graph.merge({ input: state.operation, upper: on(graph.scratch()) }, place)
    : on(state.operation);
  addStep(state, planner, instruction, operation);
  const flags = [owner && `--chown=${owner}`, chmod && `--chmod=${chmod}`].filter(Boolean);
  const names = [...paths, ...instruction.heredocs.map((heredoc) => `<<${heredoc.name}`)];
  addHistory(state, [name, ...flags, ...names, word(instruction.destination)].join(' '), operation);
}

function planWorkdir(state: StageState, planner: Planner, instruction: Instruction, path: string): void {
  const directory = `/${cleanPath(path, cleanPath(state.config.WorkingDir ?? '/'))}`;
  // A slash at the end stays in the config, as BuildKit leaves it there.
  const shown = path.endsWith('/') && directory !== '/' ? `${directory}/` : directory;
  state.config.WorkingDir = shown;
  if (directory === '/') {
    addHistory(state, 'WORKDIR /');
    return;
  }
  const operation = planner.graph.file(
    { input: state.operation, action: { type: 'mkdir', path: directory, owner: state.config.User ?? '' } },
    placeOf(planner.dockerfile, instruction.lines),
  );
  addStep(state, planner, instruction, operation);
  addHistory(state, `WORKDIR ${shown}`, operation);
}

/** A destination below the working directory; whether it ends in a slash, and so must be a directory, is kept. */
function absolute(state: StageState, destination: string): string {
  const path = `/${cleanPath(destination, cleanPath(state.config.WorkingDir ?? '/'))}`;
  const isDirectory = destination === '' || /(^|\/)\.{0,2}$/.test(destination);
  return isDirectory && path !== '/' ? `${path}/` : path;
}

function isRemote(source: string): boolean {
  return /^(https?|git|ssh):\/\//.test(source) || /^git@[\w.-]+:/.test(source);
}
