/** `decant base diff` */
import { packageChanges } from '../../distroless/changes.ts';
import { NamespaceNeeded } from '../../engine/embedded/namespace.ts';
import type { Store } from '../../store/store.ts';
import { type Compared, compareTrees } from '../../tree/compare.ts';
import { walk } from '../../tree/tree.ts';
import type { ArchiveFlags } from '../base-input.ts';
import { type Subject, withSubject } from '../base-subject.ts';
import { type BaseDifference, baseDifferenceJson, formatBaseDifference } from '../format/base-changes.ts';
import type { BaseFigures } from '../format/base-changes.ts';
import { print, textOptions } from '../io.ts';
import { type CommandMeans, withMeans } from '../means.ts';
import { runInUserNamespace } from '../privileges.ts';
import type { ProgressMode } from '../progress/progress.ts';

interface Flags extends Omit<ArchiveFlags, 'variant'> {
  readonly packagesOnly?: boolean;
  readonly files?: boolean;
  readonly progress: ProgressMode;
  readonly format: 'text' | 'json';
}

export async function command(first: string, second: string, flags: Flags): Promise<number> {
  try {
    const difference = await withMeans(flags.progress, (means) =>
      differenceOf(means, [first, second], flags),
    );
    print(
      flags.format === 'json'
        ? baseDifferenceJson(difference)
        : formatBaseDifference(difference, flags.files ?? false, textOptions()),
    );
    return 0;
  } catch (error) {
    if (!(error instanceof NamespaceNeeded)) throw error;
    return runInUserNamespace();
  }
}

async function differenceOf(
  means: CommandMeans,
  [first, second]: readonly [string, string],
  flags: Flags,
): Promise<BaseDifference> {
  const { store, signal, emit } = means;
  const release = await store.use({ signal });
  const folders: Awaited<ReturnType<Store['tmp']['create']>>[] = [];
  const folder = async (): Promise<string> => {
    const made = await store.tmp.create();
    folders.push(made);
    return made.path;
  };
  const options = { means, flags: { ...flags, signal, emit }, folder };
  try {
    return await withSubject(first, options, (before) =>
      withSubject(second, options, (after) => compared(before, after, flags, signal)),
    );
  } finally {
    for (const each of folders) await each.remove();
    release();
  }
}

async function compared(
  before: Subject,
  after: Subject,
  { packagesOnly }: Flags,
  signal: AbortSignal,
): Promise<BaseDifference> {
  const packages = packageChanges(before.packages, after.packages);
  if (packagesOnly || !before.tree || !after.tree) {
    return { bases: [figures(before), figures(after)], packages };
  }
  const trees = [await before.tree(), await after.tree()] as const;
  return {
    bases: [figures(before, trees[0]), figures(after, trees[1])],
    packages,
    files: await compareTrees(...trees, signal),
  };
}

function figures({ name, kind, packages }: Subject, compared?: Compared): BaseFigures {
  if (!compared) return { name, kind, packages };
  let [files, unpackedSize] = [0, 0];
  const links = new Set<string>();
  for (const node of walk(compared.tree)) {
    if (node.type !== 'directory') files += 1;
    if (node.type !== 'file' || (node.link !== undefined && links.has(node.link))) continue;
    if (node.link !== undefined) links.add(node.link);
    unpackedSize += node.size;
  }
  return { name, kind, packages, files, unpackedSize };
}
