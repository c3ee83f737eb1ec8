/**
 * `type=local`: the files as a directory, for people who want the artifact and no image. Nothing that is there already
 * is followed as a link: every path is checked to lead through real directories below the destination.
 */
import {
  chmodSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { encodePath } from '../../codec/path.ts';
import { DecantError, fromSystemError } from '../../errors.ts';
import { makeFolder } from '../../store/files.ts';
import type { Node } from '../../tree/entry.ts';
import type { OpenContent } from '../../tree/pack.ts';
import { packedTime } from '../../tree/pack.ts';

export interface LocalOptions {
  readonly open: OpenContent;
  readonly epoch?: number | undefined;
  /** Owners can only be given away by root; others get the files as their own. */
  readonly setOwners: boolean;
}

/** @param nodes Directories before what is in them. @throws DecantError FILE_UNWRITABLE, DISK_FULL */
export async function writeDirectory(
  nodes: Iterable<Node>,
  destination: string,
  options: LocalOptions,
): Promise<void> {
  const links = new Map<string, Buffer>();
  const directories: { place: Buffer; node: Node }[] = [];
  try {
    makeFolder(destination);
    for (const node of nodes) {
      const place = encodePath(`${destination}/${node.path}`);
      await writeNode(node, place, links, options);
      if (node.type === 'directory') directories.push({ place, node });
      else finish(node, place, options);
    }
    // Innermost first: what is written into a directory changes its time, and needs its permission.
    for (const { place, node } of directories.toReversed()) finish(node, place, options);
  } catch (error) {
    const known = fromSystemError(error, `writing to ${destination}`);
    if (known !== error || error instanceof DecantError) throw known;
    throw new DecantError('FILE_UNWRITABLE', `cannot write to ${destination}`, {
      cause: error,
      hint: 'is it a directory, and may you write there?',
    });
  }
}

async function writeNode(
  node: Node,
  place: Buffer,
  links: Map<string, Buffer>,
  { open }: LocalOptions,
): Promise<void> {
  const there = lstatSync(place, { throwIfNoEntry: false });
  if (there && !(there.isDirectory() && node.type === 'directory')) rmSync(place, { recursive: true });
  switch (node.type) {
    case 'directory':
      if (!there?.isDirectory()) mkdirSync(place, { mode: 0o700 });
      return;
    case 'symlink':
      symlinkSync(encodePath(node.target), place);
      return;
    case 'file': {
      const first = node.link === undefined ? undefined : links.get(node.link);
      if (first) {
        linkSync(first, place);
        return;
      }
      if (node.link !== undefined) links.set(node.link, place);
      const content = open(node);
      if (content instanceof Uint8Array) writeFileSync(place, content, { mode: 0o600, flag: 'wx' });
      else await writeStream(content, place);
      return;
    }
    default:
      // Devices and pipes are of no use outside of a container, and Node cannot make them.
      return;
  }
}

async function writeStream(content: AsyncIterable<Uint8Array>, place: Buffer): Promise<void> {
  const file = await openFile(place, 'wx', 0o600);
  try {
    for await (const chunk of content) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}

function finish(node: Node, place: Buffer, { epoch, setOwners }: LocalOptions): void {
  if (node.type !== 'directory' && node.type !== 'file' && node.type !== 'symlink') return;
  if (setOwners) lchownSync(place, node.uid, node.gid);
  // After the owner: changing that clears the set-id bits.
  if (node.type !== 'symlink') chmodSync(place, node.mode);
  const time = packedTime(node, epoch);
  lutimesSync(place, time, time);
}
