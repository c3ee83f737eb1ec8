/**
 * One file of a tree as a line of text, the form that fixtures are written in and results are recorded in:
 *
 *     file 0644 0:0 "hello\n"          the content as a JSON string, or bare, or sha256:… for long or binary ones
 *     dir 1777 0:0                     directory
 *     symlink 0777 0:0 -> busybox      symbolic link
 *     link -> /bin/busybox             hard link (input only)
 *     char 0600 0:0 1:3                character or block device with its numbers
 *     fifo 0644 0:0                    named pipe
 *     … {user.note=aGVsbG8=}           extended attributes, values in base64, at the end
 *
 * The owner may be left out in fixtures and is 0:0 then.
 */
import { createHash } from 'node:crypto';

export type ItemType = 'file' | 'dir' | 'symlink' | 'link' | 'char' | 'block' | 'fifo';

export interface Item {
  readonly type: ItemType;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of a file; empty for everything else. */
  readonly content: Buffer;
  /** Of a symbolic or hard link. */
  readonly target: string;
  /** Major and minor number of a device. */
  readonly device: readonly [number, number];
  readonly xattrs: Readonly<Record<string, Buffer>>;
}

export const EMPTY_DIRECTORY: Item = {
  type: 'dir',
  mode: 0o755,
  uid: 0,
  gid: 0,
  content: Buffer.alloc(0),
  target: '',
  device: [0, 0],
  xattrs: {},
};

const LINE =
  /^(file|dir|symlink|link|char|block|fifo)(?: ([0-7]{4}))?(?: (\d+):(\d+))?(?: (?!\{)(.+?))?(?: \{(\S+)\})?$/s;

export function parseItem(line: string): Item {
  const match = LINE.exec(line);
  if (match === null) throw new Error(`cannot read fixture line: ${line}`);
  const type = match[1] as ItemType;
  const rest = match[5] ?? '';
  const numbers = type === 'char' || type === 'block' ? rest.split(':').map(Number) : [];
  return {
    type,
    mode: match[2] === undefined ? 0o777 : Number.parseInt(match[2], 8),
    uid: Number(match[3] ?? 0),
    gid: Number(match[4] ?? 0),
    content: Buffer.from(type !== 'file' ? '' : rest.startsWith('"') ? (JSON.parse(rest) as string) : rest),
    target: rest.startsWith('-> ') ? rest.slice(3) : '',
    device: [numbers[0] ?? 0, numbers[1] ?? 0],
    xattrs: Object.fromEntries(
      (match[6] ?? '')
        .split(',')
        .filter((pair) => pair !== '')
        .map((pair) => [
          pair.slice(0, pair.indexOf('=')),
          Buffer.from(pair.slice(pair.indexOf('=') + 1), 'base64'),
        ]),
    ),
  };
}

/** Contents too long or too binary to be read are shown by digest, and those in `names` by a name of their own. */
export function printItem(item: Item, names: ReadonlyMap<string, string>): string {
  const parts = [item.type, item.mode.toString(8).padStart(4, '0'), `${item.uid}:${item.gid}`];
  if (item.type === 'file') parts.push(printContent(item.content, names));
  if (item.type === 'symlink') parts.push(`-> ${item.target}`);
  if (item.type === 'char' || item.type === 'block') parts.push(item.device.join(':'));
  const xattrs = Object.entries(item.xattrs).sort(([a], [b]) => (a < b ? -1 : 1));
  if (xattrs.length > 0)
    parts.push(`{${xattrs.map(([name, value]) => `${name}=${value.toString('base64')}`).join(',')}}`);
  return parts.join(' ');
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function printContent(content: Buffer, names: ReadonlyMap<string, string>): string {
  const digest = sha256(content);
  const name = names.get(digest);
  if (name !== undefined) return name;
  const text = content.toString('utf8');
  const readable = content.length <= 600 && !/[^\P{Cc}\t\n\r]|\ufffd/u.test(text);
  return readable ? JSON.stringify(text) : `sha256:${digest.slice(0, 16)} ${content.length} bytes`;
}
