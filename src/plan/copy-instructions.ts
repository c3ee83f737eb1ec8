/** COPY and ADD become operations (Dockerfile reference, "COPY" and "ADD"). */
import { createMatcher } from '../dockerfile/ignore.ts';
import type { AddInstruction, CopyInstruction } from '../dockerfile/instruction.ts';
import { expandHeredoc } from '../dockerfile/words.ts';
import { DecantError } from '../errors.ts';
import { cleanPath } from '../tree/path.ts';
import { parseChmod } from './chmod.ts';
import type { CopyAction, CopyFrom, Operation } from './operation.ts';
import type { Planner, StageState } from './stage-state.ts';
import { expandSplit } from './quoted-words.ts';
import { remoteSources } from './remote-sources.ts';
import { addHistory, addStep, expand, invalid, placeOf } from './stage-state.ts';

/** @throws DecantError DOCKERFILE_SYNTAX, DOCKERFILE_UNSUPPORTED, and of the stage that `--from` names */
export async function planCopy(
  state: StageState,
  planner: Planner,
  instruction: CopyInstruction | AddInstruction,
): Promise<void> {
  const place = placeOf(planner.dockerfile, instruction.lines);
  const name = instruction.kind.toUpperCase();
  const word = (text: string): string => expand(state, planner, text);
  const owner = word(instruction.chown ?? '') || undefined;
  // A variable may leave it empty, which is as good as none.
  const chmod = word(instruction.chmod ?? '') || undefined;
  if (chmod !== undefined) parseChmod(chmod);
  checkPatterns(instruction.exclude);
  const keepParents = instruction.kind === 'copy' && instruction.parents;
  const fromName = instruction.kind === 'copy' ? instruction.from : undefined;
  const from =
    fromName === undefined ? planner.graph.context('') : await planner.resolveFrom(fromName, state.stage);
  const written = [...instruction.sources, instruction.destination];
  const paths = expandSplit(instruction, written, () => written.map(word));
  const destination = paths.pop() ?? '';
  const remote = remoteSources(planner, instruction, word, place);
  const sources: CopyFrom[] = paths.map(
    (pattern) =>
      remote(pattern) ?? { type: 'path', from, ...(keepParents ? fromPivot(pattern) : { pattern }) },
  );
  for (const heredoc of instruction.heredocs) {
    const text = heredoc.expand ? expandHeredoc(heredoc.content, state.scope.get) : heredoc.content;
    sources.push({ type: 'inline', name: heredoc.name, text });
  }

  const action: CopyAction = {
    type: 'copy',
    sources,
    destination: absolute(state, destination),
    owner,
    chmod,
    exclude: instruction.exclude,
    unpack: instruction.kind === 'add' && instruction.unpack !== false,
  };
  const { graph } = planner;
  const on = (input: Operation): Operation => graph.file({ input, action }, place);
  // BuildKit passes over --link where there is a --chmod, so links on the way to the destination are followed.
  const operation =
    instruction.link && chmod === undefined
      ? graph.merge({ input: state.operation, upper: on(graph.scratch()) }, place)
      : on(state.operation);
  addStep(state, planner, instruction, operation);
  const flags = [keepParents && '--parents', owner && `--chown=${owner}`, chmod && `--chmod=${chmod}`];
  const names = [...paths, ...instruction.heredocs.map((heredoc) => `<<${heredoc.name}`)];
  const words = [name, ...flags.filter(Boolean), ...names, destination];
  addHistory(state, words.join(' '), operation);
}

/** `--parents`: folders are kept from `/./` on, or else all of them. */
function fromPivot(source: string): { readonly pattern: string; readonly below: string } {
  const pivot = source.indexOf('/./');
  if (pivot < 0) return { pattern: '/', below: cleanPath(source) };
  return { pattern: source.slice(0, pivot) || '/', below: cleanPath(source.slice(pivot + 2)) };
}

function checkPatterns(patterns: readonly string[]): void {
  try {
    createMatcher(patterns);
  } catch (error) {
    if (!(error instanceof DecantError)) throw error;
    throw invalid(`invalid --exclude: ${error.message}`, error.hint);
  }
}

/** A destination below the working directory; whether it ends in a slash, and so must be a directory, is kept. */
function absolute(state: StageState, destination: string): string {
  const path = `/${cleanPath(destination, cleanPath(state.config.WorkingDir ?? '/'))}`;
  const isDirectory = destination === '' || /(^|\/)\.{0,2}$/.test(destination);
  return isDirectory && path !== '/' ? `${path}/` : path;
}
