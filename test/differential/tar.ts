/**
 * A small tar reader and writer of the tests' own (POSIX.1-2001 pax, with GNU long names and base-256 numbers when
 * reading), so that a mistake in the product's codec cannot hide in the comparison.
 */
import type { Item, ItemType } from './item.ts';
import { EMPTY_DIRECTORY } from './item.ts';

export interface Member extends Item {
  /** As in the archive, without a leading `./` or `/` and without a trailing slash; '' is the root. */
  readonly path: string;
}

const TYPES: Readonly<Record<string, ItemType>> = {
  '\0': 'file',
  '0': 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'dir',
  '6': 'fifo',
};
const XATTR = 'SCHILY.xattr.';

export function readTar(bytes: Buffer): Member[] {
  const members: Member[] = [];
  let pax: Record<string, Buffer> = {};
  let offset = 0;
  while (offset + 512 <= bytes.length) {
    const header = bytes.subarray(offset, offset + 512);
    if (header.every((byte) => byte === 0)) break;
    const size = pax['size'] === undefined ? number(header, 124, 12) : Number(pax['size'].toString());
    const body = bytes.subarray(offset + 512, offset + 512 + size);
    offset += 512 + Math.ceil(size / 512) * 512;
    const flag = String.fromCharCode(header[156] ?? 0);
    if (flag === 'x') pax = { ...pax, ...records(body) };
    else if (flag === 'L') pax = { ...pax, path: body.subarray(0, body.indexOf(0)) };
    else if (flag === 'K') pax = { ...pax, linkpath: body.subarray(0, body.indexOf(0)) };
    else if (flag !== 'g') {
      members.push(member(header, flag, body, pax));
      pax = {};
    }
  }
  return members;
}

export function writeTar(members: readonly Member[]): Buffer {
  const blocks: Buffer[] = [];
  for (const member of members) {
    // Readers may set a link's mode and owner on the file it names, so the two have to agree.
    const twin = member.type === 'link' ? members.find((other) => other.path === member.target) : undefined;
    const entry = twin === undefined ? member : { ...member, mode: twin.mode, uid: twin.uid, gid: twin.gid };
    const attributes = Object.entries(entry.xattrs).map(([name, value]) => record(XATTR + name, value));
    if (attributes.length > 0 || Buffer.byteLength(entry.path) > 99)
      blocks.push(
        ...block('pax', 'x', Buffer.concat([record('path', Buffer.from(entry.path)), ...attributes])),
      );
    const flag = Object.keys(TYPES).find((key) => key !== '\0' && TYPES[key] === entry.type) ?? '0';
    blocks.push(...block(entry.path + (entry.type === 'dir' ? '/' : ''), flag, entry.content, entry));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function member(header: Buffer, flag: string, body: Buffer, pax: Record<string, Buffer>): Member {
  const type = TYPES[flag];
  if (type === undefined) throw new Error(`tar: unexpected entry type ${JSON.stringify(flag)}`);
  const prefix = header.toString('latin1', 257, 262) === 'ustar' ? text(header, 345, 155) : '';
  const name = pax['path']?.toString() ?? (prefix === '' ? '' : `${prefix}/`) + text(header, 0, 100);
  const xattrs = Object.entries(pax).filter(([key]) => key.startsWith(XATTR));
  return {
    path: name.replace(/^(\.?\/)+|^\.$/g, '').replace(/\/+$/, ''),
    type,
    mode: number(header, 100, 8) & 0o7777,
    uid: Number(pax['uid']?.toString() ?? number(header, 108, 8)),
    gid: Number(pax['gid']?.toString() ?? number(header, 116, 8)),
    content: type === 'file' ? Buffer.from(body) : Buffer.alloc(0),
    target: pax['linkpath']?.toString() ?? text(header, 157, 100),
    device: type === 'char' || type === 'block' ? [number(header, 329, 8), number(header, 337, 8)] : [0, 0],
    xattrs: Object.fromEntries(xattrs.map(([key, value]) => [key.slice(XATTR.length), value])),
  };
}

function block(name: string, flag: string, body: Buffer, item: Item = EMPTY_DIRECTORY): Buffer[] {
  const header = Buffer.alloc(512);
  const octal = (value: number, offset: number, length: number): number =>
    header.write(value.toString(8).padStart(length - 1, '0'), offset);
  header.write(Buffer.byteLength(name) > 99 ? 'long' : name, 0);
  octal(item.mode, 100, 8);
  octal(item.uid, 108, 8);
  octal(item.gid, 116, 8);
  octal(body.length, 124, 12);
  octal(1_600_000_000, 136, 12);
  header.write('        ', 148);
  header.write(flag, 156);
  header.write(item.target, 157);
  header.write('ustar\x0000', 257);
  octal(item.device[0], 329, 8);
  octal(item.device[1], 337, 8);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
}

/** "LENGTH KEY=VALUE\n", where LENGTH counts its own digits. */
function record(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function records(body: Buffer): Record<string, Buffer> {
  const found: Record<string, Buffer> = {};
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(' ', at);
    const length = Number(body.toString('latin1', at, space));
    const equals = body.indexOf('=', space);
    found[body.toString('utf8', space + 1, equals)] = body.subarray(equals + 1, at + length - 1);
    at += length;
  }
  return found;
}

function text(header: Buffer, offset: number, length: number): string {
  const field = header.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

function number(header: Buffer, offset: number, length: number): number {
  if ((header[offset] ?? 0) & 0x80) return Number(header.readBigUInt64BE(offset + length - 8));
  return Number.parseInt(text(header, offset, length).trim() || '0', 8);
}
