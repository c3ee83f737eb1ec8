/**
 * What is about a manifest: signatures, attestations, bills of materials (OCI distribution-spec, "Listing Referrers" and
 * "Referrers Tag Schema"). Registries that keep no list have a tag with an index instead, which clients keep.
 */
import { sha256 } from '../../codec/digest.ts';
import { collect } from '../../codec/stream.ts';
import { leave } from '../../net/agent.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { damaged } from '../../oci/json.ts';
import { decodeIndex, decodeManifest, encodeIndex, MAX_MANIFEST_BYTES } from '../../oci/manifest.ts';
import { isIndexType, MEDIA_TYPE } from '../../oci/media-types.ts';
import { type Repository, repositoryName } from '../config/registries.ts';
import { type Document, getManifest, pullScope, putManifest } from './manifests.ts';
import { nextPage } from './pages.ts';
import type { Session } from './session.ts';
import { accept } from './session.ts';

const MAX_PAGES = 100;

/** The manifests that are about this one, of one type of artifact or of all. Throws NETWORK, REGISTRY_DENIED, IMAGE_DAMAGED. */
export async function listReferrers(
  session: Session,
  repository: Repository,
  digest: string,
  artifactType?: string,
): Promise<readonly Descriptor[]> {
  const place = session.options.registries.ownPlace(repository);
  const doing = `list what is about ${repositoryName(repository)}@${digest}`;
  const query = artifactType === undefined ? '' : `?${new URLSearchParams({ artifactType }).toString()}`;
  let target: string | URL | undefined = `${place.path}/referrers/${digest}${query}`;
  const found: Descriptor[] = [];
  for (let pages = 0; target !== undefined && pages < MAX_PAGES; pages += 1) {
    const answer = await session.send(
      place,
      { method: 'GET', target, scopes: [pullScope(place)], headers: { accept: MEDIA_TYPE.index } },
      doing,
    );
    if (answer.response.statusCode === 404) {
      await leave(answer.response);
      found.push(...(await taggedReferrers(session, repository, digest)));
      break;
    }
    const response = await accept(answer, [200], doing, place);
    const bytes = await collect(response.body as AsyncIterable<Buffer>, MAX_MANIFEST_BYTES, () =>
      damaged(`cannot ${doing}: the list is larger than ${MAX_MANIFEST_BYTES} bytes`),
    );
    found.push(...decodeIndex(bytes, `list of what is about ${digest}`).manifests);
    target = nextPage(response, answer.url);
  }
  return found.filter((each) => artifactType === undefined || each.artifactType === artifactType);
}

/** Adds a manifest that has a subject to the index under the subject's tag; one that has none is left alone. */
export async function listReferrer(
  session: Session,
  repository: Repository,
  document: Document,
): Promise<void> {
  const entry = referrerEntry(document);
  if (!entry) return;
  const { subject, descriptor } = entry;
  const present = await taggedReferrers(session, repository, subject.digest);
  if (present.some(({ digest }) => digest === descriptor.digest)) return;
  const bytes = Buffer.from(
    encodeIndex({ mediaType: MEDIA_TYPE.index, manifests: [...present, descriptor] }),
  );
  const index: Descriptor = { mediaType: MEDIA_TYPE.index, digest: sha256(bytes), size: bytes.length };
  await putManifest(session, repository, referrersTag(subject.digest), { descriptor: index, bytes });
}

async function taggedReferrers(
  session: Session,
  repository: Repository,
  digest: string,
): Promise<readonly Descriptor[]> {
  const document = await getManifest(session, repository, referrersTag(digest));
  if (!document || !isIndexType(document.descriptor.mediaType)) return [];
  return decodeIndex(document.bytes, `list of what is about ${digest}`).manifests;
}

function referrersTag(digest: string): string {
  return digest.replace(':', '-');
}

function referrerEntry({
  descriptor,
  bytes,
}: Document): { readonly subject: Descriptor; readonly descriptor: Descriptor } | undefined {
  const { mediaType, digest, size } = descriptor;
  const what = `manifest ${digest}`;
  const decoded = isIndexType(mediaType) ? decodeIndex(bytes, what) : decodeManifest(bytes, what);
  const { subject, annotations } = decoded;
  if (!subject) return undefined;
  const artifactType = decoded.artifactType ?? ('config' in decoded ? decoded.config.mediaType : undefined);
  return {
    subject,
    descriptor: {
      mediaType,
      digest,
      size,
      ...(artifactType === undefined ? {} : { artifactType }),
      ...(annotations ? { annotations } : {}),
    },
  };
}
