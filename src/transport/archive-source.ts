/** An image in an archive: an OCI layout in a tar, or what `docker save` writes. It is taken apart beside the store first. */
import { MAX_MANIFEST_BYTES } from '../oci/manifest.ts';
import type { OpenArchive } from '../store/transfer.ts';
import type { ImageSource } from './image.ts';
import { findTagged, missingDocument } from './layout-names.ts';

/** Closes the archive when it is closed itself. Throws IMAGE_UNKNOWN. `name` is without the tag. */
export async function archiveSource(
  { images, blobs, close }: OpenArchive,
  name: string,
  tag: string | undefined,
): Promise<ImageSource> {
  const document: ImageSource['document'] = async ({ mediaType, digest, size }) => {
    if (blobs.size(digest) === undefined) throw missingDocument(name, digest);
    const bytes = Buffer.from(await blobs.readBytes(digest, MAX_MANIFEST_BYTES));
    return { descriptor: { mediaType, digest, size }, bytes };
  };
  try {
    const entries = images.map(({ descriptor, tags }) => ({ digest: descriptor.digest, descriptor, tags }));
    return {
      name: tag === undefined ? name : `${name}:${tag}`,
      top: await document(findTagged(entries, tag, name).descriptor),
      document,
      blob: ({ digest }) => blobs.read(digest),
      file: blobs.file,
      repositories: () => [],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
