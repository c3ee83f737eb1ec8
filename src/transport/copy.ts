/** An image from one place to another, byte for byte: what arrives has the digest of what was read, wherever that can be. */
import { DecantError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { isIndexType } from '../oci/media-types.ts';
import { formatPlatform, hostPlatform, type Platform } from '../oci/platform.ts';
import { choose, childrenOf } from './choose.ts';
import type { Chosen, ImageSource, ImageTarget, Means, Written } from './image.ts';
import { referrersOf } from './referrers.ts';
import type { Location } from './location.ts';
import { openSource, openTarget } from './open.ts';

export interface CopyRequest extends Means {
  readonly source: Location;
  readonly target: Location;
  /** Of an index, the image for this platform, or all of them. Default: all, or this machine's where only one can be held. */
  readonly platform?: Platform | 'all' | undefined;
  /** What is about the image goes along: signatures, attestations, bills of materials. */
  readonly referrers?: boolean | undefined;
}

export interface Copied extends Written {
  readonly source: string;
  readonly target: string;
  /** The digest of what was read. */
  readonly sourceDigest: string;
  /** What is about the image, and went along. */
  readonly referrers: readonly Descriptor[];
  /** Bytes of blobs that had to be sent. */
  readonly copiedBytes: number;
}

/** Throws USAGE, IMAGE_UNKNOWN, IMAGE_PLATFORM, NETWORK, REGISTRY_DENIED, FILE_UNWRITABLE and what else its two ends throw. */
export async function copyImage(request: CopyRequest): Promise<Copied> {
  const target = await openTarget(request.target, request);
  const source = interruptible(await openSource(request.source, request), request.signal);
  try {
    const chosen = await choose(source, platformFor(request.platform, source, target));
    const about = request.referrers ? await referrersOf(source, chosen) : [];
    if (about.length > 0 && !target.about)
      throw new DecantError('USAGE', `${target.name} cannot hold what is about an image`, {
        hint: 'copy it without --referrers, or to a registry, the store or oci:DIR',
      });
    const written = await withReferrers(await target.write(chosen, source), about, target.about, source);
    return {
      source: source.name,
      target: target.name,
      sourceDigest: topOf(chosen).digest,
      ...written,
      referrers: about.map(({ documents: [{ descriptor }] }) => descriptor),
      copiedBytes: copiedBytes(written),
    };
  } finally {
    await source.close();
  }
}

async function withReferrers(
  written: Written,
  about: readonly Chosen[],
  target: ImageTarget | undefined,
  source: ImageSource,
): Promise<Written> {
  const blobs = [...written.blobs];
  for (const chosen of about) blobs.push(...((await target?.write(chosen, source))?.blobs ?? []));
  return { ...written, blobs: [...new Map(blobs.map((blob) => [blob.digest, blob])).values()] };
}

export function copiedBytes({ blobs }: Written): number {
  return blobs.reduce((sum, { action, size }) => sum + (action === 'copied' ? size : 0), 0);
}

/** Stops at the next chunk. */
export function interruptible(source: ImageSource, signal: AbortSignal | undefined): ImageSource {
  return {
    ...source,
    blob: async function* (blob) {
      for await (const chunk of source.blob(blob)) {
        if (signal?.aborted) throw new DecantError('INTERRUPTED', `interrupted while copying ${source.name}`);
        yield chunk;
      }
    },
  };
}

function topOf({ documents }: Chosen): { readonly digest: string } {
  return (documents.at(-1) ?? documents[0]).descriptor;
}

function platformFor(
  asked: Platform | 'all' | undefined,
  source: ImageSource,
  target: ImageTarget,
): Platform | 'all' {
  if (!isIndexType(source.top.descriptor.mediaType)) return asked ?? 'all';
  if (target.holdsIndexes) return asked ?? 'all';
  if (asked !== 'all') return asked ?? hostPlatform();
  const platforms = childrenOf(source, source.top).flatMap(({ platform }) =>
    platform && platform.os !== 'unknown' ? [formatPlatform(platform)] : [],
  );
  throw new DecantError('USAGE', `${target.name} can hold the image for one platform only`, {
    hint: `choose with --platform: ${[...new Set(platforms)].join(', ')}; or copy to oci: or oci-archive:`,
  });
}
