/**
 * Layers that were packed before: bases share their lower layers, and the variants of a base most of theirs, so the same
 * layer would be compressed again and again. It is known by its entries and by where their contents are from: packages
 * by their digests, whose bytes never change.
 */
import { createHash, type Hash } from 'node:crypto';
import { all } from '../engine/embedded/memo.ts';
import { packingName, packIntoStore, type PackSession } from '../engine/embedded/pack-layer.ts';
import type { LayerDescriptor } from '../oci/image.ts';
import type { Entry, FileEntry } from '../tree/entry.ts';
import type { NamedLayer } from './layering.ts';

/** By the path of a temporary file: the digest of the package that it was unpacked from. */
export type Origins = ReadonlyMap<string, string>;

const KIND = 'base-layer';
/** Another number whenever the same entries are hashed otherwise. */
const FORMAT = 2;

/**
 * All layers, from the lowest up. As many at once as `packIntoStore` takes, so that the cores have the next to compress
 * while one ends. The first that fails stops the others.
 */
export async function packAll(
  session: PackSession,
  layers: readonly NamedLayer[],
  origins: Origins,
  unpack?: (entries: readonly Entry[]) => Promise<void>,
): Promise<readonly LayerDescriptor[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([session.signal, stop.signal]);
  const pack = async (layer: NamedLayer): Promise<LayerDescriptor> => {
    try {
      return await packOnce({ ...session, signal }, layer, origins, unpack);
    } catch (error) {
      stop.abort();
      throw error;
    }
  };
  return all(layers.map(pack));
}

/** @param unpack Is called before a layer is packed, with what contents are wanted of. */
export async function packOnce(
  session: PackSession,
  { layer, name }: NamedLayer,
  origins: Origins,
  unpack: (entries: readonly Entry[]) => Promise<void> = () => Promise.resolve(),
): Promise<LayerDescriptor> {
  const { store, epoch, compression } = session;
  const hash = createHash('sha256').update(JSON.stringify([FORMAT, packingName(compression, epoch)]));
  const links = new Map<string, number>();
  // What came from elsewhere than packages has no name that would last.
  const isKnown = layer.entries.every((entry) => addEntry(hash, entry, origins, links));
  const pack = async (): Promise<LayerDescriptor> => {
    await unpack(layer.entries);
    return packIntoStore(session, layer, name);
  };
  if (!isKnown) return pack();
  const key = hash.digest('hex');
  const known = (await store.cache.get(KIND, key)) as LayerDescriptor | undefined;
  if (known && store.blobs.stat(known.descriptor.digest)?.size === known.descriptor.size) return known;
  const packed = await pack();
  await store.cache.put(KIND, key, packed, { blobs: [packed.descriptor.digest] });
  return packed;
}

/** Whether all of the entry is known. */
function addEntry(hash: Hash, entry: Entry, origins: Origins, links: Map<string, number>): boolean {
  const { type, path, mode, uid, gid, mtime, clock = false, xattrs = {} } = entry;
  const attributes = Object.keys(xattrs)
    .sort()
    .map((name) => [name, Buffer.from(xattrs[name] ?? []).toString('hex')]);
  const common = [type, path, mode, uid, gid, mtime, clock, attributes];
  const content = type === 'file' ? contentOf(entry, origins, links) : detailsOf(entry);
  if (content) hash.update(`${JSON.stringify([common, content])}\n`);
  return content !== undefined;
}

function detailsOf(entry: Exclude<Entry, FileEntry>): readonly unknown[] {
  if (entry.type === 'symlink') return [entry.target];
  if (entry.type === 'char' || entry.type === 'block') return [entry.major, entry.minor];
  return entry.type === 'directory' ? [entry.opaque ?? false] : [];
}

function contentOf(
  { size, content, link }: FileEntry,
  origins: Origins,
  links: Map<string, number>,
): readonly unknown[] | undefined {
  // Names of groups of links are made anew each time; which entries belong together is what counts.
  if (link !== undefined && !links.has(link)) links.set(link, links.size);
  const group = link === undefined ? null : links.get(link);
  if (content.kind === 'inline') {
    return [size, group, createHash('sha256').update(content.bytes).digest('hex')];
  }
  if (content.kind === 'blob') return [size, group, content.blob, content.offset];
  const digest = origins.get(content.path);
  return digest === undefined ? undefined : [size, group, digest, content.offset ?? 0];
}
