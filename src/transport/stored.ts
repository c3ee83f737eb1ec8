/** Images in decant's own store. What was left in a registry is fetched from there when it is read. */
import { skipped, told } from '../net/told.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { MAX_MANIFEST_BYTES } from '../oci/manifest.ts';
import { familiar, parseImageName } from '../oci/reference.ts';
import { shortDigest } from '../registry/fetch-blob.ts';
import { inParallel } from '../registry/parallel.ts';
import type { Document } from '../registry/protocol/manifests.ts';
import type { Store } from '../store/store.ts';
import type { ImageSource, ImageTarget, Means, WrittenBlob } from './image.ts';

/** Throws IMAGE_UNKNOWN, and what reading the store throws. */
export async function storeSource(store: Store, name: string): Promise<ImageSource> {
  const release = await store.use();
  try {
    const { descriptor } = await store.images.get(name);
    const document: ImageSource['document'] = async (wanted) => {
      const { mediaType, digest, size } = wanted;
      return {
        descriptor: { mediaType, digest, size },
        bytes: await store.blobs.readBytes(digest, MAX_MANIFEST_BYTES),
      };
    };
    return {
      name,
      top: await document(descriptor),
      document,
      blob: ({ digest, size }) => store.blobs.read(digest, { size }),
      file: store.blobs.path,
      repositories: (digest) => store.origins.get(digest)?.repositories ?? [],
      referrers: store.referrers.list,
      close: async () => release(),
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** Throws REFERENCE_INVALID, DISK_FULL, STORE_UNWRITABLE, and what reading the source throws. */
export function storeTarget(means: Means, text: string): ImageTarget {
  const { store } = means;
  const names = text === '' ? [] : [familiar(parseImageName(text))];
  const [name = 'the store'] = names;
  return {
    ...targetIn(means, name, (descriptor) => store.images.tag(names, descriptor)),
    about: targetIn(means, name, (descriptor) => store.referrers.add(descriptor)),
  };
}

/** @param keep Makes what is written one of the store's. */
function targetIn(
  { store, emit, signal }: Means,
  name: string,
  keep: (descriptor: Descriptor) => Promise<void>,
): ImageTarget {
  return {
    name,
    holdsIndexes: true,
    write: async ({ documents, blobs }, source) => {
      const release = await store.use({ signal });
      try {
        const done = new Map<string, WrittenBlob>();
        await inParallel(blobs, async (blob) => {
          const { digest, size } = blob;
          const isThere = store.blobs.has(digest);
          if (isThere) skipped(emit, `copy ${digest}`, `blob ${shortDigest(digest)}`, 'in the store');
          const bytes = told(
            source.blob(blob),
            emit,
            `copy ${digest}`,
            `copying ${shortDigest(digest)}`,
            size,
          );
          if (!isThere) await store.blobs.put(bytes, { digest, size });
          done.set(digest, { digest, size, action: isThere ? 'present' : 'copied' });
        });
        for (const { bytes } of documents) await store.blobs.putBytes(bytes);
        const { descriptor } = documents.at(-1) as Document;
        await keep(descriptor);
        return { descriptor, blobs: blobs.flatMap(({ digest }) => done.get(digest) ?? []) };
      } finally {
        release();
      }
    },
  };
}
