/**
 * The cache key of COPY, ADD and WORKDIR. What comes from the context counts by its content. What comes from another
 * stage counts by definition as long as that leads to a content known before, and else by its content too.
 */
import { DecantError } from '../../errors.ts';
import { actionIdentity } from '../../plan/graph.ts';
import type { FileOperation, Operation } from '../../plan/operation.ts';
import { keyOf } from '../content-key.ts';
import { ahead } from './ahead.ts';
import { fileParts } from '../explain/parts.ts';
import { sourceKey } from './copy-source.ts';
import type { SourceKey } from './copy-source.ts';
import { all, isInterruption, once } from './memo.ts';
import type { Session } from './session.ts';
import { missingLayers } from './state.ts';
import type { State, StateOf } from './state.ts';

/** What definitions lead to is kept under this kind: the content key that a copy from a stage had. */
const KIND = 'copy';

/** Looking at sources can fail as carrying out can: a file that is not there is a failure of its step. */
export async function failing<T>(session: Session, operation: Operation, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DecantError) || isInterruption(error)) throw error;
    const isOwn = error.place === undefined;
    if (isOwn) session.steps.failed(operation, error.message);
    session.stop();
    throw error.at(operation.place);
  }
}

export interface Work {
  readonly works: Promise<void>;
  /** Says that finding this key takes doing steps. */
  readonly miss: () => void;
}

export async function fileKey(
  session: Session,
  operation: FileOperation,
  stateOf: StateOf,
  work: Work,
): Promise<string> {
  const { action } = operation;
  const state = stateOf(operation.input);
  const parts = fileParts(operation);
  if (action.type === 'mkdir') {
    const parent = await state.key();
    const key = keyOf('mkdir', actionIdentity(action), parent);
    session.inputs.note(operation, { key, parent, parts, taken: [] });
    return key;
  }
  const sources = action.sources.map((from) => () => sourceKey(session, from, action.exclude, stateOf));
  return keyWithSources(
    session,
    {
      operation,
      parts,
      kind: KIND,
      identity: actionIdentity(action),
      isUncached: isMadeAgain(session, operation, inputsOf(operation)),
      input: state,
      sources,
    },
    work,
  );
}

export interface Keyed {
  /** Under which the content key that a definition leads to is kept. */
  readonly kind: string;
  readonly identity: unknown;
  readonly operation: Operation;
  /** For explanations. */
  readonly parts: Readonly<Record<string, string>>;
  /** What definitions are known to lead to is not looked at. */
  readonly isUncached: boolean;
  readonly input: State;
  readonly sources: readonly (() => Promise<SourceKey>)[];
}

/** The key of an operation that takes files from elsewhere: by definition where that is known, else by content. */
export async function keyWithSources(
  session: Session,
  { kind, identity, operation, parts, isUncached, input: state, sources: makers }: Keyed,
  { works, miss }: Work,
): Promise<string> {
  const opened = once(() => all(makers.map((make) => make())));
  const contents = once(async () => all((await opened()).map((source) => source.content())));
  const needed = once(() => all([contents(), missingLayers(state)]));
  const begun = ahead(works, needed);
  const [input, sources] = await begun.until(all([state.key(), opened()] as const));

  const note = (key: string, found: readonly string[] = []): string => {
    const taken = sources.map(({ label }, index) => {
      const each = found[index];
      return each === undefined ? { label } : { label, content: each };
    });
    session.inputs.note(operation, { key, parent: input, parts, taken });
    return key;
  };
  const content = async (): Promise<string> => {
    const found = await contents();
    return note(keyOf('copied', identity, input, found), found);
  };
  if (sources.every((source) => source.definition === undefined)) return content();
  const definition = keyOf(
    kind,
    identity,
    input,
    await all(sources.map(async (source) => source.definition ?? source.content())),
  );
  const known = isUncached || begun.hasBegun() ? undefined : knownKey(session, kind, definition);
  if (known !== undefined) {
    session.definitions.note({ kind, definition, key: known });
    return note(known);
  }
  miss();
  await needed();
  const key = await content();
  session.definitions.note({ kind, definition, key });
  await session.store.cache.put(kind, definition, key, {});
  return key;
}

function knownKey({ store, imported }: Session, kind: string, definition: string): string | undefined {
  const known = store.cache.getSync(kind, definition);
  return typeof known === 'string' ? known : imported?.definition(kind, definition);
}

/** Nothing is known by definition of what is done again, nor of what is copied from there. */
export function isMadeAgain(session: Session, operation: Operation, sources: readonly Operation[]): boolean {
  return [operation, ...sources].some((each) => session.isUncached(each));
}

export function inputsOf({ input, action }: FileOperation): readonly Operation[] {
  const sources = action.type === 'copy' ? action.sources : [];
  return [input, ...sources.flatMap((source) => (source.type === 'path' ? source.from : []))];
}
