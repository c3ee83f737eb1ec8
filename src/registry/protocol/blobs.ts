/**
 * Blobs out of a registry (OCI distribution-spec, "Pulling blobs"): streamed, resumed where a connection broke, and
 * handed out to the last byte only when digest and size agree.
 */
import { verified } from '../../codec/digest.ts';
import { DecantError } from '../../errors.ts';
import { leave } from '../../net/agent.ts';
import { resumed } from '../../net/resume.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Place, Repository } from '../config/registries.ts';
import { repositoryName } from '../config/registries.ts';
import { refusal } from './answer.ts';
import { pullScope } from './manifests.ts';
import type { Session } from './session.ts';
import { accept } from './session.ts';

/** A blob's bytes, from one place, verified. Throws DIGEST_MISMATCH, NETWORK, REGISTRY_DENIED, IMAGE_UNKNOWN. */
export function readBlob(
  session: Session,
  place: Place,
  blob: Pick<Descriptor, 'digest' | 'size'>,
): AsyncGenerator<Uint8Array> {
  const what = `blob ${blob.digest} of ${repositoryName(place)}`;
  return verified(readUnverified(session, place, blob), blob, what);
}

/** The same for whoever verifies what comes: hashing twice would take longer than the network. */
export async function* readUnverified(
  session: Session,
  place: Place,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
): AsyncGenerator<Uint8Array> {
  const doing = `get ${digest} of ${repositoryName(place)}`;
  const attempts = session.attempts(doing, place);
  const ask = (headers: Readonly<Record<string, string>>) => ({
    method: 'GET' as const,
    target: `${place.path}/blobs/${digest}`,
    scopes: [pullScope(place)],
    headers,
  });
  const first = await accept(await session.send(place, ask({}), doing, attempts), [200], doing, place);
  const announced = first.headers['content-length'];
  if (announced !== undefined && announced !== String(size)) {
    await leave(first);
    throw new DecantError(
      'DIGEST_MISMATCH',
      `cannot ${doing}: ${place.host} announces ${String(announced)} bytes where the manifest says ${size}`,
    );
  }
  yield* resumed(first, {
    attempts,
    size,
    again: async (headers) => (await (await session.serverOf(place)).send(ask(headers))).response,
    refused: (statusCode) =>
      new DecantError('NETWORK', `cannot ${doing}: the rest of it was answered with status ${statusCode}`),
  });
}

/** Whether the registry has a blob in the repository that is pushed to. */
export async function hasBlob(
  session: Session,
  repository: Repository,
  digest: string,
  scope: string,
): Promise<boolean> {
  const place = session.options.registries.ownPlace(repository);
  const doing = `look for ${digest} in ${repositoryName(repository)}`;
  const answer = await session.send(
    place,
    { method: 'HEAD', target: `${place.path}/blobs/${digest}`, scopes: [scope] },
    doing,
  );
  if (answer.response.statusCode === 404) {
    await leave(answer.response);
    return false;
  }
  if (answer.response.statusCode !== 200) throw await refusal(answer.response, doing, place.domain);
  await leave(answer.response);
  return true;
}
