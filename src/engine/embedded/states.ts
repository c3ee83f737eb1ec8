/**
 * The file systems that operations make: for each its cache key and its layers. A key is found without doing anything
 * where the definition is enough; where a step copies from another stage whose steps have to run again, it is the
 * content of what is copied that decides, so an unchanged artifact leaves everything after it in the cache.
 */
import { DecantError } from '../../errors.ts';
import { matchGlob } from '../../dockerfile/glob.ts';
import { actionIdentity, execIdentity } from '../../plan/graph.ts';
import type { CopyFrom, FileOperation, Operation } from '../../plan/operation.ts';
import { sourcePaths } from '../../tree/copy.ts';
import type { CopySource } from '../../tree/copy.ts';
import type { FileEntry } from '../../tree/entry.ts';
import type { Tree } from '../../tree/tree.ts';
import { plainDirectory } from '../../tree/tree.ts';
import { contentKey, keyOf } from '../content-key.ts';
import { ahead, never, signalled } from './ahead.ts';
import { cachedLayer } from './cached-layer.ts';
import type { Recipe } from './cached-layer.ts';
import { digestOfFile } from './contents.ts';
import { runStep } from './exec-layer.ts';
import { changeFiles, inlineTree } from './file-layer.ts';
import { imageLayer } from './image-layer.ts';
import type { LayerHandle } from './layer-handle.ts';
import { treeOf } from './layer-handle.ts';
import { all, isInterruption, once } from './memo.ts';
import { withReason } from './missing-source.ts';
import type { Session } from './session.ts';
import { unpackIntoStore } from './unpack.ts';

/** What definitions lead to is kept under this kind: the content key that a copy from a stage had. */
const KIND = 'copy';

export interface State {
  readonly key: () => Promise<string>;
  /** Resolved when finding the key turns out to take doing steps; else never. */
  readonly works: Promise<void>;
  /** Lowest first. */
  readonly layers: () => Promise<readonly LayerHandle[]>;
  /** Bytes of its files, where that is known of every layer without doing anything. */
  readonly knownSize: () => Promise<number | undefined>;
}

export type StateOf = (operation: Operation) => State;

export function createStates(session: Session): StateOf {
  const states = new Map<Operation, State>();
  const stateOf: StateOf = (operation) => {
    let state = states.get(operation);
    if (!state) states.set(operation, (state = withSize(makeState(session, operation, stateOf))));
    return state;
  };
  return stateOf;
}

function withSize({ key, works, layers }: Omit<State, 'knownSize'>): State {
  let isKeyKnown = false;
  return {
    works,
    key: once(async () => {
      const found = await key();
      isKeyKnown = true;
      return found;
    }),
    layers,
    async knownSize() {
      // Finding the key may take doing steps; the rest is looking at records.
      if (!isKeyKnown) return undefined;
      const sizes = (await layers()).map((layer) => layer.knownSize());
      return sizes.reduce<number | undefined>(
        (sum, size) => (sum === undefined || size === undefined ? undefined : sum + size),
        0,
      );
    },
  };
}

function makeState(session: Session, operation: Operation, stateOf: StateOf): Omit<State, 'knownSize'> {
  switch (operation.kind) {
    case 'source': {
      const { source } = operation;
      if (source.type !== 'image')
        return {
          key: () => Promise.resolve(source.type),
          works: never(),
          layers: () => Promise.resolve([]),
        };
      const { layers } = source.image;
      const handles = once(() => {
        session.steps.start(operation);
        session.steps.done(operation);
        return Promise.resolve(layers.map((layer) => imageLayer(session, layer)));
      });
      return {
        key: () =>
          Promise.resolve(
            keyOf(
              'image',
              layers.map((layer) => layer.diffId),
            ),
          ),
        works: never(),
        layers: handles,
      };
    }
    case 'exec': {
      const input = stateOf(operation.input);
      const key = once(async () =>
        keyOf('exec', execIdentity(operation), session.sandbox.network, await input.key()),
      );
      return {
        key,
        works: input.works,
        layers: once(async () => {
          const [lower, found] = await all([input.layers(), key()] as const);
          const prepare = async () => {
            await all(lower.map((layer) => layer.entries()));
            return () => runStep(session, operation, lower);
          };
          return [...lower, stepLayer(session, operation, found, lower, prepare)];
        }),
      };
    }
    case 'file': {
      const input = stateOf(operation.input);
      const miss = signalled();
      const works = Promise.race([...inputsOf(operation).map((each) => stateOf(each).works), miss.signal]);
      const key = once(() =>
        failing(session, operation, () => fileKey(session, operation, stateOf, { works, miss: miss.give })),
      );
      return {
        key,
        works,
        layers: once(async () => {
          const [lower, found] = await all([input.layers(), key()] as const);
          const prepare = async () => {
            const { action } = operation;
            const sources =
              action.type === 'copy' ? action.sources.map((from) => openSource(session, from, stateOf)) : [];
            const [target, ...opened] = await all([treeOf(lower), ...sources] as const);
            return () => changeFiles(session, operation, target, opened);
          };
          return [...lower, stepLayer(session, operation, found, lower, prepare)];
        }),
      };
    }
    case 'merge': {
      const [lower, upper] = [stateOf(operation.input), stateOf(operation.upper)];
      const works = Promise.race([lower.works, upper.works]);
      return {
        key: once(async () => {
          const lowerLayers = ahead(works, () => missingLayers(lower));
          return keyOf('merge', ...(await lowerLayers.until(all([lower.key(), upper.key()] as const))));
        }),
        works,
        layers: once(async () => {
          const [below, above] = await all([lower.layers(), upper.layers()] as const);
          return [...below, ...above];
        }),
      };
    }
  }
}

function stepLayer(
  session: Session,
  operation: Operation,
  key: string,
  lower: readonly LayerHandle[],
  prepare: Recipe['prepare'],
): LayerHandle {
  return cachedLayer(session, {
    key,
    operation,
    prepare,
    async unpack(layer) {
      const id = `f${key.slice(0, 15)}`;
      const root = (await treeOf(lower)).get('');
      await unpackIntoStore(session, id, layer, root?.type === 'directory' ? root : plainDirectory(''));
      return id;
    },
  });
}

/** Looking at sources can fail as carrying out can: a file that is not there is a failure of its step. */
async function failing<T>(session: Session, operation: FileOperation, work: () => Promise<T>): Promise<T> {
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

interface Work {
  readonly works: Promise<void>;
  /** Says that finding this key takes doing steps. */
  readonly miss: () => void;
}

async function fileKey(
  session: Session,
  operation: FileOperation,
  stateOf: StateOf,
  { works, miss }: Work,
): Promise<string> {
  const { action } = operation;
  const state = stateOf(operation.input);
  if (action.type === 'mkdir') return keyOf('mkdir', actionIdentity(action), await state.key());
  const identity = actionIdentity(action);
  const opened = once(() => all(action.sources.map((from) => sourceKey(session, from, stateOf))));
  const contents = once(async () => all((await opened()).map((source) => source.content())));
  const needed = once(() => all([contents(), missingLayers(state)]));
  const begun = ahead(works, needed);
  const [input, sources] = await begun.until(all([state.key(), opened()] as const));

  const content = async (): Promise<string> => keyOf('copied', identity, input, await contents());
  if (sources.every((source) => source.definition === undefined)) return content();
  const definition = keyOf(
    'copy',
    identity,
    input,
    await all(sources.map(async (source) => source.definition ?? source.content())),
  );
  const known =
    session.noCache || begun.hasBegun() ? undefined : session.store.cache.getSync(KIND, definition);
  if (typeof known === 'string') return known;
  miss();
  await needed();
  const key = await content();
  await session.store.cache.put(KIND, definition, key, {});
  return key;
}

/** Makes the layers of which nothing is known. */
async function missingLayers(state: State): Promise<void> {
  const missing = (await state.layers()).filter((layer) => layer.knownSize() === undefined);
  await all(missing.map((layer) => layer.entries()));
}

function inputsOf({ input, action }: FileOperation): readonly Operation[] {
  const sources = action.type === 'copy' ? action.sources : [];
  return [input, ...sources.flatMap((source) => (source.type === 'path' ? source.from : []))];
}

interface SourceKey {
  /** What it is by definition, where its content would have to be made first. */
  readonly definition?: readonly string[];
  readonly content: () => Promise<string>;
}

async function sourceKey(session: Session, from: CopyFrom, stateOf: StateOf): Promise<SourceKey> {
  if (from.type === 'inline')
    return { content: () => Promise.resolve(keyOf('inline', from.name, from.text)) };
  const content = once(async () => {
    const source = await openSource(session, from, stateOf);
    const paths = pathsIn(session, source, from);
    return contentKey(source.tree, paths, digestsFor(session, from));
  });
  if (from.from.kind === 'source' && from.from.source.type === 'context') return { content };
  return { definition: [await stateOf(from.from).key(), from.pattern], content };
}

/** As `sourcePaths`, with a reason where a source is not there. */
function pathsIn(
  session: Session,
  source: CopySource,
  from: CopyFrom & { readonly type: 'path' },
): readonly string[] {
  try {
    return sourcePaths(source, matchGlob);
  } catch (error) {
    const { from: operation } = from;
    const isLeftOut = (path: string): boolean =>
      operation.kind === 'source' &&
      operation.source.type === 'context' &&
      session.context(operation.source.name).isLeftOut(path);
    throw withReason(error, source, isLeftOut);
  }
}

function digestsFor(
  session: Session,
  from: CopyFrom & { readonly type: 'path' },
): (file: FileEntry) => string | Promise<string> {
  const { from: operation } = from;
  if (operation.kind === 'source' && operation.source.type === 'context') {
    return session.context(operation.source.name).digestOf;
  }
  return (file) => file.digest ?? digestOfFile(session.open, file);
}

async function openSource(session: Session, from: CopyFrom, stateOf: StateOf): Promise<CopySource> {
  if (from.type === 'inline') return { tree: inlineTree(from.name, from.text), pattern: from.name };
  return { tree: await openTree(session, from.from, stateOf), pattern: from.pattern };
}

async function openTree(session: Session, operation: Operation, stateOf: StateOf): Promise<Tree> {
  if (operation.kind === 'source' && operation.source.type === 'context')
    return session.context(operation.source.name).tree;
  if (operation.kind === 'source' && operation.source.type === 'scratch') {
    throw new DecantError('COPY_SOURCE_MISSING', 'there is nothing to copy from an empty stage');
  }
  return treeOf(await stateOf(operation).layers());
}
