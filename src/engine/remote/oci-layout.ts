/** An image in a folder that is an OCI image layout (`oci-layout://DIRECTORY[:TAG][@DIGEST]`), taken into the store. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DecantError } from '../../errors.ts';
import { decodeIndex } from '../../oci/manifest.ts';
import type { Store } from '../../store/store.ts';

const REF_NAME = 'org.opencontainers.image.ref.name';

/** @returns The digest under which the store has it. @throws DecantError IMAGE_UNKNOWN, FILE_UNREADABLE, ARCHIVE_INVALID, … */
export async function imageInLayout(store: Store, text: string): Promise<string> {
  const { folder, tag, digest } = parse(text);
  const wanted = digest ?? (await digestOf(folder, tag));
  if (await store.images.find(wanted)) return wanted;
  await store.importFolder(folder, { unnamed: true });
  if (await store.images.find(wanted)) return wanted;
  throw new DecantError('IMAGE_UNKNOWN', `the OCI layout ${folder} has no image ${wanted}`);
}

function parse(text: string): { folder: string; tag: string | undefined; digest: string | undefined } {
  const [, path = '', digest] = /^(.*?)(?:@(sha256:[0-9a-f]{64}))?$/s.exec(text) ?? [];
  const [, folder = path, tag] = /^(.+):([\w][\w.-]{0,127})$/.exec(path) ?? [];
  return { folder, tag, digest };
}

/** Without a tag the only image there is, or the one called `latest`. */
async function digestOf(folder: string, tag: string | undefined): Promise<string> {
  let bytes;
  try {
    bytes = await readFile(join(folder, 'index.json'));
  } catch (error) {
    throw new DecantError('FILE_UNREADABLE', `cannot read ${folder}: is it an OCI image layout?`, {
      cause: error,
    });
  }
  const { manifests } = decodeIndex(bytes, `${folder}/index.json`);
  const names = manifests.map(({ annotations }) => annotations?.[REF_NAME]);
  const index =
    tag === undefined && manifests.length === 1
      ? 0
      : names.findIndex((name) => nameEnds(name, tag ?? 'latest'));
  const found = manifests[index];
  if (found) return found.digest;
  throw new DecantError('IMAGE_UNKNOWN', `the OCI layout ${folder} has no image "${tag ?? 'latest'}"`, {
    hint: `it has: ${names.map((name) => name ?? 'one without a name').join(', ')}`,
  });
}

/** The annotation is a tag alone, or, as some tools write it, a whole reference. */
function nameEnds(name: string | undefined, tag: string): boolean {
  return name === tag || name?.endsWith(`:${tag}`) === true;
}
