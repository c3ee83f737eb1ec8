/**
 * An image for several platforms out of images for one (OCI image-spec, image-index.md): its index names them all, those of
 * other indexes among them, and what is about them (attestations) comes along.
 */
import { sha256 } from '../codec/digest.ts';
import { DecantError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { encodeIndex } from '../oci/manifest.ts';
import { isIndexType, MEDIA_TYPE } from '../oci/media-types.ts';
import { bestMatch, formatPlatform, type Platform } from '../oci/platform.ts';
import type { Document } from '../registry/protocol/manifests.ts';
import { childrenOf, choose, platformOf } from './choose.ts';
import { copiedBytes, interruptible } from './copy.ts';
import type { ImageSource, Means, Written } from './image.ts';
import type { Location } from './location.ts';
import { openSource, openTarget } from './open.ts';

export interface IndexRequest extends Means {
  readonly target: Location;
  readonly sources: readonly Location[];
  /** Only these; an image for none of them is left out. Default: all. */
  readonly platforms?: readonly Platform[] | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

export interface CreatedIndex extends Written {
  readonly target: string;
  readonly manifests: readonly Descriptor[];
  readonly copiedBytes: number;
}

/** BuildKit's annotation of an attestation: which manifest it is about. */
const ABOUT = 'vnd.docker.reference.digest';

/** Throws USAGE for two images for one platform, IMAGE_PLATFORM for one that nobody has, and what its ends throw. */
export async function createIndex(request: IndexRequest): Promise<CreatedIndex> {
  const target = await openTarget(request.target, request);
  if (!target.holdsIndexes)
    throw new DecantError('USAGE', `${target.name} cannot hold an image for several platforms`);
  const sources: ImageSource[] = [];
  try {
    const entries = new Map<string, { readonly entry: Descriptor; readonly source: ImageSource }>();
    for (const location of request.sources) {
      const source = interruptible(await openSource(location, request), request.signal);
      sources.push(source);
      for (const entry of wanted(await entriesOf(source), request.platforms)) {
        if (!entries.has(entry.digest)) entries.set(entry.digest, { entry, source });
      }
    }
    check([...entries.values()], request.platforms, target.name);
    const manifests = [...entries.values()].map(({ entry }) => entry);
    const { annotations } = request;
    const bytes = Buffer.from(
      encodeIndex({ mediaType: MEDIA_TYPE.index, manifests, ...(annotations ? { annotations } : {}) }),
    );
    const top = {
      descriptor: { mediaType: MEDIA_TYPE.index, digest: sha256(bytes), size: bytes.length },
      bytes,
    };
    const joined = joinedSource(target.name, top, entries);
    const written = await target.write(await choose(joined, 'all'), joined);
    return { target: target.name, manifests, ...written, copiedBytes: copiedBytes(written) };
  } finally {
    for (const source of sources) await source.close();
  }
}

/** What an index has to say of an image: its descriptors, or that of a manifest with the platform of its config. */
export async function entriesOf(source: ImageSource): Promise<readonly Descriptor[]> {
  const { descriptor } = source.top;
  if (isIndexType(descriptor.mediaType)) return childrenOf(source, source.top);
  const platform = await platformOf(source, source.top);
  return [platform === undefined ? descriptor : { ...descriptor, platform }];
}

function wanted(
  entries: readonly Descriptor[],
  platforms: readonly Platform[] | undefined,
): readonly Descriptor[] {
  if (!platforms) return entries;
  const chosen = new Set(
    platforms.flatMap(
      (platform) =>
        bestMatch(
          entries.filter((entry) => entry.platform),
          platform,
        )?.digest ?? [],
    ),
  );
  return entries.filter(
    ({ digest, annotations }) => chosen.has(digest) || chosen.has(annotations?.[ABOUT] ?? ''),
  );
}

function check(
  found: readonly { readonly entry: Descriptor; readonly source: ImageSource }[],
  platforms: readonly Platform[] | undefined,
  target: string,
): void {
  const missing = platforms?.find(
    (platform) =>
      !bestMatch(
        found.map(({ entry }) => entry),
        platform,
      ),
  );
  if (missing || found.length === 0) {
    throw new DecantError(
      'IMAGE_PLATFORM',
      missing
        ? `none of the images is for platform ${formatPlatform(missing)}`
        : `there is nothing to put into ${target}`,
    );
  }
  const seen = new Map<string, string>();
  for (const { entry, source } of found) {
    if (!entry.platform || entry.platform.os === 'unknown') continue;
    const platform = [formatPlatform(entry.platform), entry.platform['os.version'] ?? ''].join(' ').trim();
    const before = seen.get(platform);
    if (before !== undefined) {
      throw new DecantError('USAGE', `${before} and ${source.name} are both for platform ${platform}`, {
        hint: 'name one image for each platform',
      });
    }
    seen.set(platform, source.name);
  }
}

/** The new index, with what it names taken from where that is. */
function joinedSource(
  name: string,
  top: Document,
  entries: ReadonlyMap<string, { readonly source: ImageSource }>,
): ImageSource {
  const sources = [...new Set([...entries.values()].map(({ source }) => source))];
  const owners = new Map<string, ImageSource>();
  const ownerOf = (digest: string): ImageSource =>
    entries.get(digest)?.source ?? owners.get(digest) ?? (sources[0] as ImageSource);
  return {
    name,
    top,
    document: async (descriptor) => {
      const source = ownerOf(descriptor.digest);
      const document = await source.document(descriptor);
      for (const digest of document.bytes.toString('utf8').match(/sha256:[0-9a-f]{64}/g) ?? [])
        if (!owners.has(digest)) owners.set(digest, source);
      return document;
    },
    blob: (blob) => ownerOf(blob.digest).blob(blob),
    repositories: (digest) => sources.flatMap((source) => source.repositories(digest)),
    close: async () => {},
  };
}
