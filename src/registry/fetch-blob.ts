/** One blob from wherever it is to be had into the store, which believes it only when digest and size agree. */
import { DecantError } from '../errors.ts';
import type { Emit } from '../events.ts';
import { told } from '../net/told.ts';
import { isIndexType, isManifestType } from '../oci/media-types.ts';
import { parseReference } from '../oci/reference.ts';
import type { Blobs, Supply } from '../store/blobs.ts';
import type { Origin } from '../store/origins.ts';
import type { Repository } from './config/registries.ts';
import { readUnverified } from './protocol/blobs.ts';
import { getManifest } from './protocol/manifests.ts';
import type { Session } from './protocol/session.ts';

/** What the store calls for blobs that were left in a registry: one repository after another is asked. */
export function supplyFrom(session: Session, emit: Emit): Supply {
  return async (origin, put) => {
    let failure: unknown;
    for (const name of origin.repositories) {
      const { domain, path } = parseReference(name);
      try {
        await fetchBlob(session, { domain, path }, origin, put, emit);
        return;
      } catch (error) {
        if (error instanceof DecantError && error.code === 'INTERRUPTED') throw error;
        failure ??= error;
      }
    }
    throw failure;
  };
}

/** Throws DIGEST_MISMATCH when what came was wrong twice, NETWORK, REGISTRY_DENIED, IMAGE_UNKNOWN, DISK_FULL. */
export async function fetchBlob(
  session: Session,
  repository: Repository,
  blob: Pick<Origin, 'digest' | 'size' | 'mediaType'>,
  put: Blobs['put'],
  emit: Emit,
): Promise<void> {
  const { digest, size, mediaType } = blob;
  if (isManifestType(mediaType) || isIndexType(mediaType)) {
    const document = await getManifest(session, repository, digest);
    if (!document) throw gone(repository, digest);
    await put(once(document.bytes), { digest, size });
    return;
  }
  await session.anywhere(repository, async (place) => {
    const fetch = (): Promise<unknown> =>
      put(
        told(
          readUnverified(session, place, blob),
          emit,
          `pull ${digest}`,
          `pulling ${shortDigest(digest)}`,
          size,
        ),
        { digest, size },
      );
    try {
      await fetch();
    } catch (error) {
      // A byte that fell over on the way is right the next time; what is wrong twice is wrong there.
      if (!(error instanceof DecantError && error.code === 'DIGEST_MISMATCH')) throw error;
      await fetch();
    }
    return true;
  });
}

/** `sha256:` and enough digits to tell one from the other. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}

function gone({ domain, path }: Repository, digest: string): DecantError {
  return new DecantError('IMAGE_UNKNOWN', `${domain}/${path} does not have ${digest} any more`);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
