/**
 * An image from a root file system in a tar archive (`decant import`). The archive is read once: checked, listed,
 * hashed and packed on the way. However it was compressed, the same archive gives the same image.
 */
import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { decompressAuto } from '../codec/compression.ts';
import { gzip } from '../codec/gzip/gzip.ts';
import { DecantError } from '../errors.ts';
import type { Emit } from '../events.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { imageDocuments, makeImage } from '../oci/image.ts';
import { MEDIA_TYPE } from '../oci/media-types.ts';
import type { Platform } from '../oci/platform.ts';
import { familiar, parseImageName } from '../oci/reference.ts';
import { ARCHIVE_LIMITS } from '../store/archive-limits.ts';
import type { Store } from '../store/store.ts';
import { layerFromTar } from '../tree/from-tar.ts';
import type { Content, FileEntry, Layer } from '../tree/entry.ts';
import { startTransfer } from '../net/told.ts';
import { rememberEntries } from '../store/layer-entries.ts';

export interface ImportRequest {
  readonly store: Store;
  readonly archive: AsyncIterable<Uint8Array>;
  /** The archive's name for messages. */
  readonly what: string;
  readonly name: string;
  readonly platform: Platform;
  readonly epoch?: number | undefined;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

/** @throws DecantError ARCHIVE_UNSAFE, ARCHIVE_INVALID, REFERENCE_INVALID, DISK_FULL, INTERRUPTED */
export async function importRoot(
  request: ImportRequest,
): Promise<{ readonly name: string; readonly descriptor: Descriptor; readonly imageId: string }> {
  const { store, platform, epoch, signal } = request;
  const name = familiar(parseImageName(request.name));
  const release = await store.use({ signal });
  try {
    const { layer, diffId, blob } = await takeIn(request);
    await rememberEntries(store, blob.digest, layer);
    const created = new Date((epoch ?? 0) * 1000).toISOString().replace('.000Z', 'Z');
    const image = makeImage(
      {
        created,
        architecture: platform.architecture,
        ...(platform.variant === undefined ? {} : { variant: platform.variant }),
        os: platform.os,
        config: {},
        history: [{ created, created_by: 'decant import', comment: 'decant' }],
      },
      [{ descriptor: { mediaType: MEDIA_TYPE.layerGzip, ...blob }, diffId }],
    );
    const documents = imageDocuments(image);
    await store.blobs.putBytes(documents.config);
    await store.blobs.putBytes(documents.manifest);
    await store.images.tag([name], documents.manifestDescriptor);
    return { name, descriptor: documents.manifestDescriptor, imageId: documents.configDescriptor.digest };
  } finally {
    release();
  }
}

/** One pass over the archive. */
async function takeIn({ store, archive, what, signal, emit }: ImportRequest) {
  const toLister = new PassThrough();
  const listing = layerFromTar(toLister, {
    what,
    content: (offset) => placeholder(offset),
    whiteouts: false,
    absolute: 'refuse',
  });
  // A lister that has given up must also end what feeds it.
  listing.catch((error: unknown) => toLister.destroy(error as Error));
  const hash = createHash('sha256');
  const transfer = startTransfer(emit, 'import', `importing ${what}`);
  let isEmpty = true;
  async function* plain(): AsyncGenerator<Uint8Array> {
    for await (const chunk of decompressAuto(archive, { ...ARCHIVE_LIMITS, name: what })) {
      signal.throwIfAborted();
      isEmpty = false;
      hash.update(chunk);
      transfer.add(chunk.length);
      if (toLister.destroyed) await listing;
      if (!toLister.write(chunk)) await Promise.race([drained(toLister), listing]);
      yield chunk;
    }
    if (isEmpty) throw empty(what);
    toLister.end();
    // What is in the archive is checked before the blob is there.
    await listing;
  }
  try {
    const blob = await store.blobs.put(gzip(plain()));
    transfer.done();
    const layer = await listing;
    return { layer: pointedAt(layer, blob.digest), diffId: `sha256:${hash.digest('hex')}`, blob };
  } catch (error) {
    toLister.destroy();
    await listing.catch(() => {});
    throw error;
  }
}

/** Most often the end of a pipe whose beginning has failed. */
function empty(what: string): DecantError {
  return new DecantError('ARCHIVE_INVALID', `${what} is empty`, {
    hint: 'did the program that should have written it fail?',
  });
}

function drained(stream: PassThrough): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void): void => {
      stream.off('drain', drain).off('error', fail);
      end();
    };
    const drain = (): void => settle(resolve);
    const fail = (error: Error): void => settle(() => reject(error));
    stream.on('drain', drain).on('error', fail);
  });
}

/** The blob's digest is known only at its end. */
function placeholder(offset: number): Content {
  return { kind: 'blob', blob: '', offset };
}

function pointedAt(layer: Layer, blob: string): Layer {
  const point = (file: FileEntry): FileEntry =>
    file.content.kind === 'blob' ? { ...file, content: { ...file.content, blob } } : file;
  return { entries: layer.entries.map((entry) => (entry.type === 'file' ? point(entry) : entry)) };
}
