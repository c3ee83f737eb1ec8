/** Content descriptors (OCI image-spec, descriptor.md): type, digest and size of a blob that lies elsewhere. */
import { checkDigest } from './digest.ts';
import { damaged, defined, sorted } from './json.ts';
import type { Fields } from './json.ts';
import { decodePlatform } from './platform.ts';
import type { Platform } from './platform.ts';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
  readonly artifactType?: string;
}

export function decodeDescriptor(fields: Fields): Descriptor {
  const size = fields.required('size', fields.integer('size'));
  if (size < 0) throw damaged(`${fields.what}: size ${size} is negative`);
  const platform = fields.object('platform');
  return defined<Descriptor>({
    mediaType: fields.required('mediaType', fields.string('mediaType')),
    digest: checkDigest(fields.required('digest', fields.string('digest')), fields.what),
    size,
    urls: fields.strings('urls'),
    annotations: fields.stringMap('annotations'),
    platform: platform && decodePlatform(platform),
    artifactType: fields.string('artifactType'),
  });
}

/** The descriptor in the key order of the specification's own type, for `canonicalJson`. */
export function orderDescriptor(descriptor: Descriptor): object {
  const { mediaType, digest, size, urls, annotations, platform, artifactType } = descriptor;
  return {
    mediaType,
    digest,
    size,
    urls,
    annotations: sorted(annotations),
    platform: platform && {
      architecture: platform.architecture,
      os: platform.os,
      'os.version': platform['os.version'],
      'os.features': platform['os.features'],
      variant: platform.variant,
    },
    artifactType,
  };
}
