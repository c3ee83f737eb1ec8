/**
 * The file systems that operations make: for each its cache key and its layers. A key is found without doing anything
 * where the definition is enough; where a step copies from another stage whose steps have to run again, it is the
 * content of what is copied that decides, so an unchanged artifact leaves everything after it in the cache.
 */
import type { Operation } from '../../plan/operation.ts';
import { plainDirectory } from '../../tree/tree.ts';
import { keyOf } from '../content-key.ts';
import { ahead, never, signalled } from './ahead.ts';
import { cachedLayer } from './cached-layer.ts';
import type { Recipe } from './cached-layer.ts';
import { atHand, withTree } from './assumed-tree.ts';
import { openSource } from './copy-source.ts';
import { execKey, execSources } from './exec-key.ts';
import { runStep } from './exec-layer.ts';
import { failing, fileKey, inputsOf } from './file-key.ts';
import { changeFiles } from './file-layer.ts';
import { imageLayer } from './image-layer.ts';
import type { LayerHandle } from './layer-handle.ts';
import { treeOf } from './layer-handle.ts';
import { all, once } from './memo.ts';
import type { Session } from './session.ts';
import { missingLayers } from './state.ts';
import type { State, StateOf } from './state.ts';
import { unpackIntoStore } from './unpack.ts';

export function createStates(session: Session): StateOf {
  const states = new Map<Operation, State>();
  const stateOf: StateOf = (operation) => {
    let state = states.get(operation);
    if (!state) states.set(operation, (state = withSize(makeState(session, operation, stateOf))));
    return state;
  };
  return stateOf;
}

function withSize({ key, works, layers }: Made): State {
  let isKeyKnown = false;
  return {
    works,
    key: once(async () => {
      const found = await key();
      isKeyKnown = true;
      return found;
    }),
    layers: once(async () => {
      const found = await layers();
      isKeyKnown = true;
      return found;
    }),
    isKeyKnown: () => isKeyKnown,
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

type Made = Omit<State, 'knownSize' | 'isKeyKnown'>;

function makeState(session: Session, operation: Operation, stateOf: StateOf): Made {
  switch (operation.kind) {
    case 'source': {
      const { source } = operation;
      if (source.type === 'git' || source.type === 'http')
        return { key: session.remote(source).key, works: never(), layers: () => Promise.resolve([]) };
      if (source.type !== 'image')
        return {
          key: () => Promise.resolve(source.type),
          works: never(),
          layers: () => Promise.resolve([]),
        };
      const { layers, config } = source.image;
      const handles = once(() => {
        session.steps.start(operation);
        session.steps.done(operation);
        return Promise.resolve(layers.map((layer) => imageLayer(session, layer, config)));
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
      const from = execSources(operation);
      const miss = signalled();
      const works =
        from.length === 0
          ? input.works
          : Promise.race([input.works, ...from.map((each) => stateOf(each.from).works), miss.signal]);
      const key = once(() =>
        failing(session, operation, () => execKey(session, operation, stateOf, { works, miss: miss.give })),
      );
      return {
        key,
        works,
        layers: once(async () => {
          const [lower, found] = await all([input.layers(), key()] as const);
          // Of what is mounted, the layers have to be there; the context has none.
          const layersOf = async (source: Operation): Promise<unknown> =>
            all((await stateOf(source).layers()).map((layer) => layer.entries()));
          const prepare = async () => {
            await all([...lower.map((layer) => layer.entries()), ...from.map((each) => layersOf(each.from))]);
            return () => runStep(session, operation, lower, stateOf);
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
              action.type === 'copy'
                ? action.sources.map((from) => openSource(session, from, action.exclude, stateOf))
                : [];
            const [, ...opened] = await all([atHand(lower), ...sources] as const);
            return () => withTree(lower, (target) => changeFiles(session, operation, target, opened));
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
