/**
 * Attestations beside an image in its index, as BuildKit keeps them (docs/attestations/attestation-storage.md there):
 * a manifest whose layers are statements, with annotations that say which image it is about, for a platform that is none.
 * It is an OCI artifact, or with `asImage` what BuildKit before 0.32 wrote, which looks like an image without files.
 */
import { sha256 } from '../codec/digest.ts';
import { encodeConfig } from './config.ts';
import type { Descriptor } from './descriptor.ts';
import { encodeManifest } from './manifest.ts';
import { MEDIA_TYPE } from './media-types.ts';

const REFERENCE_TYPE = 'vnd.docker.reference.type';
const REFERENCE_DIGEST = 'vnd.docker.reference.digest';
const PREDICATE_TYPE = 'in-toto.io/predicate-type';

export interface Statement {
  readonly predicateType: string;
  readonly bytes: Uint8Array;
}

export interface AttestationManifest {
  /** As the index has it. */
  readonly descriptor: Descriptor;
  /** Everything that has to be in the store: statements, config, manifest. */
  readonly blobs: readonly Uint8Array[];
}

export function attestationManifest(
  image: Descriptor,
  statements: readonly Statement[],
  { asImage = false }: { readonly asImage?: boolean | undefined } = {},
): AttestationManifest {
  const layers = statements.map(({ predicateType, bytes }) => ({
    ...describe(MEDIA_TYPE.inToto, bytes),
    annotations: { [PREDICATE_TYPE]: predicateType },
  }));
  const config = asImage ? emptyImage(layers) : Buffer.from('{}');
  const manifest = encodeManifest({
    mediaType: MEDIA_TYPE.manifest,
    config: describe(asImage ? MEDIA_TYPE.config : MEDIA_TYPE.empty, config),
    layers,
    ...(asImage
      ? {}
      : {
          artifactType: MEDIA_TYPE.dockerAttestation,
          subject: { mediaType: image.mediaType, digest: image.digest, size: image.size },
        }),
  });
  return {
    descriptor: {
      ...describe(MEDIA_TYPE.manifest, manifest),
      annotations: { [REFERENCE_DIGEST]: image.digest, [REFERENCE_TYPE]: 'attestation-manifest' },
      platform: { architecture: 'unknown', os: 'unknown' },
    },
    blobs: [...statements.map(({ bytes }) => bytes), config, manifest],
  };
}

function emptyImage(layers: readonly Descriptor[]): Uint8Array {
  return encodeConfig({
    architecture: 'unknown',
    os: 'unknown',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  });
}

function describe(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: sha256(bytes), size: bytes.length };
}
