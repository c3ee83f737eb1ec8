/**
 * An image as a value: its config and its layers. Manifest and config documents are made from it, and it is read back
 * from them; everything that connects the two (as many layers as diff ids, in the same order) is checked here.
 */
import { sha256 } from '../codec/digest.ts';
import { decodeConfig, encodeConfig } from './config.ts';
import type { ImageConfig } from './config.ts';
import type { Descriptor } from './descriptor.ts';
import { damaged, defined } from './json.ts';
import { decodeManifest, encodeManifest } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { isConfigType, layerCompression, MEDIA_TYPE } from './media-types.ts';
import { normalizePlatform } from './platform.ts';
import type { Platform } from './platform.ts';

export interface LayerDescriptor {
  /** Of the layer's blob, as it lies in the store and goes to a registry. */
  readonly descriptor: Descriptor;
  /** sha256 of its uncompressed tar stream. */
  readonly diffId: string;
}

export interface Image {
  /** Its `rootfs.diff_ids` are those of `layers`. */
  readonly config: ImageConfig;
  /** From the lowest up. */
  readonly layers: readonly LayerDescriptor[];
}

/** The two documents of an image, and what to call them. */
export interface ImageDocuments {
  readonly config: Uint8Array;
  readonly configDescriptor: Descriptor;
  readonly manifest: Uint8Array;
  /** With the image's platform, as an index needs it. */
  readonly manifestDescriptor: Descriptor;
}

/** Puts config and layers together; the config's diff ids become those of the layers. */
export function makeImage(
  config: Omit<ImageConfig, 'rootfs'> & { readonly rootfs?: unknown },
  layers: readonly LayerDescriptor[],
): Image {
  return {
    config: { ...config, rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) } },
    layers,
  };
}

/** The same image always gives the same bytes. */
export function imageDocuments(image: Image, annotations?: Readonly<Record<string, string>>): ImageDocuments {
  const config = encodeConfig(image.config);
  return documentsFor(config, image, annotations);
}

/** As `imageDocuments`, around a config whose bytes are given (from another tool) and keep their digest. */
export function documentsFor(
  config: Uint8Array,
  image: Image,
  annotations?: Readonly<Record<string, string>>,
): ImageDocuments {
  const configDescriptor: Descriptor = {
    mediaType: MEDIA_TYPE.config,
    digest: sha256(config),
    size: config.byteLength,
  };
  const manifest = encodeManifest(
    defined<Manifest>({
      mediaType: MEDIA_TYPE.manifest,
      config: configDescriptor,
      layers: image.layers.map(({ descriptor: { mediaType, digest, size } }) => ({
        mediaType,
        digest,
        size,
      })),
      annotations,
    }),
  );
  const manifestDescriptor: Descriptor = {
    mediaType: MEDIA_TYPE.manifest,
    digest: sha256(manifest),
    size: manifest.byteLength,
    platform: imagePlatform(image.config),
  };
  return { config, configDescriptor, manifest, manifestDescriptor };
}

/** Reads an image back from its two documents. Throws IMAGE_DAMAGED. */
export function readImage(manifest: Uint8Array, config: Uint8Array, what: string): Image {
  const decoded = decodeManifest(manifest, `${what}: manifest`);
  return joinImage(decoded, decodeConfig(config, `${what}: config`), what);
}

/** Checks that manifest and config speak of the same layers. Throws IMAGE_DAMAGED. */
export function joinImage(manifest: Manifest, config: ImageConfig, what: string): Image {
  if (!isConfigType(manifest.config.mediaType)) {
    throw damaged(
      `${what} is not a container image: its config is of type ${JSON.stringify(manifest.config.mediaType)}`,
    );
  }
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== manifest.layers.length) {
    throw damaged(
      `${what}: ${manifest.layers.length} layers in its manifest, ${diffIds.length} in its config`,
    );
  }
  const layers = manifest.layers.map((descriptor, index): LayerDescriptor => {
    const compression = layerCompression(descriptor.mediaType);
    if (compression === undefined) {
      throw damaged(`${what}: layer ${index + 1} is of unknown type ${JSON.stringify(descriptor.mediaType)}`);
    }
    const diffId = diffIds[index] ?? '';
    if (compression === 'none' && diffId !== descriptor.digest) {
      throw damaged(`${what}: layer ${index + 1} is not compressed, yet digest and diff id differ`);
    }
    return { descriptor, diffId };
  });
  return { config, layers };
}

export function imagePlatform(config: ImageConfig): Platform {
  const { architecture, os, variant } = config;
  return normalizePlatform(
    defined<Platform>({
      architecture,
      os,
      'os.version': config['os.version'],
      'os.features': config['os.features'],
      variant,
    }),
  );
}
