/**
 * What every transport offers: an image to be read, document by document and blob by blob, and a place to write one to.
 * Blobs stream from one to the other; nothing is kept in between.
 */
import type { Emit } from '../events.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Document } from '../registry/protocol/manifests.ts';
import type { Session } from '../registry/protocol/session.ts';
import type { Store } from '../store/store.ts';

export interface ImageSource {
  /** For messages. */
  readonly name: string;
  /** Its manifest, or the index of an image for several platforms. */
  readonly top: Document;
  /** A document that an index names. Throws IMAGE_UNKNOWN where it is missing. */
  readonly document: (descriptor: Descriptor) => Promise<Document>;
  /** The blob's bytes from the beginning; the last of them comes once digest and size agree. */
  readonly blob: (blob: Descriptor) => AsyncIterable<Uint8Array>;
  /** The file that the blob is in, unverified, where it is one of this machine. */
  readonly file?: (digest: string) => string | undefined;
  /** Repositories that have the blob, from which a registry may take it over: `docker.io/library/debian`. */
  readonly repositories: (digest: string) => readonly string[];
  /** What is about the manifest with this digest. Absent where nothing can be. */
  readonly referrers?: (digest: string) => Promise<readonly Descriptor[]>;
  readonly close: () => Promise<void>;
}

/** What is copied of an image. */
export interface Chosen {
  /** Each after those that it names; the last is the image itself. */
  readonly documents: readonly [...Document[], Document];
  /** Layers and configs, each once. */
  readonly blobs: readonly Descriptor[];
}

export interface ImageTarget {
  readonly name: string;
  /** Whether it can hold an image for several platforms. */
  readonly holdsIndexes: boolean;
  readonly write: (chosen: Chosen, source: ImageSource) => Promise<Written>;
  /** Where manifests go that are about the image, without a name. Absent where they cannot be held. */
  readonly about?: ImageTarget;
}

export interface Written {
  /** Of the document that the image has there; another digest than the source's where it had to be changed. */
  readonly descriptor: Descriptor;
  readonly blobs: readonly WrittenBlob[];
}

export interface WrittenBlob {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly action: 'present' | 'mounted' | 'copied';
  /** The repository that it was mounted from. */
  readonly from?: string;
}

/** What reading images works with. */
export type ReadMeans = Omit<Means, 'writeFile'>;

/** What the transports work with. */
export interface Means {
  readonly store: Store;
  readonly session: () => Promise<Session>;
  /** Writes a file whole or not at all. */
  readonly writeFile: (path: string, bytes: AsyncIterable<Uint8Array>) => Promise<void>;
  /** The bytes of a file. Throws FILE_UNREADABLE. */
  readonly readFile: (path: string) => Promise<AsyncIterable<Uint8Array>>;
  /** Where `DOCKER_HOST` is named. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly emit: Emit;
  readonly signal?: AbortSignal | undefined;
}
