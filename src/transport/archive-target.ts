/** An image as one archive, written as its blobs come: an OCI layout in a tar, or what `docker load` reads. */
import { collect, streamOf } from '../codec/stream.ts';
import { told } from '../net/told.ts';
import { archiveOf, type ArchiveType, type BlobReader, layoutFiles } from '../oci/archive-write.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { damaged } from '../oci/json.ts';
import { decodeIndex, encodeIndex } from '../oci/manifest.ts';
import { MEDIA_TYPE } from '../oci/media-types.ts';
import { parseImageName } from '../oci/reference.ts';
import { shortDigest } from '../registry/fetch-blob.ts';
import type { Document } from '../registry/protocol/manifests.ts';
import type { Emit } from '../events.ts';
import type { Chosen, ImageSource, ImageTarget } from './image.ts';
import { taggedEntry } from './layout-names.ts';

export interface ArchiveTarget {
  readonly name: string;
  readonly type: ArchiveType;
  readonly tag: string | undefined;
  /** Takes the archive's bytes to where they belong. */
  readonly deliver: (bytes: AsyncIterable<Uint8Array>) => Promise<void>;
  readonly emit: Emit;
}

/** Throws what delivering and what reading the source throw. */
export function archiveTarget({ name, type, tag, deliver, emit }: ArchiveTarget): ImageTarget {
  return {
    name,
    holdsIndexes: type === 'oci-archive',
    write: async (chosen, source) => {
      const { descriptor } = chosen.documents.at(-1) as Document;
      const names = type === 'docker-archive' && tag !== undefined ? [parseImageName(tag)] : [];
      const files = await layoutFiles([{ descriptor, names }], readerOf(chosen, source, emit), type);
      const index = files.find(({ path }) => path === 'index.json');
      const written = await collect(index?.content() ?? streamOf());
      const [top = descriptor] = decodeIndex(written).manifests;
      if (type === 'oci-archive') {
        // By its own name in there, which may be a tag alone.
        const manifests = [taggedEntry(descriptor, tag)];
        const bytes = encodeIndex({ mediaType: MEDIA_TYPE.index, manifests });
        const named = { path: 'index.json', size: bytes.length, content: () => streamOf(bytes) };
        await deliver(archiveOf(files.map((file) => (file === index ? named : file))));
      } else {
        await deliver(archiveOf(files));
      }
      return {
        descriptor: { mediaType: top.mediaType, digest: top.digest, size: top.size },
        blobs: chosen.blobs.map(({ digest, size }) => ({ digest, size, action: 'copied' })),
      };
    },
  };
}

/** What an archive is written from: documents that are here, and blobs that come when they are asked for. */
function readerOf({ documents, blobs }: Chosen, source: ImageSource, emit: Emit): BlobReader {
  const known = new Map(documents.map(({ descriptor, bytes }) => [descriptor.digest, bytes]));
  const byDigest = new Map<string, Descriptor>(blobs.map((blob) => [blob.digest, blob]));
  const find = (digest: string): Descriptor => {
    const blob = byDigest.get(digest);
    if (blob) return blob;
    throw damaged(`image ${source.name}: blob ${digest} is missing`);
  };
  return {
    read: (digest) => {
      const blob = find(digest);
      return told(source.blob(blob), emit, `copy ${digest}`, `copying ${shortDigest(digest)}`, blob.size);
    },
    readBytes: async (digest, maxBytes) =>
      known.get(digest) ??
      collect(source.blob(find(digest)), maxBytes, () =>
        damaged(`image ${source.name}: blob ${digest} is larger than ${maxBytes} bytes`),
      ),
  };
}
