/** `decant ls`: the images in the store, or the files of one image */
import { DecantError } from '../../errors.ts';
import { imageFiles, locate, type ImageFiles } from '../../inspect/files/image-files.ts';
import { fileJson, formatListing } from '../../report/files/listing.ts';
import type { Node } from '../../tree/entry.ts';
import { joinPath } from '../../tree/path.ts';
import { walk } from '../../tree/tree.ts';
import { formatJson } from '../../report/text/json.ts';
import { withImage } from '../image-input.ts';
import { print, textOptions } from '../io.ts';
import { command as images } from './images.ts';

interface Flags {
  readonly recursive?: boolean;
  readonly platform?: string;
  readonly quiet?: boolean;
  readonly format: 'text' | 'json';
}

export async function command(
  image: string | undefined,
  path: string | undefined,
  flags: Flags,
): Promise<number> {
  const { recursive = false, quiet, format } = flags;
  if (image === undefined) {
    if (recursive || flags.platform !== undefined)
      throw new DecantError('USAGE', 'whose files? `decant ls` alone lists the images in the store', {
        hint: 'write decant ls IMAGE [PATH]',
      });
    return images(flags);
  }
  if (quiet) throw new DecantError('USAGE', '--quiet is for the list of images');
  await withImage(image, flags.platform, async (view) => {
    const files = await imageFiles(view);
    const nodes = listed(files, locate(files, path ?? '/'), recursive);
    print(
      format === 'json'
        ? formatJson(nodes.map((node) => fileJson(node, files)))
        : formatListing(nodes, files, { ...textOptions(), paths: recursive }),
    );
  });
  return 0;
}

/** What is in a directory; anything else is itself. */
function listed({ tree }: ImageFiles, node: Node, recursive: boolean): readonly Node[] {
  if (node.type !== 'directory') return [node];
  if (recursive) return [...walk(tree, node.path)].slice(1);
  return tree.list(node.path).flatMap((name) => tree.get(joinPath(node.path, name)) ?? []);
}
