/**
 * An image from wherever it is, opened for reading. What is in the store is read there; the layers of an image in a
 * registry are fetched when somebody asks for their files, into the store, so that the next question need not fetch them
 * again; layouts and archives are read where they are.
 */
import { statSync } from 'node:fs';
import { collect } from '../codec/stream.ts';
import { DecantError } from '../errors.ts';
import type { ImageView } from '../inspect/image/image-view.ts';
import { MAX_CONFIG_BYTES, decodeConfig } from '../oci/config.ts';
import { joinImage } from '../oci/image.ts';
import { damaged } from '../oci/json.ts';
import { decodeManifest } from '../oci/manifest.ts';
import { isIndexType } from '../oci/media-types.ts';
import { hostPlatform, type Platform } from '../oci/platform.ts';
import { familiar, parseReference, withDefaultTag, type Reference } from '../oci/reference.ts';
import type { LoadedImage, StoredImage } from '../store/images.ts';
import type { Document } from '../registry/protocol/manifests.ts';
import { forPlatform } from './choose.ts';
import { folderImage } from './folder-image.ts';
import { remoteLayers, sourceLayers, storeLayers, viewOf } from './image-view.ts';
import type { ImageSource, ReadMeans } from './image.ts';
import { parseLocation, type Location } from './location.ts';
import { openSource } from './open.ts';

/** A name of a transport, as `parseLocation` reads it; anything else is the name of an image. */
const TRANSPORT = /^(?:docker:\/\/|(?:store|oci|oci-archive|docker-archive|docker-daemon):)/;
/** A root file system in a folder: not an image's place, but as good as an image to those who only read. */
const FOLDER = /^dir:(.+)$/s;
/** What can only be a path. */
const PATH = /^\.{0,2}\//;
/** Shorter ones could be names as well. */
const ID_PREFIX = /^(?:sha256:[0-9a-f]{4,64}|[0-9a-f]{12,64})$/;

/**
 * `docker://NAME`, `store:NAME`, `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:NAME]`,
 * `docker-daemon:NAME`, the path of a layout or an archive (`./image.tar`), `dir:DIR` for a root file system in a folder,
 * or the name, digest or id of an image in the store; a name that the store lacks is looked up in its registry.
 *
 * @param platform Of an image for several, the one for this platform (default: this machine's).
 * @throws DecantError IMAGE_UNKNOWN, IMAGE_PLATFORM, IMAGE_DAMAGED, FILE_UNREADABLE, NETWORK, and what else its place throws
 */
export async function openImage(text: string, means: ReadMeans, platform?: Platform): Promise<ImageView> {
  if (PATH.test(text)) return openLocation(pathLocation(text), means, platform);
  const folder = FOLDER.exec(text)?.[1];
  if (folder !== undefined) return folderImage(folder, means, platform);
  if (TRANSPORT.test(text)) return openLocation(parseLocation(text), means, platform);
  const { images } = means.store;
  const stored = await images.find(text);
  if (stored) return openStored(stored, text, means, platform);
  // An id is the store's; nobody else could know what is meant.
  const reference = ID_PREFIX.test(text) ? undefined : parseReference(text);
  if (reference === undefined) return openStored(await images.get(text), text, means, platform);
  return openMissing(withDefaultTag(reference), text, means, platform);
}

async function openLocation(
  location: Location,
  means: ReadMeans,
  platform: Platform | undefined,
): Promise<ImageView> {
  if (location.transport === 'docker') return openRemote(location.reference, means, platform);
  if (location.transport === 'store')
    return openStored(await means.store.images.get(location.name), location.name, means, platform);
  const source = await openSource(location, means);
  try {
    const loaded = await loadFrom(source, platform);
    const layers = sourceLayers(source, loaded, means.store);
    return await viewOf({ name: source.name, names: [], loaded, layers, means, close: source.close });
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** An image of the store that has been found there already. Its names are those that it has now. */
export async function openStored(
  stored: StoredImage,
  name: string,
  means: ReadMeans,
  platform: Platform | undefined,
): Promise<ImageView> {
  const { store } = means;
  const release = await using(means);
  try {
    const loaded = await store.images.load(stored, platform);
    const layers = storeLayers(store);
    return await viewOf({ name, names: stored.names, loaded, layers, means, close: async () => release() });
  } catch (error) {
    release();
    throw error;
  }
}

/** A store that may only be read needs no protection from those who would remove something. */
async function using({ store, signal }: ReadMeans): Promise<() => void> {
  try {
    return await store.use({ signal });
  } catch (error) {
    if (error instanceof DecantError && error.code === 'STORE_UNWRITABLE') return () => {};
    throw error;
  }
}

async function openRemote(
  reference: Reference,
  means: ReadMeans,
  platform: Platform | undefined,
): Promise<ImageView> {
  const { store } = means;
  const source = await openSource({ transport: 'docker', reference: withDefaultTag(reference) }, means);
  const loaded = await loadFrom(source, platform);
  const release = await store.use({ signal: means.signal });
  try {
    const layers = remoteLayers(await means.session(), reference, loaded, means);
    const name = source.name;
    return await viewOf({ name, names: [], loaded, layers, means, close: async () => release() });
  } catch (error) {
    release();
    throw error;
  }
}

/** Where nobody can be asked, the name is most likely mistyped: the store's answer is the one that helps. */
async function openMissing(
  reference: Reference,
  text: string,
  means: ReadMeans,
  platform: Platform | undefined,
): Promise<ImageView> {
  try {
    return await openRemote(reference, means, platform);
  } catch (error) {
    if (!(error instanceof DecantError)) throw error;
    const isMissing = error.code === 'IMAGE_UNKNOWN' || error.code === 'REGISTRY_DENIED';
    if (!isMissing && error.code !== 'NETWORK') throw error;
    const registry = isMissing ? 'and its registry does not give it' : 'and its registry cannot be asked';
    throw new DecantError('IMAGE_UNKNOWN', `there is no image ${text} in the store, ${registry}`, {
      cause: error,
      hint: `\`decant images\` lists the images that are there; docker://${familiar(reference)} asks the registry alone`,
    });
  }
}

/** An archive tells itself what it is. */
function pathLocation(path: string): Location {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return { transport: isFolder ? 'oci' : 'oci-archive', path };
}

async function loadFrom(source: ImageSource, platform: Platform | undefined): Promise<LoadedImage> {
  const document = await chosen(source, platform);
  const what = `image ${source.name}`;
  const manifest = decodeManifest(document.bytes, `${what}: manifest`);
  const tooLarge = (): Error => damaged(`${what}: its config has more than ${MAX_CONFIG_BYTES} bytes`);
  if (manifest.config.size > MAX_CONFIG_BYTES) throw tooLarge();
  const config = await collect(source.blob(manifest.config), MAX_CONFIG_BYTES, tooLarge);
  const image = joinImage(manifest, decodeConfig(config, `${what}: config`), what);
  return { image, manifest, descriptor: document.descriptor, id: manifest.config.digest, config };
}

/** As in the store: an image that is for one platform is that image, unless another was asked for. */
async function chosen(source: ImageSource, platform: Platform | undefined): Promise<Document> {
  if (platform === undefined && !isIndexType(source.top.descriptor.mediaType)) return source.top;
  return forPlatform(source, platform ?? hostPlatform());
}
