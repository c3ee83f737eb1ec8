/**
 * Manifests and indexes (OCI distribution-spec, "Pulling manifests", "Pushing Manifests"): small documents, read whole,
 * bounded, and believed when they have the digest that they are asked for by, or that the registry says.
 */
import { sha256 } from '../../codec/digest.ts';
import { collect } from '../../codec/stream.ts';
import { DecantError } from '../../errors.ts';
import { leave } from '../../net/agent.ts';
import type { Response } from '../../net/agent.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { isDigest } from '../../oci/digest.ts';
import { damaged } from '../../oci/json.ts';
import { MAX_MANIFEST_BYTES } from '../../oci/manifest.ts';
import { isIndexType, isManifestType, MEDIA_TYPE } from '../../oci/media-types.ts';
import type { Place, Repository } from '../config/registries.ts';
import { repositoryName } from '../config/registries.ts';
import type { Session } from './session.ts';
import { accept } from './session.ts';

export interface Document {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

const ACCEPT = [
  MEDIA_TYPE.index,
  MEDIA_TYPE.manifest,
  MEDIA_TYPE.dockerIndex,
  MEDIA_TYPE.dockerManifest,
].join(', ');

/** What a manifest's bytes say they are, where the registry does not. */
const MAX_TYPE_LENGTH = 255;

/** `debian:12` or `debian@sha256:…`, in full, for messages. */
export function manifestName(repository: Repository, reference: string): string {
  return `${repositoryName(repository)}${isDigest(reference) ? '@' : ':'}${reference}`;
}

/** The document of a tag or digest; undefined when the registry has none. Throws DIGEST_MISMATCH, IMAGE_DAMAGED, NETWORK, REGISTRY_DENIED. */
export function getManifest(
  session: Session,
  repository: Repository,
  reference: string,
): Promise<Document | undefined> {
  const doing = `pull ${manifestName(repository, reference)}`;
  return session.anywhere(repository, async (place) => {
    const attempts = session.attempts(doing, place);
    return attempts.run(async () => {
      const server = await session.serverOf(place);
      const answer = await server.send({ ...exchange('GET', place, reference), scopes: [pullScope(place)] });
      if (answer.response.statusCode === 404) {
        await leave(answer.response);
        return undefined;
      }
      const response = await accept(answer, [200], doing, place);
      const bytes = await collect(response.body as AsyncIterable<Buffer>, MAX_MANIFEST_BYTES, () =>
        damaged(
          `${manifestName(repository, reference)}: the manifest is larger than ${MAX_MANIFEST_BYTES} bytes`,
        ),
      );
      return checked(response, bytes, repository, reference);
    });
  });
}

/** What a tag stands for now, without its bytes; undefined when there is none. */
export function headManifest(
  session: Session,
  repository: Repository,
  reference: string,
): Promise<Descriptor | undefined> {
  const doing = `look up ${manifestName(repository, reference)}`;
  return session.anywhere(repository, async (place) => {
    const answer = await session.send(
      place,
      { ...exchange('HEAD', place, reference), scopes: [pullScope(place)] },
      doing,
    );
    if (answer.response.statusCode === 404) {
      await leave(answer.response);
      return undefined;
    }
    const response = await accept(answer, [200], doing, place);
    await leave(response);
    const digest = response.headers['docker-content-digest'];
    const size = Number(response.headers['content-length']);
    const mediaType = contentType(response);
    const isComplete =
      typeof digest === 'string' && isDigest(digest) && Number.isSafeInteger(size) && size > 0;
    if (isComplete && mediaType !== undefined) return { mediaType, digest, size };
    // Registries need not say the digest; the document does.
    return (await getManifest(session, repository, reference))?.descriptor;
  });
}

/** What a registry says about a manifest that it has taken. */
export interface Pushed {
  /** Whether it lists the manifest among the referrers of its subject by itself. */
  readonly listsReferrers: boolean;
}

/** Puts a document under a tag or its digest. Everything that it names must be there. Throws NETWORK, REGISTRY_DENIED. */
export async function putManifest(
  session: Session,
  repository: Repository,
  reference: string,
  { descriptor, bytes }: Document,
): Promise<Pushed> {
  const place = session.options.registries.ownPlace(repository);
  const doing = `push ${manifestName(repository, reference)}`;
  const answer = await session.send(
    place,
    {
      ...exchange('PUT', place, reference),
      scopes: [pushScope(place)],
      headers: { 'content-type': descriptor.mediaType },
      body: { size: bytes.length, open: () => bytes },
    },
    doing,
  );
  const response = await accept(answer, [200, 201, 202], doing, place);
  await leave(response);
  const said = response.headers['docker-content-digest'];
  if (typeof said === 'string' && isDigest(said) && said !== descriptor.digest) {
    throw new DecantError(
      'DIGEST_MISMATCH',
      `cannot ${doing}: ${place.domain} has stored it as ${said}, not as ${descriptor.digest}`,
    );
  }
  return { listsReferrers: response.headers['oci-subject'] !== undefined };
}

export function pullScope({ path }: Place): string {
  return `repository:${path}:pull`;
}

export function pushScope({ path }: Place): string {
  return `repository:${path}:pull,push`;
}

function exchange<M extends string>(method: M, place: Place, reference: string) {
  return { method, target: `${place.path}/manifests/${reference}`, headers: { accept: ACCEPT } } as const;
}

function checked(response: Response, bytes: Buffer, repository: Repository, reference: string): Document {
  const digest = sha256(bytes);
  const said = response.headers['docker-content-digest'];
  const expected = isDigest(reference)
    ? reference
    : typeof said === 'string' && isDigest(said)
      ? said
      : digest;
  if (digest !== expected) {
    throw new DecantError(
      'DIGEST_MISMATCH',
      `the manifest of ${manifestName(repository, reference)} is not what it should be: its digest is ${digest}, not ${expected}`,
      { hint: 'pull again; if it stays so, the registry or something in between is not to be trusted' },
    );
  }
  const mediaType = documentType(bytes) ?? contentType(response);
  if (mediaType === undefined || !(isIndexType(mediaType) || isManifestType(mediaType))) {
    throw damaged(
      `${manifestName(repository, reference)} is of a type that is not known: ${JSON.stringify(mediaType?.slice(0, 100) ?? '')}`,
    );
  }
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
}

/** The digest covers what the document says itself, and not the header. */
function documentType(bytes: Buffer): string | undefined {
  try {
    const { mediaType } = JSON.parse(bytes.toString('utf8')) as { readonly mediaType?: unknown };
    return typeof mediaType === 'string' ? mediaType : undefined;
  } catch {
    return undefined;
  }
}

function contentType(response: Response): string | undefined {
  const value = response.headers['content-type'];
  return typeof value === 'string' ? value.slice(0, MAX_TYPE_LENGTH).split(';', 1)[0]?.trim() : undefined;
}
