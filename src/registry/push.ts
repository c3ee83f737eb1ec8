/**
 * Images from the store into a registry (OCI distribution-spec, "Push"): what is there already is left, what another
 * repository of the same registry has is mounted, the rest is uploaded; manifests follow, and tags last of all.
 */
import { createReadStream } from 'node:fs';

import { DecantError } from '../errors.ts';
import type { Emit } from '../events.ts';
import { skipped, told } from '../net/told.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { decodeIndex, decodeManifest, MAX_MANIFEST_BYTES } from '../oci/manifest.ts';
import { isIndexType } from '../oci/media-types.ts';
import { familiar, parseReference } from '../oci/reference.ts';
import type { ImageName } from '../oci/names.ts';
import type { Store } from '../store/store.ts';
import { type Repository, repositoryName } from './config/registries.ts';
import { shortDigest } from './fetch-blob.ts';
import { inParallel } from './parallel.ts';
import { hasBlob } from './protocol/blobs.ts';
import { type Document, headManifest, pushScope, putManifest } from './protocol/manifests.ts';
import { listReferrer } from './protocol/referrers.ts';
import type { Session } from './protocol/session.ts';
import { mountBlob, pushBlob } from './protocol/upload.ts';

export interface PushRequest {
  readonly store: Store;
  readonly session: Session;
  /** Of a manifest, or of an index, which is pushed with all that it names. */
  readonly descriptor: Descriptor;
  readonly names: readonly ImageName[];
  /** Under no tag: the names say which repositories it goes to. */
  readonly byDigest?: boolean | undefined;
  /** Looks what would be done, and does nothing. */
  readonly dryRun?: boolean | undefined;
  readonly emit: Emit;
  readonly signal?: AbortSignal | undefined;
}

export interface PushedBlob {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly action: 'present' | 'mounted' | 'uploaded';
  /** The repository that it was mounted from. */
  readonly from?: string;
}

export interface PushedReferrer {
  readonly digest: string;
  readonly artifactType: string;
  readonly action: 'present' | 'uploaded';
}

export interface PushedTo {
  /** Familiar names. */
  readonly names: readonly string[];
  readonly descriptor: Descriptor;
  readonly blobs: readonly PushedBlob[];
  /** Bytes of blobs that were uploaded. */
  readonly uploadedBytes: number;
  /** What the store has about the image, which goes along. */
  readonly referrers: readonly PushedReferrer[];
}

/** One result for each repository. Throws NETWORK, REGISTRY_DENIED, IMAGE_DAMAGED, and what reading the store throws. */
export async function pushImage(request: PushRequest): Promise<readonly PushedTo[]> {
  const release = await request.store.use({ signal: request.signal });
  try {
    const documents = await documentsOf(request.store, request.descriptor);
    const about = await referrersOf(request.store, documents);
    const results: PushedTo[] = [];
    for (const names of byRepository(request.names)) {
      const pushed = await pushTo(request, names, documents);
      results.push({ ...pushed, referrers: await pushReferrers(request, names, about) });
    }
    return results;
  } finally {
    release();
  }
}

/** What is about these manifests, and about that, each before what is about it. */
async function referrersOf(store: Store, documents: readonly Document[]): Promise<readonly Document[]> {
  const found = new Map<string, Document>();
  const pending = documents.map(({ descriptor }) => descriptor.digest);
  for (const subject of pending) {
    for (const descriptor of await store.referrers.list(subject)) {
      if (found.has(descriptor.digest)) continue;
      const bytes = await store.blobs.readBytes(descriptor.digest, MAX_MANIFEST_BYTES);
      found.set(descriptor.digest, { descriptor, bytes });
      pending.push(descriptor.digest);
    }
  }
  return [...found.values()];
}

/** The manifest with its blobs; of an index, every manifest, and the index last. */
async function documentsOf(store: Store, descriptor: Descriptor): Promise<readonly Document[]> {
  const wasLeft = !store.blobs.has(descriptor.digest);
  const bytes = await store.blobs.readBytes(descriptor.digest, MAX_MANIFEST_BYTES);
  if (!isIndexType(descriptor.mediaType)) {
    // What it names is where it was itself.
    if (wasLeft) await inherit(store, { descriptor, bytes });
    return [{ descriptor, bytes }];
  }
  const found: Document[] = [];
  for (const child of decodeIndex(bytes, `image ${descriptor.digest}`).manifests) {
    found.push(...(await documentsOf(store, child)));
  }
  return [
    ...new Map(found.map((document) => [document.descriptor.digest, document])).values(),
    { descriptor, bytes },
  ];
}

async function inherit(store: Store, manifest: Document): Promise<void> {
  const repositories = store.origins.get(manifest.descriptor.digest)?.repositories ?? [];
  for (const blob of blobsOf([manifest])) {
    for (const name of repositories.toReversed()) await store.origins.add(blob, name);
  }
}

function blobsOf(documents: readonly Document[]): readonly Descriptor[] {
  const blobs = new Map<string, Descriptor>();
  for (const { descriptor, bytes } of documents) {
    if (isIndexType(descriptor.mediaType)) continue;
    const { config, layers } = decodeManifest(bytes, `image ${descriptor.digest}`);
    for (const blob of [...layers, config]) blobs.set(blob.digest, blob);
  }
  return [...blobs.values()];
}

async function pushTo(
  request: PushRequest,
  names: readonly ImageName[],
  documents: readonly Document[],
): Promise<Omit<PushedTo, 'referrers'>> {
  const { session, descriptor, byDigest, dryRun, emit } = request;
  const [repository] = names as [ImageName];
  const blobs = blobsOf(documents);
  const done: PushedBlob[] = [];
  const references = byDigest ? [descriptor.digest] : names.map(({ tag }) => tag);
  const known = await Promise.all(
    references.map((reference) => headManifest(session, repository, reference)),
  );
  // A registry does not take a manifest without what it names: where it has this one, it has it all.
  const isThere = known.some((there) => there?.digest === descriptor.digest);
  const sizes = new Map(blobs.map((blob) => [blob.digest, blob.size]));
  await inParallel(blobs, async (blob) => {
    const label = `blob ${shortDigest(blob.digest)}`;
    const outcome = isThere ? PRESENT : await placeBlob(request, repository, blob);
    done.push({ digest: blob.digest, size: blob.size, ...outcome });
    if (outcome.action === 'present')
      skipped(emit, `push ${blob.digest} ${repositoryName(repository)}`, label, 'already in the registry');
    if (outcome.action === 'mounted')
      skipped(
        emit,
        `push ${blob.digest} ${repositoryName(repository)}`,
        label,
        `mounted from ${outcome.from}`,
      );
  });
  if (!dryRun) {
    if (!isThere) await putChildren(session, repository, documents.slice(0, -1));
    const top = documents.at(-1) as Document;
    for (const [index, reference] of references.entries()) {
      if (known[index]?.digest !== descriptor.digest) await putDocument(session, repository, reference, top);
    }
    await remember(request.store, repository, [
      ...blobs,
      ...documents.slice(0, -1).map((each) => each.descriptor),
    ]);
  }
  return {
    names: byDigest ? [`${repositoryName(repository)}@${descriptor.digest}`] : names.map(familiar),
    descriptor,
    blobs: blobs.flatMap(({ digest }) => done.find((each) => each.digest === digest) ?? []),
    uploadedBytes: done.reduce(
      (sum, { action, digest }) => sum + (action === 'uploaded' ? (sizes.get(digest) ?? 0) : 0),
      0,
    ),
  };
}

/** By digest, one after another: a registry may want what they are about first. */
async function pushReferrers(
  request: PushRequest,
  names: readonly ImageName[],
  about: readonly Document[],
): Promise<readonly PushedReferrer[]> {
  const { session, dryRun } = request;
  const [repository] = names as [ImageName];
  const done: PushedReferrer[] = [];
  for (const document of about) {
    const { digest, artifactType = '' } = document.descriptor;
    const isThere = (await headManifest(session, repository, digest))?.digest === digest;
    if (!isThere && !dryRun) {
      await inParallel(blobsOf([document]), (blob) => placeBlob(request, repository, blob));
      await putDocument(session, repository, digest, document);
    }
    done.push({ digest, artifactType, action: isThere ? 'present' : 'uploaded' });
  }
  return done;
}

const PRESENT = { action: 'present' } as const;

async function placeBlob(
  { store, session, dryRun, emit }: PushRequest,
  repository: Repository,
  { digest, size }: Descriptor,
): Promise<Pick<PushedBlob, 'action' | 'from'>> {
  const scope = pushScope(session.options.registries.ownPlace(repository));
  if (await hasBlob(session, repository, digest, scope)) return PRESENT;
  for (const name of store.origins.get(digest)?.repositories ?? []) {
    const from = parseReference(name);
    if (from.domain !== repository.domain || from.path === repository.path) continue;
    if (dryRun || (await mountBlob(session, repository, digest, from)))
      return { action: 'mounted', from: name };
  }
  if (dryRun) return { action: 'uploaded' };
  await store.blobs.ensure(digest);
  const label = `pushing ${shortDigest(digest)}`;
  const id = `push ${digest} ${repositoryName(repository)}`;
  await pushBlob(session, repository, {
    digest,
    size,
    open: (offset) =>
      offset === 0
        ? told(store.blobs.read(digest, { size }), emit, id, label, size)
        : (createReadStream(store.blobs.path(digest), { start: offset }) as AsyncIterable<Buffer>),
  });
  return { action: 'uploaded' };
}

async function putChildren(
  session: Session,
  repository: Repository,
  documents: readonly Document[],
): Promise<void> {
  await inParallel(documents, (document) =>
    putDocument(session, repository, document.descriptor.digest, document),
  );
}

/** Puts a manifest; where it is about another one and the registry keeps no list of those, we do. */
async function putDocument(
  session: Session,
  repository: Repository,
  reference: string,
  document: Document,
): Promise<void> {
  const { listsReferrers } = await putManifest(session, repository, reference, document);
  if (!listsReferrers) await listReferrer(session, repository, document);
}

/** The next push to another repository of this registry can mount them. */
async function remember(store: Store, repository: Repository, blobs: readonly Descriptor[]): Promise<void> {
  for (const blob of blobs) await store.origins.add(blob, repositoryName(repository));
}

function byRepository(names: readonly ImageName[]): readonly (readonly ImageName[])[] {
  const groups = new Map<string, ImageName[]>();
  for (const name of names) {
    const key = repositoryName(name);
    const group = groups.get(key) ?? [];
    if (!group.some(({ tag }) => tag === name.tag)) group.push(name);
    groups.set(key, group);
  }
  if (groups.size === 0) throw new DecantError('USAGE', 'there is no name to push the image under');
  return [...groups.values()];
}
