/** Runs one hook on a tree made of entries, and tells what it made, a line an entry. */
import type { Entry } from '../../tree/entry.ts';
import { makeLayer } from '../../tree/layer.ts';
import { bytesOf, treeOf, treeText } from '../../tree/testing.ts';
import { stack } from '../../tree/tree.ts';
import { applyHooks, type ApplyContext } from './apply.ts';
import type { Hook } from './hook.ts';

export type Given = Partial<Pick<ApplyContext, 'options' | 'suite' | 'whole' | 'architecture'>> & {
  readonly packages?: readonly string[];
};

export function contextOf(entries: readonly Entry[], given: Given = {}): ApplyContext {
  return {
    tree: treeOf(...entries),
    readFile: (file) => Promise.resolve(bytesOf(file)),
    architecture: 'amd64',
    suite: { id: 'debian', version: '13', codename: 'trixie' },
    options: {},
    time: 1000,
    ...given,
    packages: (given.packages ?? []).map((name) => ({ name, version: '2.41-12', architecture: 'amd64' })),
  };
}

/** What the hooks made, without the directories above it that only stand there because it does. */
export async function made(
  hook: Hook | readonly Hook[],
  entries: readonly Entry[],
  given: Given = {},
): Promise<readonly string[]> {
  const hooks = 'apply' in hook ? [{ ...hook, packages: [] }] : hook;
  const { layer, made } = await applyHooks(hooks, contextOf(entries, given));
  const paths = new Set([...made.values()].flat());
  return treeText(stack([makeLayer(layer.entries.filter(({ path }) => paths.has(path)))])).filter((line) =>
    paths.has(line.slice(1, line.indexOf(' '))),
  );
}
