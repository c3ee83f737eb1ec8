/** What COPY does to folders and surprises: said once, when it is done. Nothing of it is an error. */
import { matchGlob } from '../../dockerfile/glob.ts';
import { type Emit, monotonic } from '../../events.ts';
import type { CopyAction, FileOperation } from '../../plan/operation.ts';
import { sourcePaths, type CopySource } from '../../tree/copy.ts';
import type { Layer } from '../../tree/entry.ts';
import { resolvePath } from '../../tree/tree.ts';

const EXECUTE = 0o111;

const told = new WeakSet<FileOperation>();

/** A step may be worked out twice, on what its base is taken to be and on what it is. */
export function tellNotices(emit: Emit, operation: FileOperation, notices: readonly string[]): void {
  if (told.has(operation)) return;
  told.add(operation);
  const { place } = operation;
  const line = place ? { line: place.start } : {};
  for (const message of new Set(notices)) emit({ type: 'warning', time: monotonic(), message, ...line });
}

export function copyNotices(
  action: CopyAction,
  sources: readonly CopySource[],
  layer: Layer,
): readonly string[] {
  return [...emptiedInto(action, sources), ...closedFolders(action, layer)];
}

/** A folder gives what is in it. With others beside it that is rarely meant: their contents meet in one place. */
function emptiedInto({ destination }: CopyAction, sources: readonly CopySource[]): readonly string[] {
  const paths = sources.flatMap((source) =>
    source.parents ? [] : sourcePaths(source, matchGlob).map((path) => ({ path, tree: source.tree })),
  );
  if (paths.length < 2) return [];
  const folders = paths.filter(({ path, tree }) => tree.get(resolvePath(tree, path))?.type === 'directory');
  const [first] = folders;
  if (!first || first.path === '') return [];
  const others = folders.length > 1 ? ` and of ${folders.length - 1} more` : '';
  return [
    `what is in the folder "${first.path}"${others} is copied to ${destination} itself; COPY --parents keeps folders`,
  ];
}

/** A mode for files is one for folders too, and without the right to pass nobody but root reads what is in them. */
function closedFolders({ chmod }: CopyAction, layer: Layer): readonly string[] {
  if (chmod === undefined || !/^[0-7]+$/.test(chmod) || (Number.parseInt(chmod, 8) & EXECUTE) !== 0)
    return [];
  const folder = layer.entries.find(
    ({ type, mode }) => type === 'directory' && (mode & 0o777) === (Number.parseInt(chmod, 8) & 0o777),
  );
  if (!folder) return [];
  return [
    `--chmod=${chmod} is the mode of folders too, so that only root can enter "/${folder.path}"; write --chmod=u=rwX,go=rX`,
  ];
}
