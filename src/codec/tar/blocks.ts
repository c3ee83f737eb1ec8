/** Header blocks of any kind, also wrong ones, for the tests of the tar codec. */
import { checksums } from './header.ts';
import { formatPaxRecords } from './pax.ts';
import { tarPadding } from './write.ts';

export interface BlockFields {
  readonly name?: string | Buffer;
  readonly type?: string;
  readonly size?: number | Buffer;
  readonly magic?: 'ustar' | 'gnu' | 'v7';
  /** Bytes at given positions, written before the checksum. */
  readonly at?: Readonly<Record<number, string | Buffer>>;
  readonly content?: string | Buffer;
}

/** One header block with a right checksum, and its content with padding. */
export function member(fields: BlockFields): Buffer {
  const content = Buffer.from(fields.content ?? '');
  const block = Buffer.alloc(512);
  const put = (at: number, value: string | Buffer): void => void Buffer.from(value).copy(block, at);
  const size = fields.size ?? content.length;
  put(0, fields.name ?? 'name');
  put(100, '0000644\0');
  put(108, '0000000\0');
  put(116, '0000000\0');
  put(124, typeof size === 'number' ? `${size.toString(8).padStart(11, '0')}\0` : size);
  put(136, '00000000000\0');
  put(156, fields.type ?? '0');
  put(257, { ustar: 'ustar\x0000', gnu: 'ustar  \0', v7: '' }[fields.magic ?? 'ustar']);
  for (const [at, value] of Object.entries(fields.at ?? {})) put(Number(at), value);
  put(148, `${checksums(block)[0].toString(8).padStart(6, '0')}\0 `);
  return Buffer.concat([block, content, tarPadding(content.length)]);
}

/** A PAX header with these records. */
export function pax(records: Readonly<Record<string, string | Buffer>>, type: 'x' | 'g' = 'x'): Buffer {
  return paxList(Object.entries(records), type);
}

/** As `pax`, where a key may stand more than once. */
export function paxList(
  records: readonly (readonly [string, string | Buffer])[],
  type: 'x' | 'g' = 'x',
): Buffer {
  const content = formatPaxRecords(records.map(([key, value]) => ({ key, value: Buffer.from(value) })));
  return member({ name: 'PaxHeaders', type, content });
}
