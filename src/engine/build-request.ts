/** What a build is asked for besides its plan, and what it answers. */
import type { BuildSummary } from '../events.ts';
import type { BuildCache } from '../oci/build-cache.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Platform } from '../oci/platform.ts';
import type { Attestation, Attestor } from './attest/attestation.ts';
import type { BuildOptions, CacheMode } from './embedded/build.ts';
import type { Annotation } from './outputs/annotations.ts';
import type { Output } from './outputs/output.ts';

export interface BuildRequest extends BuildOptions {
  readonly names: readonly string[];
  /** Without any, the image goes to the store. */
  readonly outputs: readonly Output[];
  readonly annotations?: readonly Annotation[] | undefined;
  /** Where what was learned goes besides the store, when all outputs are done. */
  readonly cacheTo?: readonly CacheTarget[] | undefined;
  /** The image's config carries the cache of its own layers. */
  readonly inlineCache?: boolean | undefined;
  /** What is attested of the image for each platform. */
  readonly attestors?: readonly Attestor[] | undefined;
  /** Hands an archive to another engine, for outputs of type `load`. */
  readonly load?: ((archive: AsyncIterable<Uint8Array>) => Promise<void>) | undefined;
  /** Brings an image of the store to the registries of its names; for outputs that want that. */
  readonly push?: ((image: PushedImage) => Promise<void>) | undefined;
}

export interface PushedImage {
  readonly descriptor: Descriptor;
  readonly names: readonly string[];
  /** Under no tag: the names say which repositories it goes to. */
  readonly byDigest: boolean;
}

export interface CacheTarget {
  readonly mode: CacheMode;
  readonly write: (cache: BuildCache) => Promise<void>;
}

export interface BuildResult {
  /** Of the manifest, or of the index where there is one; absent where no output has one. */
  readonly descriptor?: Descriptor;
  /** Digest of the config; of several platforms, of the index. */
  readonly imageId?: string;
  /** The image for each platform; none where no output has one. */
  readonly images: readonly BuiltImage[];
  readonly names: readonly string[];
  readonly summary: BuildSummary;
}

export interface BuiltImage {
  readonly platform: Platform;
  /** Of the manifest. */
  readonly descriptor: Descriptor;
  /** Digest of the config. */
  readonly imageId: string;
  readonly attestations: readonly Attestation[];
}
