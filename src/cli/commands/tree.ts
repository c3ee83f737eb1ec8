/** `decant tree` */
import { DecantError } from '../../errors.ts';
import { locate } from '../../inspect/files/image-files.ts';
import { drawn, formatTree, treeJson } from '../../report/files/tree.ts';
import { formatJson } from '../../report/text/json.ts';
import { withImage } from '../image-input.ts';
import { print, textOptions } from '../io.ts';

interface Flags {
  readonly depth?: string;
  readonly directories?: boolean;
  readonly platform?: string;
  readonly format: 'text' | 'json';
}

export async function command(image: string, path: string | undefined, flags: Flags): Promise<void> {
  const { depth = '', directories = false, format } = flags;
  if (depth !== '' && !/^[1-9]\d{0,3}$/.test(depth))
    throw new DecantError('USAGE', `--depth "${depth}" is no number of levels`);
  const options = { depth: depth === '' ? Infinity : Number(depth), directoriesOnly: directories };
  await withImage(image, flags.platform, async (view) => {
    const tree = await view.tree();
    const top = drawn(tree, locate({ tree, name: view.name }, path ?? '/'), options);
    print(format === 'json' ? formatJson(treeJson(top)) : formatTree(top, textOptions()));
  });
}
