/**
 * What images are called in an index: the annotations by which other tools find them (OCI image-spec, annotations.md;
 * containerd and Docker for the canonical one).
 */
import type { Descriptor } from './descriptor.ts';
import { canonical, familiar, parseImageName, type Reference } from './reference.ts';

/** decant writes the familiar form, so that `oci:STORE:debian:bookworm` finds it. */
export const REF_NAME = 'org.opencontainers.image.ref.name';
/** The canonical name. */
export const IMAGE_NAME = 'io.containerd.image.name';

export type ImageName = Reference & { readonly tag: string };

/** What the entry is called, if it is called anything that can be looked up. */
export function entryName(entry: Descriptor): ImageName | undefined {
  const full = entry.annotations?.[IMAGE_NAME];
  const short = entry.annotations?.[REF_NAME];
  // A bare word is a tag by the OCI specification, and of an unknown repository.
  const text = full ?? (short !== undefined && /[:/]/.test(short) ? short : undefined);
  if (text === undefined) return undefined;
  try {
    return parseImageName(text);
  } catch {
    return undefined;
  }
}

/** The descriptor as an entry of the index under this name, or under none. */
export function namedEntry(descriptor: Descriptor, name: ImageName | undefined): Descriptor {
  const { annotations: { [REF_NAME]: _ref, [IMAGE_NAME]: _name, ...others } = {}, ...rest } = descriptor;
  const annotations = name
    ? { ...others, [IMAGE_NAME]: canonical(name), [REF_NAME]: familiar(name) }
    : others;
  return Object.keys(annotations).length > 0 ? { ...rest, annotations } : rest;
}

/** Whether anybody gave the entry a name, even one that means nothing to decant. */
export function isNamed({ annotations }: Descriptor): boolean {
  return annotations?.[REF_NAME] !== undefined || annotations?.[IMAGE_NAME] !== undefined;
}
