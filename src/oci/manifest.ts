/**
 * Manifests (OCI image-spec, manifest.md) and indexes (image-index.md), and Docker's schema 2 of both, which has the
 * same fields. Decoders take hostile bytes; encoders give the same bytes for the same value.
 */
import { decodeDescriptor, orderDescriptor } from './descriptor.ts';
import type { Descriptor } from './descriptor.ts';
import { canonicalJson, damaged, defined, parseObject, sorted } from './json.ts';
import type { Fields } from './json.ts';
import { isIndexType, isManifestType, MEDIA_TYPE } from './media-types.ts';

export interface Manifest {
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  /** From the lowest layer up. */
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Index {
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What registries have to accept (distribution-spec, "Pushing Manifests"), and the most that is read. */
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const MAX_LAYERS = 1000;

/** Reads a manifest. Throws IMAGE_DAMAGED. */
export function decodeManifest(bytes: Uint8Array, what = 'image manifest'): Manifest {
  const fields = parseObject(bytes, what, MAX_MANIFEST_BYTES);
  const mediaType = fields.string('mediaType') ?? MEDIA_TYPE.manifest;
  checkSchema(fields);
  // A document that claims both shapes could be one image for one tool and another for the next (CVE-2021-41190).
  if (!isManifestType(mediaType) || fields.objects('manifests'))
    throw damaged(`${what} is not an image manifest`);
  const layers = fields.required('layers', fields.objects('layers'));
  if (layers.length > MAX_LAYERS)
    throw damaged(`${what} has ${layers.length} layers, at most ${MAX_LAYERS} are read`);
  const subject = fields.object('subject');
  return defined<Manifest>({
    mediaType,
    artifactType: fields.string('artifactType'),
    config: decodeDescriptor(fields.required('config', fields.object('config'))),
    layers: layers.map(decodeDescriptor),
    subject: subject && decodeDescriptor(subject),
    annotations: fields.stringMap('annotations'),
  });
}

/** Reads an index (Docker: manifest list). Throws IMAGE_DAMAGED. */
export function decodeIndex(bytes: Uint8Array, what = 'image index', maxBytes = MAX_MANIFEST_BYTES): Index {
  const fields = parseObject(bytes, what, maxBytes);
  const mediaType = fields.string('mediaType') ?? MEDIA_TYPE.index;
  checkSchema(fields);
  if (!isIndexType(mediaType) || fields.objects('layers')) throw damaged(`${what} is not an image index`);
  const subject = fields.object('subject');
  return defined<Index>({
    mediaType,
    artifactType: fields.string('artifactType'),
    manifests: fields.required('manifests', fields.objects('manifests')).map(decodeDescriptor),
    subject: subject && decodeDescriptor(subject),
    annotations: fields.stringMap('annotations'),
  });
}

export function encodeManifest(manifest: Manifest): Uint8Array {
  return canonicalJson({
    schemaVersion: 2,
    mediaType: manifest.mediaType,
    artifactType: manifest.artifactType,
    config: orderDescriptor(manifest.config),
    layers: manifest.layers.map(orderDescriptor),
    subject: manifest.subject && orderDescriptor(manifest.subject),
    annotations: sorted(manifest.annotations),
  });
}

export function encodeIndex(index: Index): Uint8Array {
  return canonicalJson({
    schemaVersion: 2,
    mediaType: index.mediaType,
    artifactType: index.artifactType,
    manifests: index.manifests.map(orderDescriptor),
    subject: index.subject && orderDescriptor(index.subject),
    annotations: sorted(index.annotations),
  });
}

function checkSchema(fields: Fields): void {
  const version = fields.integer('schemaVersion');
  if (version !== 2) throw damaged(`${fields.what}: schema version ${version ?? 'missing'}, only 2 is read`);
}
