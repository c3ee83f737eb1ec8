/** Attestations with their subjects: beside an image, or as files beside files. */
import { digestOf, sha256 } from '../../codec/digest.ts';
import { formatPlatform } from '../../oci/platform.ts';
import type { Platform } from '../../oci/platform.ts';
import { familiarRepository, parseImageName } from '../../oci/reference.ts';
import type { Layer } from '../../tree/entry.ts';
import type { OpenContent } from '../../tree/pack.ts';
import { stack, walk } from '../../tree/tree.ts';
import { statement } from '../attest/attestation.ts';
import type { Attestation, Subject } from '../attest/attestation.ts';

/** A package URL for each name (purl-spec, type "docker"), as BuildKit calls what an attestation is about. */
export function imageSubjects(
  names: readonly string[],
  platform: Platform,
  digest: string,
): readonly Subject[] {
  const suffix = `?platform=${encodeURIComponent(formatPlatform(platform))}`;
  const subjects = names.map((text) => {
    const name = parseImageName(text);
    return { name: `pkg:docker/${familiarRepository(name)}@${name.tag}${suffix}`, digest };
  });
  return subjects.length > 0 ? subjects : [{ name: '_', digest }];
}

/** The statements as files, by name: each is about every regular file. */
export async function statementFiles(
  attestations: readonly Attestation[],
  layers: readonly Layer[],
  open: OpenContent,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const kept = attestations.filter(({ inlineOnly }) => !inlineOnly);
  if (kept.length === 0) return new Map();
  const subjects: Subject[] = [];
  for (const node of walk(stack(layers))) {
    if (node.type !== 'file') continue;
    subjects.push({ name: node.path, digest: node.digest ?? (await digestOfContent(open(node))) });
  }
  return new Map(kept.map((each) => [each.fileName, statement(each, subjects)]));
}

async function digestOfContent(content: ReturnType<OpenContent>): Promise<string> {
  return content instanceof Uint8Array ? sha256(content) : (await digestOf(content)).digest;
}
