/** Images by name, digest or id. An image is here when index.json has its manifest; its blobs are verified when read. */
import { DecantError } from '../errors.ts';
import { decodeConfig, MAX_CONFIG_BYTES } from '../oci/config.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { isDigest } from '../oci/digest.ts';
import { type Image, imagePlatform, joinImage } from '../oci/image.ts';
import { decodeIndex, decodeManifest, type Manifest, MAX_MANIFEST_BYTES } from '../oci/manifest.ts';
import { isIndexType } from '../oci/media-types.ts';
import { entryName, isNamed, namedEntry } from '../oci/names.ts';
import { bestMatch, formatPlatform, hostPlatform, type Platform } from '../oci/platform.ts';
import { canonical, familiar, parseImageName, parseReference } from '../oci/reference.ts';
import type { Blobs } from './blobs.ts';
import type { IndexFile } from './index-file.ts';
import type { Locks } from './locks.ts';
import { isReferrer } from './referrers.ts';

export interface StoredImage {
  /** Of its manifest, or of its index where it is for several platforms. Without the annotations that name it. */
  readonly descriptor: Descriptor;
  /** Familiar names, sorted: `debian:bookworm`. Empty for an image that was built without a name. */
  readonly names: readonly string[];
}

/** An image for one platform with its documents. */
export interface LoadedImage {
  readonly image: Image;
  readonly manifest: Manifest;
  /** Of the manifest for this platform. */
  readonly descriptor: Descriptor;
  /** Digest of the config: the image id. */
  readonly id: string;
  /** The config's bytes as they are in the store. */
  readonly config: Buffer;
}

export interface Images {
  /** All images, each once, sorted by first name; those without a name come last. */
  readonly list: () => Promise<readonly StoredImage[]>;
  /**
   * By name (`latest` where it has no tag), manifest digest, image id, or a beginning of either of at least four hex
   * digits. A name wins over an id. Throws IMAGE_UNKNOWN when several images begin so.
   */
  readonly find: (text: string) => Promise<StoredImage | undefined>;
  /** As `find`, but throws IMAGE_UNKNOWN, or REFERENCE_INVALID for what can be no image's name, instead of giving undefined. */
  readonly get: (text: string) => Promise<StoredImage>;
  /**
   * Gives the image these names, taking them from other images; with no names it is kept as one without a name. Its
   * blobs must be in the store. Throws REFERENCE_INVALID before anything is changed.
   */
  readonly tag: (names: readonly string[], descriptor: Descriptor) => Promise<void>;
  /** Takes a name away, and with its last name the image. Whether there was such a name. */
  readonly untag: (name: string) => Promise<boolean>;
  /** Takes the image with all its names out of the list. Its blobs go with `prune`. */
  readonly drop: (digest: string) => Promise<readonly string[]>;
  /** Reads the image for a platform (default: this machine's). Throws IMAGE_DAMAGED, DIGEST_MISMATCH, IMAGE_PLATFORM. */
  readonly load: (image: StoredImage, platform?: Platform) => Promise<LoadedImage>;
  /** As `load`, but where an index has nothing for this machine the first image of it that is here. */
  readonly loadAny: (image: StoredImage) => Promise<LoadedImage>;
}

const ID_PREFIX = /^(?:sha256:)?([0-9a-f]{4,64})$/;

export function imagesOf(index: IndexFile, blobs: Blobs, locks: Locks): Images {
  const list = (): readonly StoredImage[] => group(index.read().filter((entry) => !isReferrer(entry)));

  const idsOf = async ({ descriptor }: StoredImage): Promise<readonly string[]> => {
    // A damaged image must not hide the others; asking for it by name tells what is wrong with it.
    try {
      const manifests = await manifestsOf(blobs, descriptor);
      return [
        descriptor.digest,
        ...manifests.flatMap(({ digest, manifest }) => [digest, manifest.config.digest]),
      ];
    } catch {
      return [descriptor.digest];
    }
  };

  const find = async (text: string): Promise<StoredImage | undefined> => {
    const all = list();
    const named = byName(all, text);
    if (named) return named;
    const prefix = ID_PREFIX.exec(text)?.[1];
    if (prefix === undefined) return undefined;
    const found: StoredImage[] = [];
    for (const image of all) {
      const ids = await idsOf(image);
      if (ids.some((id) => id.startsWith(`sha256:${prefix}`))) found.push(image);
    }
    if (found.length > 1) {
      throw new DecantError('IMAGE_UNKNOWN', `${found.length} images have an id that begins with ${text}`, {
        hint: 'give more digits of the id, or a name',
      });
    }
    return found[0];
  };

  return {
    list: () => Promise.resolve().then(list),
    find,
    get: async (text) => {
      const found = await find(text);
      if (found) return found;
      if (!isDigest(text) && !ID_PREFIX.test(text)) parseReference(text);
      throw new DecantError('IMAGE_UNKNOWN', `there is no image ${text} in the store`, {
        hint: '`decant images` lists the images that are there',
      });
    },
    tag: async (names, descriptor) => {
      const parsed = names.map(parseImageName);
      const wanted = new Set(parsed.map(canonical));
      const entries =
        wanted.size > 0
          ? parsed.map((name) => namedEntry(descriptor, name))
          : [namedEntry(descriptor, undefined)];
      const add = (present: readonly Descriptor[]): readonly Descriptor[] =>
        addEntries(present, descriptor.digest, entries, wanted);
      // A rebuild from cache gives the image the names that it has already: nothing to lock, nothing to write.
      const present = index.read();
      if (add(present) === present) return;
      const release = await locks.use();
      try {
        await index.change(add);
      } finally {
        release();
      }
    },
    untag: async (text) => {
      const name = canonical(parseImageName(text));
      let found = false;
      await index.change((entries) => {
        const kept = entries.filter((entry) => nameOf(entry) !== name);
        found = kept.length < entries.length;
        return found ? kept : entries;
      });
      return found;
    },
    drop: async (digest) => {
      let names: readonly string[] = [];
      await index.change((entries) => {
        const dropped = entries.filter((entry) => entry.digest === digest);
        names = group(dropped).flatMap((image) => image.names);
        return dropped.length > 0 ? entries.filter((entry) => entry.digest !== digest) : entries;
      });
      return names;
    },
    load: (image, platform) => loadImage(blobs, image, platform),
    loadAny: (image) => loadImage(blobs, image, undefined, true),
  };
}

/** Every manifest that the descriptor leads to and the store has: itself, or those of an index. */
export async function manifestsOf(
  blobs: Blobs,
  descriptor: Descriptor,
): Promise<readonly { readonly digest: string; readonly manifest: Manifest }[]> {
  const what = `image ${descriptor.digest}`;
  const bytes = await blobs.readBytes(descriptor.digest, MAX_MANIFEST_BYTES);
  if (!isIndexType(descriptor.mediaType)) {
    return [{ digest: descriptor.digest, manifest: decodeManifest(bytes, what) }];
  }
  const found: { digest: string; manifest: Manifest }[] = [];
  for (const child of decodeIndex(bytes, what).manifests) {
    // An index may name platforms that were never pulled. Indexes within indexes are not images of ours.
    if (isIndexType(child.mediaType) || !blobs.has(child.digest)) continue;
    const manifest = await blobs.readBytes(child.digest, MAX_MANIFEST_BYTES);
    found.push({ digest: child.digest, manifest: decodeManifest(manifest, `image ${child.digest}`) });
  }
  return found;
}

async function loadImage(
  blobs: Blobs,
  stored: StoredImage,
  platform?: Platform,
  orAny = false,
): Promise<LoadedImage> {
  const what = `image ${stored.names[0] ?? stored.descriptor.digest}`;
  const descriptor = await choose(blobs, stored, what, platform ?? hostPlatform(), orAny);
  const manifest = decodeManifest(
    await blobs.readBytes(descriptor.digest, MAX_MANIFEST_BYTES),
    `${what}: manifest`,
  );
  const config = await blobs.readBytes(manifest.config.digest, MAX_CONFIG_BYTES);
  const image = joinImage(manifest, decodeConfig(config, `${what}: config`), what);
  if (platform && !bestMatch([{ platform: imagePlatform(image.config) }], platform)) {
    throw wrongPlatform(what, platform, [formatPlatform(imagePlatform(image.config))]);
  }
  return { image, manifest, descriptor, id: manifest.config.digest, config };
}

async function choose(
  blobs: Blobs,
  stored: StoredImage,
  what: string,
  platform: Platform,
  orAny: boolean,
): Promise<Descriptor> {
  if (!isIndexType(stored.descriptor.mediaType)) return stored.descriptor;
  const bytes = await blobs.readBytes(stored.descriptor.digest, MAX_MANIFEST_BYTES);
  const offered = decodeIndex(bytes, what).manifests.filter(
    (child) => !isIndexType(child.mediaType) && blobs.has(child.digest),
  );
  // What has no platform is about an image, not one.
  const any = orAny ? offered.find((child) => child.platform?.os !== 'unknown') : undefined;
  const found = bestMatch(offered, platform) ?? any;
  if (found) return found;
  throw wrongPlatform(
    what,
    platform,
    offered.flatMap((child) => (child.platform ? [formatPlatform(child.platform)] : [])),
  );
}

function wrongPlatform(what: string, wanted: Platform, offered: readonly string[]): DecantError {
  return new DecantError('IMAGE_PLATFORM', `${what} is not there for platform ${formatPlatform(wanted)}`, {
    hint: offered.length > 0 ? `it is there for ${[...new Set(offered)].join(', ')}` : undefined,
  });
}

function byName(images: readonly StoredImage[], text: string): StoredImage | undefined {
  try {
    const reference = parseReference(text);
    if (reference.digest !== undefined)
      return images.find(({ descriptor }) => descriptor.digest === reference.digest);
    const name = familiar(parseImageName(text));
    return images.find(({ names }) => names.includes(name));
  } catch {
    // Not a name; it may be a digest or an id.
    return isDigest(text) ? images.find(({ descriptor }) => descriptor.digest === text) : undefined;
  }
}

function group(entries: readonly Descriptor[]): readonly StoredImage[] {
  const byDigest = new Map<string, { descriptor: Descriptor; names: string[] }>();
  for (const entry of entries) {
    const found = byDigest.get(entry.digest) ?? { descriptor: namedEntry(entry, undefined), names: [] };
    byDigest.set(entry.digest, found);
    const name = entryName(entry);
    if (name && !found.names.includes(familiar(name))) found.names.push(familiar(name));
  }
  const images = [...byDigest.values()];
  for (const image of images) image.names.sort();
  // '~' sorts after every character a name may begin with.
  const key = ({ names, descriptor }: StoredImage): string => names[0] ?? `~${descriptor.digest}`;
  return images.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function addEntries(
  present: readonly Descriptor[],
  digest: string,
  added: readonly Descriptor[],
  wanted: ReadonlySet<string>,
): readonly Descriptor[] {
  const same = present.filter((entry) => entry.digest === digest);
  const has = (name: string): boolean => same.some((entry) => nameOf(entry) === name);
  if (wanted.size === 0 ? same.length > 0 : [...wanted].every(has) && same.every(isNamed)) {
    return present;
  }
  const kept = present.filter((entry) => {
    const name = nameOf(entry);
    if (name !== undefined) return !wanted.has(name);
    // The image has a name now, so its entry without one goes.
    return entry.digest !== digest || isNamed(entry);
  });
  return [...kept, ...new Map(added.map((entry) => [nameOf(entry), entry])).values()];
}

function nameOf(entry: Descriptor): string | undefined {
  const name = entryName(entry);
  return name && canonical(name);
}

/** The image's name that the text is, if it is not a digest or an id. */
export function nameAmong(names: readonly string[], text: string): string | undefined {
  try {
    const name = familiar(parseImageName(text));
    return names.includes(name) ? name : undefined;
  } catch {
    return undefined;
  }
}
