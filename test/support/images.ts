/** Looking into what was built, with a tar reader that is not the product's own. */
import { sha256 } from '../differential/item.ts';
import { readTar } from '../differential/tar.ts';
import { mergeLayers, printTree } from '../differential/tree.ts';
import type { Ended } from './process.ts';
import type { Workbench } from './workbench.ts';

/** A flat archive as lines by path: `{'/a': 'file 0644 0:0 "text"'}`, without the root itself. */
export function listing(tar: Buffer): Record<string, string> {
  const lines = printTree(mergeLayers([readTar(tar)]), new Map());
  lines.delete('/');
  return Object.fromEntries(lines);
}

/** The text of one file of what `decant build` makes with these arguments. */
export async function treeText(bench: Workbench, args: readonly string[], path: string): Promise<string> {
  const { bytes } = await bench.need(['build', '-o', '-', ...args]);
  const file = readTar(bytes).find((member) => `/${member.path}` === path);
  if (!file) throw new Error(`what was built has no ${path}`);
  return file.content.toString();
}

/** Standard output of a program that must have succeeded. */
export function outputOf({ status, stdout, stderr }: Ended): string {
  if (status !== 0) throw new Error(`it ended with status ${status}: ${stderr}`);
  return stdout;
}

/** The files of an image layout in a tar archive, by name. */
export type LayoutFiles = ReadonlyMap<string, Buffer>;

export function layoutFiles(tar: Buffer): LayoutFiles {
  return new Map(readTar(tar).map(({ path, content }) => [path, content]));
}

export interface ImageIn {
  /** Digest of the config. */
  readonly id: string;
  readonly digest: string;
  readonly layers: readonly { readonly digest: string; readonly mediaType: string }[];
}

/** The first image of a layout. */
export function imageIn(files: LayoutFiles): ImageIn {
  const index = JSON.parse(files.get('index.json')?.toString() ?? '') as { manifests: { digest: string }[] };
  const digest = index.manifests[0]?.digest ?? '';
  const manifest = JSON.parse(blobOf(files, digest).toString()) as {
    config: { digest: string };
    layers: ImageIn['layers'];
  };
  return { id: manifest.config.digest, digest, layers: manifest.layers };
}

export function blobOf(files: LayoutFiles, digest: string): Buffer {
  const bytes = files.get(`blobs/${digest.replace(':', '/')}`);
  if (!bytes) throw new Error(`there is no blob ${digest}`);
  if (`sha256:${sha256(bytes)}` !== digest) throw new Error(`the blob ${digest} is damaged`);
  return bytes;
}
