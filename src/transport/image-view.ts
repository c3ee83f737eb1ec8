/** The parts that an opened image is made of, for images in the store and for those elsewhere on this machine. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageView, LayerView } from '../inspect/image/image-view.ts';
import { readFiles } from '../inspect/image/read-files.ts';
import { stepsOf } from '../inspect/image/steps.ts';
import { DecantError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Image, imagePlatform, type LayerDescriptor } from '../oci/image.ts';
import type { Repository } from '../registry/config/registries.ts';
import { fetchBlob } from '../registry/fetch-blob.ts';
import type { Session } from '../registry/protocol/session.ts';
import { inParallel } from '../registry/parallel.ts';
import { openContents, openContentsOf } from '../store/contents.ts';
import type { LoadedImage } from '../store/images.ts';
import { blobEntries, blobSize, foreignEntries, keepRecord, layerTar } from '../store/layer-entries.ts';
import type { Store } from '../store/store.ts';
import type { FileEntry, Layer } from '../tree/entry.ts';
import type { OpenContent } from '../tree/pack.ts';
import { sizeOf } from '../tree/size.ts';
import { stack } from '../tree/tree.ts';
import type { ImageSource, ReadMeans } from './image.ts';

/** Where the layers of an image are read. */
export interface LayerPlace {
  readonly isHere: (layer: LayerDescriptor) => boolean;
  readonly entries: (layer: LayerDescriptor) => Promise<Layer>;
  /** The blob's bytes, verified on the way. */
  readonly packed: (blob: Descriptor) => AsyncIterable<Uint8Array>;
  /** The blob's file, which is then there; undefined where it has none of its own. */
  readonly file: (blob: Descriptor) => Promise<string | undefined>;
  readonly open: (temporary: () => Promise<string>) => OpenContent;
}

export function storeLayers(store: Store): LayerPlace {
  return {
    isHere: (layer) => isStored(store, layer),
    entries: (layer) => blobEntries(store, layer),
    packed: ({ digest, size }) => store.blobs.read(digest, { size }),
    file: async ({ digest }) => {
      await store.blobs.ensure(digest);
      return store.blobs.path(digest);
    },
    open: (temporary) => openContents(store, temporary),
  };
}

/** Layers in a registry: fetched into the store when they are read, each once. */
export function remoteLayers(
  session: Session,
  repository: Repository,
  { image }: LoadedImage,
  { store, emit }: ReadMeans,
): LayerPlace {
  const coming = new Map<string, Promise<void>>();
  const ensure = async (blob: Descriptor): Promise<void> => {
    if (store.blobs.has(blob.digest)) return;
    const fetch = coming.get(blob.digest) ?? fetchBlob(session, repository, blob, store.blobs.put, emit);
    coming.set(blob.digest, fetch);
    await fetch;
  };
  const packed: LayerPlace['packed'] = async function* (blob) {
    await ensure(blob);
    yield* store.blobs.read(blob.digest, { size: blob.size });
  };
  const read = (digest: string): AsyncIterable<Uint8Array> => packed(blobNamed(image, digest));
  return {
    isHere: (layer) => isStored(store, layer),
    entries: (layer) => blobEntries(store, layer, () => packed(layer.descriptor)),
    packed,
    file: async (blob) => {
      await ensure(blob);
      return store.blobs.path(blob.digest);
    },
    open: (temporary) => openContentsOf({ read, path: store.blobs.path }, temporary),
  };
}

export function sourceLayers(source: ImageSource, { image }: LoadedImage, store: Store): LayerPlace {
  const packed = (blob: Descriptor): AsyncIterable<Uint8Array> => source.blob(blob);
  const read = (digest: string): AsyncIterable<Uint8Array> => packed(blobNamed(image, digest));
  return {
    isHere: () => true,
    entries: (layer) => foreignEntries(store, layer, () => packed(layer.descriptor)),
    packed,
    file: ({ digest }) => Promise.resolve(source.file?.(digest)),
    open: (temporary) => openContentsOf({ read, path: (digest) => source.file?.(digest) }, temporary),
  };
}

function isStored(store: Store, { descriptor: { digest } }: LayerDescriptor): boolean {
  return store.blobs.has(digest) || blobSize(store, digest) !== undefined;
}

function blobNamed({ layers }: Image, digest: string): Descriptor {
  const found = layers.find(({ descriptor }) => descriptor.digest === digest);
  if (!found) throw new TypeError(`no layer ${digest}`);
  return found.descriptor;
}

export interface ViewParts {
  readonly name: string;
  readonly names: readonly string[];
  readonly loaded: LoadedImage;
  readonly layers: LayerPlace;
  readonly means: ReadMeans;
  readonly close: () => Promise<void>;
}

export async function viewOf(parts: ViewParts): Promise<ImageView> {
  const { name, names, loaded, layers: place, means, close } = parts;
  const { image, descriptor, id, config } = loaded;
  const { store, signal } = means;
  const steps = stepsOf(image.config);
  const folder = once(() => temporaryFolder(store));
  let isFolderMade = false;
  const temporary = async (): Promise<string> => {
    isFolderMade = true;
    return (await folder()).path;
  };
  const layers = image.layers.map((layer, index): LayerView => {
    const entries = once(() => place.entries(layer));
    const tar = (): AsyncIterable<Uint8Array> =>
      untilAborted(layerTar(layer.descriptor, place.packed(layer.descriptor)), name, signal);
    const read: LayerView['read'] = async (wants, take) => readFiles(await entries(), tar, wants, take);
    return {
      index,
      descriptor: layer.descriptor,
      diffId: layer.diffId,
      step: steps.find((step) => step.layer === index),
      entries,
      file: () => place.file(layer.descriptor),
      tar,
      size: once(async () => blobSize(store, layer.descriptor.digest) ?? sizeOf(await entries())),
      isHere: () => place.isHere(layer),
      read,
      digests: once(async () => digestsOf(store, layer, await entries(), read)),
    };
  });
  const tree = once(async () => {
    // Fetched several at a time where they are still in a registry.
    await inParallel(layers, (layer) => layer.entries());
    return stack(await Promise.all(layers.map((layer) => layer.entries())));
  });
  return {
    name,
    names,
    descriptor,
    id,
    platform: imagePlatform(image.config),
    config: image.config,
    configBytes: config,
    layers,
    steps,
    open: place.open(temporary),
    tree,
    close: async () => {
      if (isFolderMade) await (await folder()).remove();
      await close();
    },
  };
}

/** In the store, where space for layers is; in the system's own folder where that may only be read. */
async function temporaryFolder(store: Store): Promise<{ path: string; remove: () => Promise<void> }> {
  try {
    return await store.tmp.create();
  } catch (error) {
    if (!(error instanceof DecantError && error.code === 'STORE_UNWRITABLE')) throw error;
    const path = await mkdtemp(join(tmpdir(), 'decant-'));
    return { path, remove: () => rm(path, { recursive: true, force: true }) };
  }
}

const DIGESTS_KIND = 'file-digests';

/** Kept as one digest for each file in the order of the entries; a list of another length is none of this layer. */
async function digestsOf(
  store: Store,
  { descriptor: { digest: blob } }: LayerDescriptor,
  { entries }: Layer,
  read: LayerView['read'],
): Promise<ReadonlyMap<string, string>> {
  const files = entries.filter((entry): entry is FileEntry => entry.type === 'file');
  const kept = store.cache.getSync(DIGESTS_KIND, blob);
  if (Array.isArray(kept) && kept.length === files.length)
    return new Map(files.map(({ path }, index) => [path, `sha256:${fromBase64(String(kept[index]))}`]));
  const found = new Map<string, string>();
  const links = new Map<string, string>();
  await read(
    () => true,
    async (file, bytes) => {
      const hash = createHash('sha256');
      for await (const chunk of bytes) hash.update(chunk);
      const digest = `sha256:${hash.digest('hex')}`;
      if (file.link === undefined) found.set(file.path, digest);
      else links.set(file.link, digest);
    },
  );
  for (const { path, link } of files) if (link !== undefined) found.set(path, links.get(link) ?? '');
  const rows = files.map(({ path }) => toBase64((found.get(path) ?? '').slice('sha256:'.length)));
  const refs = store.blobs.has(blob) ? { blobs: [blob] } : {};
  await keepRecord(store, DIGESTS_KIND, blob, rows, refs);
  return found;
}

function toBase64(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64');
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('hex');
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** The same bytes, until the signal is given. */
export async function* untilAborted(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    if (signal?.aborted) throw new DecantError('INTERRUPTED', `interrupted while reading ${name}`);
    yield chunk;
  }
}
