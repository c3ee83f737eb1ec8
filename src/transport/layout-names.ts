/** Which image of an OCI layout is meant, and what one is called in it (OCI image-spec, image-layout.md, annotations.md). */
import { join } from 'node:path';
import { DecantError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestHex } from '../oci/digest.ts';
import { entryName, IMAGE_NAME, namedEntry, REF_NAME } from '../oci/names.ts';
import { canonical, familiar, parseImageName } from '../oci/reference.ts';

/** Where a layout has a blob, or would have it (image-layout.md, "Blobs"). */
export function blobPath(folder: string, digest: string): string {
  return join(folder, 'blobs/sha256', digestHex(digest));
}

/** What an entry of index.json is called there: a tag alone, a name, or nothing. */
export function tagOf(entry: Descriptor): string | undefined {
  return entry.annotations?.[REF_NAME] ?? entry.annotations?.[IMAGE_NAME];
}

/** The descriptor as an entry under this tag, which may be a whole name, or under none. */
export function taggedEntry(descriptor: Descriptor, tag: string | undefined): Descriptor {
  const plain = namedEntry(descriptor, undefined);
  if (tag === undefined) return plain;
  const annotations = { ...plain.annotations, [REF_NAME]: tag };
  // A bare word is a tag of an unknown repository.
  if (!/[:/]/.test(tag)) return { ...plain, annotations };
  return { ...plain, annotations: { ...annotations, [IMAGE_NAME]: canonical(parseImageName(tag)) } };
}

/** The one that is called so; without a tag the only one there is. Throws IMAGE_UNKNOWN. `where` names the layout. */
export function findTagged<T extends { readonly digest: string; readonly tags: readonly string[] }>(
  entries: readonly T[],
  tag: string | undefined,
  where: string,
): T {
  const fits = ({ tags, digest }: T): boolean =>
    tag === undefined || digest === tag || tags.some((each) => each === tag || full(each) === full(tag));
  const found = new Map(entries.filter(fits).map((entry) => [entry.digest, entry]));
  const [first] = found.values();
  if (first && found.size === 1) return first;
  const names = entries.flatMap(({ tags }) => tags);
  throw new DecantError(
    'IMAGE_UNKNOWN',
    found.size > 1
      ? `${where} holds ${found.size} images${tag === undefined ? '' : ` called ${tag}`}`
      : tag === undefined
        ? `${where} holds no image`
        : `${where} holds no image called ${tag}`,
    { hint: names.length > 0 ? `write ${where}:TAG; there are ${names.slice(0, 10).join(', ')}` : undefined },
  );
}

/** `debian` and `docker.io/library/debian:latest` are one name; a bare word is only itself. */
function full(text: string): string {
  if (!/[:/]/.test(text)) return text;
  try {
    return familiar(parseImageName(text));
  } catch {
    return text;
  }
}

/** All that an entry is called. */
export function tagsOf(entry: Descriptor): readonly string[] {
  const name = entryName(entry);
  const tag = tagOf(entry);
  return [...new Set([...(tag === undefined ? [] : [tag]), ...(name ? [familiar(name)] : [])])];
}

/** Of an image for several platforms, `docker save` and others keep some, and the index that names all. */
export function missingDocument(where: string, digest: string): DecantError {
  return new DecantError(
    'IMAGE_UNKNOWN',
    `${where} does not hold all that its index names: ${digest} is missing`,
    {
      hint: 'choose an image that is there with --platform',
    },
  );
}
