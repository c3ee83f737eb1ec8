/**
 * Images in a registry (OCI distribution-spec v1.1): read as they stand; written blob by blob, where what is there is left,
 * what another repository of the same registry has is mounted, and the rest streams through.
 */
import type { ByteStream } from '../codec/stream.ts';
import { DecantError } from '../errors.ts';
import type { Emit } from '../events.ts';
import { skipped, told } from '../net/told.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ImageName } from '../oci/names.ts';
import { familiar, parseReference, type Reference } from '../oci/reference.ts';
import { repositoryName } from '../registry/config/registries.ts';
import { shortDigest } from '../registry/fetch-blob.ts';
import { inParallel } from '../registry/parallel.ts';
import { hasBlob, readBlob } from '../registry/protocol/blobs.ts';
import {
  type Document,
  getManifest,
  headManifest,
  pushScope,
  putManifest,
} from '../registry/protocol/manifests.ts';
import { listReferrer, listReferrers } from '../registry/protocol/referrers.ts';
import type { Session } from '../registry/protocol/session.ts';
import { mountBlob, pushBlob } from '../registry/protocol/upload.ts';
import type { ImageSource, ImageTarget, WrittenBlob } from './image.ts';

/** Throws IMAGE_UNKNOWN, NETWORK, REGISTRY_DENIED, DIGEST_MISMATCH, IMAGE_DAMAGED. */
export async function registrySource(session: Session, reference: Reference): Promise<ImageSource> {
  const get = async (wanted: string): Promise<Document> => {
    const document = await getManifest(session, reference, wanted);
    if (document) return document;
    const { domain, path } = reference;
    const missing =
      wanted === reference.tag ? familiar(reference) : familiar({ domain, path, digest: wanted });
    throw new DecantError('IMAGE_UNKNOWN', `there is no image ${missing} in its registry`, {
      hint:
        wanted === reference.tag
          ? `\`decant tags ls ${familiar({ domain, path })}\` lists the tags that are there`
          : undefined,
    });
  };
  return {
    name: familiar(reference),
    top: await get(reference.digest ?? reference.tag ?? ''),
    document: ({ digest }) => get(digest),
    blob: (blob) => fromAnywhere(session, reference, blob),
    referrers: (digest) => listReferrers(session, reference, digest),
    repositories: () => [repositoryName(reference)],
    close: async () => {},
  };
}

/** One place after the other is asked until one begins to answer. */
async function* fromAnywhere(
  session: Session,
  reference: Reference,
  blob: Descriptor,
): AsyncGenerator<Uint8Array> {
  const places = session.options.registries.placesOf(reference);
  for (const [index, place] of places.entries()) {
    let hasBegun = false;
    try {
      for await (const chunk of readBlob(session, place, blob)) {
        hasBegun = true;
        yield chunk;
      }
      return;
    } catch (error) {
      const isOurs = error instanceof DecantError && error.code !== 'INTERRUPTED';
      if (hasBegun || !isOurs || index === places.length - 1) throw error;
    }
  }
}

/** Throws NETWORK, REGISTRY_DENIED, and what reading the source throws. */
export function registryTarget(session: Session, name: ImageName, emit: Emit): ImageTarget {
  return {
    ...targetIn(session, name, () => name.tag, emit),
    about: targetIn(session, name, ({ descriptor }) => descriptor.digest, emit),
  };
}

/** @param referenceOf Under which the image is put. */
function targetIn(
  session: Session,
  name: ImageName,
  referenceOf: (top: Document) => string,
  emit: Emit,
): ImageTarget {
  return {
    name: familiar(name),
    holdsIndexes: true,
    write: async ({ documents, blobs }, source) => {
      const top = documents.at(-1) as Document;
      const isThere = await has(session, name, top.descriptor);
      const done = new Map<string, WrittenBlob>();
      await inParallel(blobs, async (blob) => {
        const outcome = isThere ? PRESENT : await place(session, name, source, blob, emit);
        done.set(blob.digest, { digest: blob.digest, size: blob.size, ...outcome });
        const why = outcome.action === 'mounted' ? `mounted from ${outcome.from}` : 'already in the registry';
        if (outcome.action !== 'copied')
          skipped(emit, `copy ${blob.digest}`, `blob ${shortDigest(blob.digest)}`, why);
      });
      if (!isThere) {
        for (const document of documents.slice(0, -1))
          await put(session, name, document.descriptor.digest, document);
      }
      await put(session, name, referenceOf(top), top);
      return { descriptor: top.descriptor, blobs: blobs.flatMap(({ digest }) => done.get(digest) ?? []) };
    },
  };
}

const PRESENT = { action: 'present' } as const;

/** A registry does not take a manifest without what it names: where it has this one, it has it all. */
async function has(session: Session, name: ImageName, { digest }: Descriptor): Promise<boolean> {
  // A mirror's answer says nothing about the registry itself.
  if (session.options.registries.placesOf(name).length > 1) return false;
  return (await headManifest(session, name, digest)) !== undefined;
}

async function place(
  session: Session,
  name: ImageName,
  source: ImageSource,
  blob: Descriptor,
  emit: Emit,
): Promise<Pick<WrittenBlob, 'action' | 'from'>> {
  const { digest, size } = blob;
  if (await hasBlob(session, name, digest, pushScope(session.options.registries.ownPlace(name))))
    return PRESENT;
  for (const repository of source.repositories(digest)) {
    const from = parseReference(repository);
    if (from.domain !== name.domain || from.path === name.path) continue;
    if (await mountBlob(session, name, digest, from)) return { action: 'mounted', from: repository };
  }
  const bytes = (): ByteStream =>
    told(source.blob(blob), emit, `copy ${digest}`, `copying ${shortDigest(digest)}`, size);
  const send = (): Promise<void> =>
    pushBlob(session, name, {
      digest,
      size,
      open: (offset) => (offset === 0 ? bytes() : from(source.blob(blob), offset)),
    });
  try {
    await send();
  } catch (error) {
    // A byte that fell over on the way is right the next time; what is wrong twice is wrong there.
    if (!(error instanceof DecantError && error.code === 'DIGEST_MISMATCH')) throw error;
    await send();
  }
  return { action: 'copied' };
}

/** Read from the beginning all the same: only the whole has a digest that can be verified. */
async function* from(bytes: ByteStream, offset: number): AsyncGenerator<Uint8Array> {
  let left = offset;
  for await (const chunk of bytes) {
    if (chunk.length > left) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

async function put(session: Session, name: ImageName, reference: string, document: Document): Promise<void> {
  const { listsReferrers } = await putManifest(session, name, reference, document);
  if (!listsReferrers) await listReferrer(session, name, document);
}
