/** The files of an image as its layers give them: what stands at a path, which layer it is from, and whose it is. */
import { collect } from '../../codec/stream.ts';
import { DecantError } from '../../errors.ts';
import type { Entry, FileEntry, Node } from '../../tree/entry.ts';
import { baseName, cleanPath, parentOf } from '../../tree/path.ts';
import { resolvePath, type Tree } from '../../tree/tree.ts';
import type { ImageView } from '../image/image-view.ts';
import { accountNames, type AccountNames } from './accounts.ts';

export interface ImageFiles {
  /** The image's name, for messages. */
  readonly name: string;
  readonly tree: Tree;
  /** How many layers there are. */
  readonly layers: number;
  /** The index of the layer that the tree has this node from; undefined for a directory that layers only imply. */
  readonly layerOf: (node: Node) => number | undefined;
  readonly accounts: AccountNames;
}

/** Accounts of more than this are none that people gave names to. */
const MAX_ACCOUNT_BYTES = 4 * 1024 * 1024;

export async function imageFiles(image: ImageView): Promise<ImageFiles> {
  const tree = await image.tree();
  const from = new Map<Entry, number>();
  for (const layer of image.layers)
    for (const entry of (await layer.entries()).entries) from.set(entry, layer.index);
  const layerOf = (node: Node): number | undefined => from.get(node);
  const read = async (path: string): Promise<string> => {
    const node = nodeAt(tree, resolved(tree, path));
    const index = node && from.get(node);
    if (node?.type !== 'file' || node.size > MAX_ACCOUNT_BYTES || index === undefined) return '';
    return (await readFile(image, node, index)).toString('utf8');
  };
  const accounts = accountNames(await read('etc/passwd'), await read('etc/group'));
  return { name: image.name, tree, layers: image.layers.length, layerOf, accounts };
}

/** One file of a layer whole, without making the others of it readable first. */
async function readFile(image: ImageView, file: FileEntry, index: number): Promise<Buffer> {
  if (file.content.kind === 'inline') return Buffer.from(file.content.bytes);
  let found: Buffer = Buffer.alloc(0);
  await image.layers[index]?.read(
    (entry) => entry === file || (file.link !== undefined && entry.link === file.link),
    async (_, bytes) => {
      found = await collect(bytes, file.size);
    },
  );
  return found;
}

/** What stands at a path that a user wrote, links followed. Throws PATH_UNKNOWN. */
export function locate({ tree, name }: Pick<ImageFiles, 'tree' | 'name'>, path: string): Node {
  const end = resolved(tree, path);
  const node = nodeAt(tree, end);
  if (node) return node;
  throw missing(tree, name, path, end);
}

function nodeAt(tree: Tree, path: string | undefined): Node | undefined {
  return path === undefined ? undefined : tree.get(path);
}

/** The path that links lead to; undefined where they lead in a circle. */
function resolved(tree: Tree, path: string): string | undefined {
  try {
    return resolvePath(tree, path);
  } catch (error) {
    if (error instanceof DecantError && error.code === 'COPY_FAILED') return undefined;
    throw error;
  }
}

function missing(tree: Tree, name: string, path: string, end: string | undefined): DecantError {
  const asked = `/${cleanPath(path)}`;
  if (end === undefined)
    return new DecantError(
      'PATH_UNKNOWN',
      `${asked} in ${name} is links that lead to each other in a circle`,
    );
  const leads = `/${end}` === asked ? '' : `, which leads to /${end}`;
  let above = parentOf(end);
  while (above !== '' && !tree.get(above)) above = parentOf(above);
  const node = tree.get(above);
  const next = end.slice(above === '' ? 0 : above.length + 1).split('/', 1)[0] ?? baseName(end);
  const hint =
    node && node.type !== 'directory' ? `/${above} is no directory` : `/${above} has nothing called ${next}`;
  return new DecantError('PATH_UNKNOWN', `there is no ${asked} in ${name}${leads}`, { hint });
}
