/** `tar` and `local`: what was built as files, without an image around them; a folder for each of several platforms. */
import { DecantError } from '../../errors.ts';
import { formatPlatform } from '../../oci/platform.ts';
import type { Platform } from '../../oci/platform.ts';
import type { Node } from '../../tree/entry.ts';
import { joinPath } from '../../tree/path.ts';
import { plainDirectory, stack, walk } from '../../tree/tree.ts';
import type { Layer } from '../../tree/entry.ts';

export interface PlatformFiles {
  readonly platform: Platform;
  /** Lowest first. */
  readonly layers: readonly Layer[];
  /** Beside them in the root, by name: attestations. */
  readonly beside: ReadonlyMap<string, Uint8Array>;
}

/**
 * Directories before what is in them.
 *
 * @param split Each platform has a folder of its own, `linux_arm64`.
 * @throws DecantError USAGE where platforms that share a folder have different files of one name
 */
export function filesOfAll(all: readonly PlatformFiles[], split: boolean): Iterable<Node> {
  if (split) return inFolders(all);
  const [only] = all;
  return only && all.length === 1 ? filesOf(only) : joined(all);
}

function joined(all: readonly PlatformFiles[]): readonly Node[] {
  const found = new Map<string, { readonly node: Node; readonly platform: Platform }>();
  for (const files of all) {
    for (const node of filesOf(files)) {
      const there = found.get(node.path);
      if (!there) found.set(node.path, { node: ownLinks(node, files.platform), platform: files.platform });
      else if (there.node.type !== 'directory' || node.type !== 'directory')
        throw conflict(node.path, there.platform, files.platform);
    }
  }
  // A directory's path is the beginning of those of what is in it.
  return [...found.values()].map(({ node }) => node).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** `linux_arm64`, as BuildKit calls it. */
export function platformFolder(platform: Platform): string {
  return formatPlatform(platform).replaceAll('/', '_');
}

/** One by one: a tree may have very many. */
function* filesOf({ layers, beside }: PlatformFiles): Generator<Node> {
  for (const node of walk(stack(layers))) {
    if (node.path === '' || beside.has(node.path)) continue;
    // What a layer cuts off below it is gone already; in these files a mark of it would be one more file.
    yield node.type === 'directory' && node.opaque ? { ...node, opaque: false } : node;
  }
  for (const [path, bytes] of beside) {
    const content = { kind: 'inline', bytes } as const;
    yield { type: 'file', path, mode: 0o644, uid: 0, gid: 0, mtime: 0, size: bytes.length, content };
  }
}

function* inFolders(all: readonly PlatformFiles[]): Generator<Node> {
  for (const files of all) {
    const folder = platformFolder(files.platform);
    yield plainDirectory(folder);
    for (const node of filesOf(files))
      yield ownLinks({ ...node, path: joinPath(folder, node.path) }, files.platform);
  }
}

/** What is one file in one platform's tree may be named alike in another's. */
function ownLinks(node: Node, platform: Platform): Node {
  if (node.type !== 'file' || node.link === undefined) return node;
  return { ...node, link: `${formatPlatform(platform)} ${node.link}` };
}

function conflict(path: string, one: Platform, other: Platform): DecantError {
  const [first, second] = [formatPlatform(one), formatPlatform(other)];
  return new DecantError('USAGE', `"/${path}" is there for ${first} and for ${second}`, {
    hint: 'leave platform-split=false out: each platform then has a folder of its own',
  });
}
