/** The instructions that change files: RUN, COPY, ADD and WORKDIR become operations. */
import type { Instruction, RunInstruction } from '../dockerfile/instruction.ts';
import { cleanPath } from '../tree/path.ts';
import { shellOf } from './config-instructions.ts';
import { planCopy } from './copy-instructions.ts';
import type { Planner, StageState } from './stage-state.ts';
import { addHistory, addStep, expand, placeOf, unsupported } from './stage-state.ts';

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
