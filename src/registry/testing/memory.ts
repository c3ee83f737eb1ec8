/** What a registry in memory holds: repositories with blobs, manifests, tags and uploads under way. */
import { sha256 } from '../../codec/digest.ts';
import { isIndexType } from '../../oci/media-types.ts';

export interface StoredManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

export interface MemoryRepository {
  readonly blobs: Map<string, Buffer>;
  /** By digest. */
  readonly manifests: Map<string, StoredManifest>;
  /** Tag to digest. */
  readonly tags: Map<string, string>;
  readonly uploads: Map<string, Buffer>;
}

export interface Memory {
  readonly repositories: ReadonlyMap<string, MemoryRepository>;
  /** The repository, made unless it is there. */
  readonly repository: (path: string) => MemoryRepository;
  readonly manifest: (
    path: string,
    reference: string,
  ) => (StoredManifest & { readonly digest: string }) | undefined;
  /** The code of the error that a registry answers, or undefined when it was taken. */
  readonly putManifest: (path: string, reference: string, manifest: StoredManifest) => string | undefined;
}

interface Document {
  readonly config?: { readonly digest: string };
  readonly layers?: readonly { readonly digest: string }[];
  readonly manifests?: readonly { readonly digest: string }[];
}

export function createMemory(): Memory {
  const repositories = new Map<string, MemoryRepository>();
  const repository = (path: string): MemoryRepository => {
    const found = repositories.get(path) ?? {
      blobs: new Map<string, Buffer>(),
      manifests: new Map<string, StoredManifest>(),
      tags: new Map<string, string>(),
      uploads: new Map<string, Buffer>(),
    };
    repositories.set(path, found);
    return found;
  };
  return {
    repositories,
    repository,
    manifest: (path, reference) => {
      const found = repositories.get(path);
      const digest = reference.startsWith('sha256:') ? reference : found?.tags.get(reference);
      const manifest = digest === undefined ? undefined : found?.manifests.get(digest);
      return manifest && digest !== undefined ? { ...manifest, digest } : undefined;
    },
    putManifest: (path, reference, manifest) => {
      const { blobs, manifests, tags } = repository(path);
      const digest = sha256(manifest.bytes);
      if (reference.startsWith('sha256:') && reference !== digest) return 'DIGEST_INVALID';
      const document = JSON.parse(manifest.bytes.toString()) as Document;
      const isComplete = isIndexType(manifest.mediaType)
        ? (document.manifests ?? []).every((child) => manifests.has(child.digest))
        : [document.config, ...(document.layers ?? [])].every(
            (blob) => blob === undefined || blobs.has(blob.digest),
          );
      if (!isComplete) return 'MANIFEST_BLOB_UNKNOWN';
      manifests.set(digest, manifest);
      if (!reference.startsWith('sha256:')) tags.set(reference, digest);
      return undefined;
    },
  };
}
