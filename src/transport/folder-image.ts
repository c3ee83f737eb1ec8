/**
 * A folder that is a root file system, seen as an image of one layer: the image that copying it onto nothing would give.
 * Its bytes are read once for the digests that the image is known by; nothing is kept.
 */
import { resolve } from 'node:path';
import { digestOf, verified } from '../codec/digest.ts';
import { DecantError } from '../errors.ts';
import type { ImageView } from '../inspect/image/image-view.ts';
import { imageDocuments, makeImage } from '../oci/image.ts';
import { decodeManifest } from '../oci/manifest.ts';
import { MEDIA_TYPE } from '../oci/media-types.ts';
import { hostPlatform, type Platform } from '../oci/platform.ts';
import { readUpper } from '../sandbox/upper.ts';
import { openContents } from '../store/contents.ts';
import { foreignEntries } from '../store/layer-entries.ts';
import type { Entry, FileEntry, Layer } from '../tree/entry.ts';
import { packLayer } from '../tree/pack.ts';
import { untilAborted, viewOf } from './image-view.ts';
import type { ReadMeans } from './image.ts';

/** @throws DecantError FILE_UNREADABLE, COPY_FAILED, INTERRUPTED, TOOL_MISSING */
export async function folderImage(
  folder: string,
  means: ReadMeans,
  platform: Platform = hostPlatform(),
): Promise<ImageView> {
  const name = `dir:${folder}`;
  const files = await layerOf(resolve(folder));
  const open = openContents(means.store, () => Promise.reject(new TypeError('a folder has no blobs')));
  const pack = (): AsyncIterable<Uint8Array> => packLayer(files, { open });
  const { digest, size } = await digestOf(untilAborted(pack(), name, means.signal));
  // Whoever reads it again is told when the folder is no longer the same.
  const tar = (): AsyncIterable<Uint8Array> => verified(pack(), { digest, size }, name);
  const { architecture, os, variant } = platform;
  const image = makeImage({ architecture, os, ...(variant !== undefined && { variant }), config: {} }, [
    { descriptor: { mediaType: MEDIA_TYPE.layer, digest, size }, diffId: digest },
  ]);
  const { config, configDescriptor, manifest, manifestDescriptor } = imageDocuments(image);
  const listed = new Map<string, FileEntry>();
  const onDisk = new Map(files.entries.map((entry) => [entry.path, entry]));
  return viewOf({
    name,
    names: [],
    loaded: {
      image,
      manifest: decodeManifest(manifest),
      descriptor: manifestDescriptor,
      id: configDescriptor.digest,
      config: Buffer.from(config),
    },
    layers: {
      isHere: () => true,
      async entries(layer) {
        const { entries } = await foreignEntries(means.store, layer, tar);
        for (const entry of entries) if (entry.type === 'file') listed.set(entry.path, entry);
        return { entries };
      },
      packed: tar,
      file: () => Promise.resolve(undefined),
      // The files lie there, and need no stream to be found in.
      open: () => (entry) => open(partOnDisk(entry, listed.get(entry.path), onDisk.get(entry.path))),
    },
    means,
    close: async () => {},
  });
}

/** Whoever wants a part of a file asks for bytes at a place of the stream. */
function partOnDisk(wanted: FileEntry, listed: Entry | undefined, there: Entry | undefined): FileEntry {
  if (
    wanted.content.kind !== 'blob' ||
    listed?.type !== 'file' ||
    listed.content.kind !== 'blob' ||
    there?.type !== 'file' ||
    there.content.kind !== 'file'
  )
    return wanted;
  const offset = wanted.content.offset - listed.content.offset;
  return { ...there, size: wanted.size, content: { ...there.content, offset } };
}

async function layerOf(folder: string): Promise<Layer> {
  try {
    // No layer is below it: what an overlay would take for removed or hidden is a device and an attribute.
    const entries = await readUpper(folder, {
      startedAt: Infinity,
      userNamespace: true,
      below: () => undefined,
    });
    return { entries };
  } catch (error) {
    if (error instanceof DecantError) throw error;
    throw new DecantError('FILE_UNREADABLE', `cannot read the folder ${folder}`, { cause: error });
  }
}
