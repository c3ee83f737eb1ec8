/** What a build stands on that came from elsewhere, by digest (SLSA, Provenance v1, `resolvedDependencies`). */
import { basename } from 'node:path';
import { digestHex } from '../../oci/digest.ts';
import { imagePlatform } from '../../oci/image.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { familiarRepository, parseReference } from '../../oci/reference.ts';
import type { PlannedTarget } from '../../plan/join-plans.ts';
import type { RemoteSource, ResolvedImage } from '../../plan/operation.ts';
import type { Identity, Remote } from '../remote/remotes.ts';
import { operationsOf } from './operations.ts';

/** Each once, by address and digest. */
export async function dependenciesOf(
  { stage }: PlannedTarget,
  remote: (source: RemoteSource) => Remote,
): Promise<readonly Identity[]> {
  const found: Identity[] = stage.base ? [imageIdentity(stage.base)] : [];
  for (const operation of operationsOf(stage.operation)) {
    if (operation.kind !== 'source') continue;
    const { source } = operation;
    if (source.type === 'image') found.push(imageIdentity(source.image));
    if (source.type === 'git' || source.type === 'http') found.push(await remote(source).identity());
  }
  const unique = [...new Map(found.map((each) => [JSON.stringify(each), each])).values()];
  return unique.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** A package URL (purl-spec, types "docker" and "oci"). */
function imageIdentity({ reference, digest, config }: ResolvedImage): Identity {
  const platform = encodeURIComponent(formatPlatform(imagePlatform(config)));
  return { uri: `${nameOf(reference)}?platform=${platform}`, digest: { sha256: digestHex(digest) } };
}

const OCI_LAYOUT = 'oci-layout://';

function nameOf(reference: string): string {
  // Where the layout is on this machine is nobody's business.
  if (reference.startsWith(OCI_LAYOUT)) return `pkg:oci/${encodeURIComponent(basename(reference))}`;
  const [, path] = /^(?:docker|oci)-archive:([^:]*)/.exec(reference) ?? [];
  if (path !== undefined) return `pkg:oci/${encodeURIComponent(basename(path))}`;
  const parsed = parseReference(reference.replace(/^docker-daemon:/, ''));
  return `pkg:docker/${familiarRepository(parsed)}@${parsed.digest ?? parsed.tag ?? 'latest'}`;
}
