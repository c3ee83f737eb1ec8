/** `decant cat` */
import { once } from 'node:events';
import { DecantError } from '../../errors.ts';
import type { ImageView } from '../../inspect/image/image-view.ts';
import { locate } from '../../inspect/files/image-files.ts';
import type { Entry, FileEntry } from '../../tree/entry.ts';
import { printable } from '../../report/text/printable.ts';
import { withImage } from '../image-input.ts';
import { standardOutput } from '../io.ts';

interface Flags {
  readonly platform?: string;
}

export async function command(image: string, paths: readonly string[], flags: Flags): Promise<void> {
  await withImage(image, flags.platform, async (view) => {
    const tree = await view.tree();
    const from = new Map<Entry, number>();
    for (const layer of view.layers)
      for (const entry of (await layer.entries()).entries) from.set(entry, layer.index);
    // All of them are there before the first is shown.
    const wanted = paths.map((path) => {
      const node = locate({ tree, name: view.name }, path);
      if (node.type === 'file') return node;
      throw new DecantError(
        'PATH_UNKNOWN',
        `/${node.path} in ${view.name} is a ${kind(node.type)}, not a file`,
        {
          hint: node.type === 'directory' ? `decant ls ${view.name} /${node.path} lists it` : undefined,
        },
      );
    });
    for (const file of wanted) await show(view, file, from.get(file));
  });
}

function kind(type: string): string {
  return type === 'char' || type === 'block' ? 'device' : type;
}

/** A terminal gets text that it obeys in nothing; everything else gets the bytes. */
async function show(view: ImageView, file: FileEntry, index: number | undefined): Promise<void> {
  const output = standardOutput();
  const decoder = output.isTTY ? new TextDecoder() : undefined;
  const layer = index === undefined ? undefined : view.layers[index];
  const write = async (bytes: Uint8Array): Promise<boolean> => {
    if (output.destroyed || output.writableEnded) return false;
    const chunk = decoder ? printable(decoder.decode(bytes, { stream: true })) : bytes;
    if (!output.write(chunk)) await Promise.race([once(output, 'drain'), once(output, 'close')]);
    return true;
  };
  await layer?.read(
    (entry) => entry === file || (file.link !== undefined && entry.link === file.link),
    async (_, bytes) => {
      for await (const chunk of bytes) if (!(await write(chunk))) return false;
      return false;
    },
  );
  const rest = decoder?.decode();
  if (rest) output.write(printable(rest));
}
