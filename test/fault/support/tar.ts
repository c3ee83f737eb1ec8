/**
 * Tar archives made by hand, so that they can lie: every field is written as given, and nothing is checked. One header
 * is 512 bytes (POSIX pax utility, "ustar Interchange Format").
 */
export interface Member {
  readonly name: string | Buffer;
  /** `0` file, `1` hard link, `2` symbolic link, `3` and `4` devices, `5` directory, `6` fifo, `x` and `g` records. */
  readonly type?: string;
  readonly link?: string;
  readonly content?: string | Buffer;
  readonly mode?: number;
  readonly uid?: number;
  /** What the header says, where that is not the content's length; a string goes in as it is. */
  readonly size?: number | string;
  readonly device?: readonly [number, number];
}

export const BLOCK = 512;

/** With the two zero blocks that end it. */
export function tarOf(...members: readonly Member[]): Buffer {
  return Buffer.concat([...members.map(memberOf), Buffer.alloc(2 * BLOCK)]);
}

export function memberOf(member: Member): Buffer {
  const content = Buffer.from(member.content ?? '');
  const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
  return Buffer.concat([headerOf(member, content.length), content, padding]);
}

/** PAX records for the member after them: `length key=value\n`, the length counting itself. */
export function paxOf(records: Readonly<Record<string, string | Buffer>>): Buffer {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
    let length = rest.length + 1;
    while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
    return Buffer.concat([Buffer.from(String(length)), rest]);
  });
  return memberOf({ name: 'pax', type: 'x', content: Buffer.concat(lines) });
}

/** GNU's way to a long name: a member of its own that holds it. */
export function gnuNameOf(name: string): Buffer {
  return memberOf({ name: '././@LongLink', type: 'L', content: `${name}\0` });
}

/** Makes the header's checksum right again after somebody changed it. */
export function seal(archive: Buffer, at = 0): Buffer {
  const header = archive.subarray(at, at + BLOCK);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return archive;
}

function headerOf(member: Member, length: number): Buffer {
  const { type = '0', link = '', mode = 0o644, uid = 0, size = length, device = [0, 0] } = member;
  const header = Buffer.alloc(BLOCK);
  Buffer.from(member.name).copy(header, 0, 0, 100);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
  header.write(octal(mode, 8), 100, 'latin1');
  header.write(octal(uid, 8), 108, 'latin1');
  header.write(octal(uid, 8), 116, 'latin1');
  header.write(typeof size === 'string' ? size : octal(size, 12), 124, 12, 'latin1');
  header.write(octal(0, 12), 136, 'latin1');
  header.write(type, 156, 'latin1');
  Buffer.from(link).copy(header, 157, 0, 100);
  header.write('ustar\x0000', 257, 'latin1');
  header.write(octal(device[0], 8), 329, 'latin1');
  header.write(octal(device[1], 8), 337, 'latin1');
  return seal(header);
}
