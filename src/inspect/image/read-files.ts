/**
 * Files of a layer in one pass over its tar stream: cut out at the offsets that the layer's entries name, so that a
 * stream that cannot be read from the middle is read once, however many files are wanted.
 */
import { ByteReader } from '../../codec/stream.ts';
import { DecantError } from '../../errors.ts';
import type { FileEntry, Layer } from '../../tree/entry.ts';
import type { TakeFile } from './image-view.ts';

/** @param tar The layer's uncompressed stream; opened only if something of it is wanted. */
export async function readFiles(
  layer: Layer,
  tar: () => AsyncIterable<Uint8Array>,
  wants: (file: FileEntry) => boolean,
  take: TakeFile,
): Promise<void> {
  const inStream: { readonly file: FileEntry; readonly offset: number }[] = [];
  const seen = new Set<string>();
  for (const entry of layer.entries) {
    if (entry.type !== 'file' || (entry.link !== undefined && seen.has(entry.link)) || !wants(entry))
      continue;
    if (entry.link !== undefined) seen.add(entry.link);
    const { content } = entry;
    if (content.kind === 'blob') inStream.push({ file: entry, offset: content.offset });
    else if (content.kind === 'inline') {
      if ((await take(entry, once(content.bytes))) === false) return;
    } else throw new TypeError(`"${entry.path}" is not in the layer's blob`);
  }
  if (inStream.length === 0) return;
  inStream.sort((a, b) => a.offset - b.offset);
  const reader = new ByteReader(tar());
  try {
    for (const { file, offset } of inStream) {
      await skipTo(reader, offset, file);
      if ((await take(file, exactly(reader, file))) === false) return;
    }
  } finally {
    await reader.close();
  }
}

async function skipTo(reader: ByteReader, offset: number, file: FileEntry): Promise<void> {
  const missing = await reader.skip(offset - reader.offset);
  if (missing > 0) throw cutOff(file);
}

async function* exactly(reader: ByteReader, file: FileEntry): AsyncGenerator<Uint8Array> {
  for (let left = file.size; left > 0;) {
    const bytes = await reader.some(left);
    if (bytes.length === 0) throw cutOff(file);
    left -= bytes.length;
    yield bytes;
  }
}

/** The list of entries says more than the blob has: one of them is not what it was. */
function cutOff({ path }: FileEntry): DecantError {
  return new DecantError('IMAGE_DAMAGED', `the layer ends before the content of "${path}"`);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
