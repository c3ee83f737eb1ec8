/** An image in a folder that is an OCI image layout (image-layout.md). The folder is a stranger's: all is verified. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { verified } from '../codec/digest.ts';
import { collect } from '../codec/stream.ts';
import { DecantError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { damaged } from '../oci/json.ts';
import { decodeIndex, decodeManifest, MAX_MANIFEST_BYTES } from '../oci/manifest.ts';
import { isReferrer } from '../store/referrers.ts';
import { readRegularFile } from '../store/regular-file.ts';
import type { ImageSource } from './image.ts';
import { blobPath, findTagged, missingDocument, tagsOf } from './layout-names.ts';

/** Throws FILE_UNREADABLE, IMAGE_DAMAGED, IMAGE_UNKNOWN. */
export async function layoutSource(folder: string, tag: string | undefined): Promise<ImageSource> {
  const name = `oci:${folder}`;
  const entries = await readIndex(folder);
  // What is about an image is none that could be meant.
  const images = entries.filter((entry) => !isReferrer(entry));
  const found = findTagged(
    images.map((entry) => ({ digest: entry.digest, tags: tagsOf(entry), entry })),
    tag,
    name,
  );
  const pathOf = (digest: string): string => blobPath(folder, digest);
  const blob: ImageSource['blob'] = ({ digest, size }) =>
    verified(readRegularFile(pathOf(digest)), { digest, size }, `${name}: blob ${digest}`);
  const document: ImageSource['document'] = async (descriptor) => {
    const { mediaType, digest, size } = descriptor;
    const tooLarge = (): Error =>
      damaged(`${name}: manifest ${digest} is larger than ${MAX_MANIFEST_BYTES} bytes`);
    if (size > MAX_MANIFEST_BYTES) throw tooLarge();
    if (!existsSync(pathOf(digest))) throw missingDocument(name, digest);
    return {
      descriptor: { mediaType, digest, size },
      bytes: await collect(blob(descriptor), MAX_MANIFEST_BYTES, tooLarge),
    };
  };
  return {
    name: tag === undefined ? name : `${name}:${tag}`,
    top: await document(found.entry),
    document,
    blob,
    file: pathOf,
    repositories: () => [],
    referrers: async (digest) => {
      const found: Descriptor[] = [];
      // Whoever keeps them in a layout gives them no name (image-layout.md, "index.json").
      for (const entry of entries.filter((each) => isReferrer(each))) {
        const { bytes } = await document(entry);
        if (decodeManifest(bytes, name).subject?.digest === digest) found.push(entry);
      }
      return found;
    },
    close: async () => {},
  };
}

/** The entries of a layout's index.json. Throws FILE_UNREADABLE, IMAGE_DAMAGED. */
export async function readIndex(folder: string): Promise<readonly Descriptor[]> {
  let bytes;
  try {
    bytes = await collect(readRegularFile(join(folder, 'index.json')), MAX_MANIFEST_BYTES, () =>
      damaged(`${folder}/index.json is larger than ${MAX_MANIFEST_BYTES} bytes`),
    );
  } catch (error) {
    if (!(error instanceof DecantError && error.code === 'FILE_UNREADABLE')) throw error;
    throw new DecantError('FILE_UNREADABLE', `${folder} is not an OCI image layout: it has no index.json`, {
      cause: error.cause,
      hint: 'check the path; an archive of a layout is oci-archive:FILE, a root file system to be looked at is dir:DIR',
    });
  }
  return decodeIndex(bytes, `${folder}/index.json`).manifests;
}
