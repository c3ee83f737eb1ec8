/** The file system that an operation makes: its cache key and its layers; see states.ts. */
import type { Operation } from '../../plan/operation.ts';
import type { LayerHandle } from './layer-handle.ts';
import { all } from './memo.ts';

export interface State {
  readonly key: () => Promise<string>;
  /** Resolved when finding the key turns out to take doing steps; else never. */
  readonly works: Promise<void>;
  /** Lowest first. */
  readonly layers: () => Promise<readonly LayerHandle[]>;
  /** Whether the key was found already, and the layers can be had without doing anything. */
  readonly isKeyKnown: () => boolean;
  /** Bytes of its files, where that is known of every layer without doing anything. */
  readonly knownSize: () => Promise<number | undefined>;
}

export type StateOf = (operation: Operation) => State;

/** Makes the layers of which nothing is known. What was left in a registry may not be needed at all. */
export async function missingLayers(state: State): Promise<void> {
  const missing = (await state.layers()).filter(
    (layer) => layer.knownSize() === undefined && layer.leftOf?.() === undefined,
  );
  await all(missing.map((layer) => layer.entries()));
}
