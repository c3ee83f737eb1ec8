import { expect, test } from 'vitest';
import { attestationManifest } from './attestation-manifest.ts';
import { sha256 } from '../codec/digest.ts';

const image = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: sha256(Buffer.from('image')),
  size: 5,
  platform: { architecture: 'arm64', os: 'linux' },
};
const bytes = Buffer.from('{"statement":1}');
const statements = [{ predicateType: 'https://slsa.dev/provenance/v1', bytes }];
const parsed = (blob: Uint8Array | undefined): unknown => JSON.parse(Buffer.from(blob ?? []).toString());

test('is an artifact about the image, and says so in the index', () => {
  const { descriptor, blobs } = attestationManifest(image, statements);
  expect(descriptor).toMatchObject({
    digest: sha256(blobs.at(-1) ?? Buffer.alloc(0)),
    platform: { architecture: 'unknown', os: 'unknown' },
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': image.digest,
    },
  });
  expect(parsed(blobs.at(-1))).toEqual({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    artifactType: 'application/vnd.docker.attestation.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: sha256(Buffer.from('{}')), size: 2 },
    layers: [
      {
        mediaType: 'application/vnd.in-toto+json',
        digest: sha256(bytes),
        size: bytes.length,
        annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v1' },
      },
    ],
    subject: { mediaType: image.mediaType, digest: image.digest, size: 5 },
  });
});

test('or an image without files, as BuildKit wrote it', () => {
  const { blobs } = attestationManifest(image, statements, { asImage: true });
  expect(parsed(blobs[1])).toEqual({
    architecture: 'unknown',
    os: 'unknown',
    config: {},
    rootfs: { type: 'layers', diff_ids: [sha256(bytes)] },
  });
  expect(parsed(blobs[2])).not.toHaveProperty('subject');
});
