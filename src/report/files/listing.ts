/** Files of an image as `ls -l` shows them, with the layer that each is from, and as JSON. */
import type { ImageFiles } from '../../inspect/files/image-files.ts';
import type { Node } from '../../tree/entry.ts';
import { baseName } from '../../tree/path.ts';
import { formatBytes } from '../text/bytes.ts';
import { shownName } from '../text/name.ts';
import { formatTable, type TextOptions } from '../text/table.ts';
import { formatMode, octalMode } from './mode.ts';

type Names = Pick<ImageFiles, 'accounts' | 'layerOf'>;

export interface ListingOptions extends TextOptions {
  /** Whole paths instead of names. */
  readonly paths: boolean;
}

export function formatListing(nodes: readonly Node[], files: Names, options: ListingOptions): string {
  const rows = nodes.map((node) => [
    formatMode(node),
    owner(node, files),
    size(node),
    time(node.mtime),
    layer(node, files),
    nameOf(node, options.paths),
  ]);
  return formatTable(
    [
      { title: 'MODE' },
      { title: 'OWNER' },
      { title: 'SIZE', align: 'right' },
      { title: 'MODIFIED' },
      { title: 'LAYER', align: 'right' },
      { title: 'NAME', least: 24 },
    ],
    rows,
    options,
  );
}

/** One file as JSON; `layer` counts from 1, the lowest, and is null for a directory that layers only imply. */
export function fileJson(node: Node, files: Names): object {
  const { path, type, mode, uid, gid, mtime, xattrs } = node;
  const index = files.layerOf(node);
  return {
    path: `/${path}`,
    type,
    mode: octalMode(mode),
    uid,
    gid,
    user: files.accounts.user(uid),
    group: files.accounts.group(gid),
    ...(node.type === 'file' ? { size: node.size } : {}),
    ...(node.type === 'symlink' ? { target: node.target } : {}),
    ...(node.type === 'char' || node.type === 'block' ? { major: node.major, minor: node.minor } : {}),
    modified: isoTime(mtime),
    layer: index === undefined ? null : index + 1,
    ...(node.type === 'file' && node.link !== undefined ? { hardLink: true } : {}),
    ...(xattrs && Object.keys(xattrs).length > 0
      ? {
          xattrs: Object.fromEntries(
            Object.entries(xattrs).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
          ),
        }
      : {}),
  };
}

function nameOf(node: Node, isWhole: boolean): string {
  const name = isWhole ? `/${node.path}` : node.path === '' ? '/' : baseName(node.path);
  return shownName(node.type === 'symlink' ? `${name} -> ${node.target}` : name);
}

function owner({ uid, gid }: Node, { accounts }: Names): string {
  return `${accounts.user(uid) ?? uid}:${accounts.group(gid) ?? gid}`;
}

function size(node: Node): string {
  if (node.type === 'file') return formatBytes(node.size);
  return node.type === 'char' || node.type === 'block' ? `${node.major}, ${node.minor}` : '-';
}

function layer(node: Node, files: Names): string {
  const index = files.layerOf(node);
  return index === undefined ? '-' : String(index + 1);
}

/** `2024-01-31 08:05`, in UTC. */
function time(seconds: number): string {
  const text = isoTime(seconds);
  return text === null ? '?' : text.slice(0, 16).replace('T', ' ');
}

/** RFC 3339; null for what is no time, which archives may well have. */
function isoTime(seconds: number): string | null {
  const date = new Date(Math.floor(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? null : date.toISOString().replace('.000Z', 'Z');
}
