/** The instructions that change files: RUN, COPY, ADD and WORKDIR become operations. */
import type { Instruction } from '../dockerfile/instruction.ts';
import { cleanPath } from '../tree/path.ts';
import { planCopy } from './copy-instructions.ts';
import { planRun } from './run-instruction.ts';
import type { Planner, StageState } from './stage-state.ts';
import { addHistory, addStep, expand, placeOf } from './stage-state.ts';

/** Carries out an instruction of this kind; false for any other. */
export async function applyToFiles(
  state: StageState,
  planner: Planner,
  instruction: Instruction,
): Promise<boolean> {
  switch (instruction.kind) {
    case 'run':
      await planRun(state, planner, instruction);
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

function planWorkdir(state: StageState, planner: Planner, instruction: Instruction, path: string): void {
  const current = state.config.WorkingDir || '/';
  const directory = `/${cleanPath(path, cleanPath(current))}`;
  // As BuildKit writes it into the config: an absolute path as it is, an empty one as what was there.
  const shown = path === '' ? current : path.startsWith('/') ? path : directory;
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
