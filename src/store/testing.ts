/** What the store's tests share: a store in a folder of its own, and small images to put into it. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { sha256 } from '../codec/digest.ts';
import { encodeTarHeader, TAR_END, tarPadding } from '../codec/tar/tar.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Image, imageDocuments, makeImage } from '../oci/image.ts';
import { MEDIA_TYPE } from '../oci/media-types.ts';
import { removeTree } from './remove-tree.ts';
import { openStore, type Store } from './store.ts';

export interface TestStore {
  readonly store: Store;
  readonly root: string;
  readonly again: () => Promise<Store>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

export async function testStore(): Promise<TestStore> {
  const folder = mkdtempSync(join(tmpdir(), 'decant-store-'));
  const root = join(folder, 'store');
  return {
    root,
    store: await openStore(root),
    again: () => openStore(root),
    [Symbol.asyncDispose]: async () => void (await removeTree(folder)),
  };
}

/** A tar archive of these files. */
export function tarOf(files: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const parts = Object.entries(files).flatMap(([path, content]) => {
    const bytes = Buffer.from(content);
    const header = encodeTarHeader({
      path,
      type: 'file',
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtime: 0,
      size: bytes.length,
    });
    return [header, bytes, tarPadding(bytes.length)];
  });
  return Buffer.concat([...parts, TAR_END]);
}

/** Stores an image with one uncompressed layer; `text` makes it differ from others. */
export async function putImage(
  store: Store,
  text: string,
): Promise<{ readonly descriptor: Descriptor; readonly image: Image }> {
  const layer = tarOf({ 'file.txt': text });
  const digest = sha256(layer);
  await store.blobs.put(chunks(layer), { digest, size: layer.length });
  const image = makeImage({ architecture: 'amd64', os: 'linux', config: { Cmd: ['/bin/true'] } }, [
    { descriptor: { mediaType: MEDIA_TYPE.layer, digest, size: layer.length }, diffId: digest },
  ]);
  const documents = imageDocuments(image);
  await store.blobs.putBytes(documents.config);
  await store.blobs.putBytes(documents.manifest);
  return { descriptor: documents.manifestDescriptor, image };
}

export async function* chunks(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}
