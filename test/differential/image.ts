/**
 * Images as the builders write them: an OCI image layout in a tar (image-layout.md) from decant and BuildKit, the archive
 * of `docker save`, and a folder of the containers project's `dir:` transport from buildah, which keeps the config fields
 * that are Docker's.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { printConfig } from './config.ts';
import { sha256 } from './item.ts';
import { readTar } from './tar.ts';
import type { Tree } from './tree.ts';
import { mergeLayers } from './tree.ts';

export interface BuiltImage {
  /** Digest of the config, which names all layers by their uncompressed bytes. */
  readonly id: string;
  readonly tree: Tree;
  readonly config: ReadonlyMap<string, string>;
}

interface Descriptor {
  readonly mediaType?: string;
  readonly digest: string;
}
interface Manifest {
  readonly manifests?: readonly Descriptor[];
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
}
interface RootFs {
  readonly rootfs: { readonly diff_ids: readonly string[] | null };
}

export async function readOciArchive(file: string): Promise<BuiltImage> {
  const files = new Map(readTar(await readFile(file)).map((member) => [member.path, member.content]));
  const blob = (descriptor: Descriptor): Buffer => {
    const bytes = files.get(`blobs/${descriptor.digest.replace(':', '/')}`);
    if (bytes === undefined) throw new Error(`${file}: no blob ${descriptor.digest}`);
    if (`sha256:${sha256(bytes)}` !== descriptor.digest)
      throw new Error(`${file}: blob ${descriptor.digest} is damaged`);
    return bytes;
  };
  let manifest = parse(files.get('index.json') ?? Buffer.from('{}')) as Manifest;
  for (let next = manifest.manifests?.[0]; next !== undefined; next = manifest.manifests?.[0])
    manifest = parse(blob(next)) as Manifest;
  if (manifest.config === undefined) throw new Error(`${file}: no image in index.json`);
  return assemble(blob(manifest.config), (manifest.layers ?? []).map(blob));
}

export async function readDirTransport(folder: string): Promise<BuiltImage> {
  const blob = (descriptor: Descriptor): Promise<Buffer> =>
    readFile(join(folder, descriptor.digest.replace('sha256:', '')));
  const manifest = parse(await readFile(join(folder, 'manifest.json'))) as Manifest;
  if (manifest.config === undefined) throw new Error(`${folder}: no image`);
  return assemble(await blob(manifest.config), await Promise.all((manifest.layers ?? []).map(blob)));
}

/** An archive with one image. Layers that are the same may be links to one another. */
export function readDockerArchive(bytes: Buffer): BuiltImage {
  const members = new Map(readTar(bytes).map((member) => [member.path, member]));
  const content = (path: string): Buffer => {
    const member = members.get(path);
    if (member === undefined) throw new Error(`no ${path} in the archive`);
    if (member.type === 'symlink') return content(join(dirname(path), member.target));
    return member.content;
  };
  const [image] = parse(content('manifest.json')) as readonly { Config: string; Layers: readonly string[] }[];
  if (image === undefined) throw new Error('no image in the archive');
  return assemble(content(image.Config), image.Layers.map(content));
}

function assemble(config: Buffer, blobs: readonly Buffer[]): BuiltImage {
  const layers = blobs.map(decompress);
  const diffIds = (parse(config) as RootFs).rootfs.diff_ids ?? [];
  const found = layers.map((layer) => `sha256:${sha256(layer)}`);
  if (diffIds.join() !== found.join())
    throw new Error(`diff ids ${diffIds.join(' ')} are not ${found.join(' ')}`);
  const tree = mergeLayers(layers.map(readTar));
  return { id: `sha256:${sha256(config)}`, tree, config: printConfig(config.toString()) };
}

function decompress(bytes: Buffer): Buffer {
  if (bytes.readUInt16BE(0) === 0x1f8b) return gunzipSync(bytes);
  return bytes;
}

function parse(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString());
}
