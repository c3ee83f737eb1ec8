/**
 * `index.json`: which images the store has and what they are called (OCI image-spec, image-layout.md, "index.json
 * file"). Read without a lock (it is replaced whole), changed only under the lock `index`.
 */
import { DecantError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { decodeIndex, encodeIndex, type Index } from '../oci/manifest.ts';
import { MEDIA_TYPE } from '../oci/media-types.ts';
import { REF_NAME } from '../oci/names.ts';
import { readIfPresent, writeFileAtomic } from './files.ts';
import type { StoreLayout } from './layout.ts';
import type { Locks } from './locks.ts';
import type { TemporaryFolders } from './tmp.ts';

export interface IndexFile {
  /** Throws STORE_DAMAGED when it cannot be understood. A store that has none has no images. */
  readonly read: () => readonly Descriptor[];
  /** Replaces the entries by what `change` makes of them; the file stays as it is when that is the same array. */
  readonly change: (
    change: (entries: readonly Descriptor[]) => readonly Descriptor[],
    options?: { readonly signal?: AbortSignal | undefined },
  ) => Promise<void>;
}

/** Thousands of images; a larger file is not ours. */
const MAX_INDEX_BYTES = 64 * 1024 * 1024;

export function indexFileOf(layout: StoreLayout, locks: Locks, tmp: TemporaryFolders): IndexFile {
  const path = layout.path('index.json');
  const readIndex = (): Index => {
    const bytes = readIfPresent(path);
    if (!bytes) return { mediaType: MEDIA_TYPE.index, manifests: [] };
    try {
      return decodeIndex(bytes, path, MAX_INDEX_BYTES);
    } catch (error) {
      throw new DecantError('STORE_DAMAGED', `the store's list of images is damaged: ${path}`, {
        cause: error,
        hint: `restore that file, or move it away to start with no images (build cache and layers are kept)`,
      });
    }
  };
  return {
    read: () => readIndex().manifests,
    change: async (change, options) => {
      layout.ensure();
      await locks.hold(
        'index',
        async () => {
          const index = readIndex();
          const manifests = change(index.manifests);
          const fresh = readIfPresent(path) === undefined;
          if (manifests === index.manifests && !fresh) return;
          const bytes = encodeIndex({ ...index, manifests: sortEntries(manifests) });
          writeFileAtomic(path, bytes, await tmp.path());
        },
        options,
      );
    },
  };
}

function sortEntries(entries: readonly Descriptor[]): readonly Descriptor[] {
  const key = (entry: Descriptor): string => `${entry.annotations?.[REF_NAME] ?? ''}\0${entry.digest}`;
  return [...entries].sort((a, b) => (key(a) < key(b) ? -1 : Number(key(a) > key(b))));
}
