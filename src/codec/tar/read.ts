/**
 * Reads tar archives of every dialect that image layers and Debian packages come in: v7, ustar, PAX (POSIX pax
 * utility, "pax Interchange Format"), GNU long names, base-256 numbers and sparse files. Whatever an archive says is
 * checked: a lie ends in ARCHIVE_INVALID with the member's name and its offset in the uncompressed stream.
 */
import { DecantError } from '../../errors.ts';
import { ByteReader, type ByteStream } from '../stream.ts';
import {
  BLOCK_BYTES,
  hasValidChecksum,
  isZeroBlock,
  readHeaderBlock,
  type RawHeader,
  type TarHeader,
} from './header.ts';
import { describeMember, type Extensions } from './member.ts';
import { type PaxRecord, parsePaxRecords } from './pax.ts';
import {
  expandSparse,
  leadingMapSize,
  leadingSparseParts,
  MAX_SPARSE_PARTS,
  oldSparseParts,
  sparseFault,
  type SparsePart,
} from './sparse.ts';

/** PAX records and long names of one member, and global records of one archive. */
export const MAX_EXTENSION_BYTES = 1024 * 1024;

/** Global records are looked at again for every member. */
const MAX_GLOBAL_RECORDS = 1000;

export interface TarMember {
  readonly header: TarHeader;
  /** Where the content starts in the uncompressed stream. Of a sparse file: where its stored parts start. */
  readonly offset: number;
  /** Bytes that `body()` yields; the same as `header.size`. */
  readonly size: number;
  /** The content is stored in parts: it cannot be read from `offset` as it stands. */
  readonly sparse: boolean;
  /** The content, once, before the next member is asked for. What is not read is skipped. */
  readonly body: () => AsyncIterable<Buffer>;
}

export interface ReadTarOptions {
  /** What the archive is called in errors. */
  readonly name?: string;
  /** Largest size of one file, after sparse files are expanded, in bytes. Beyond it: ARCHIVE_TOO_LARGE. */
  readonly maxFileBytes?: number;
}

/**
 * The members in their order. The source is read to its end, so that a digest computed on the way covers all of it,
 * including what follows the archive's end mark. Throws ARCHIVE_INVALID, ARCHIVE_TOO_LARGE, and whatever the source
 * throws.
 */
export async function* readTar(source: ByteStream, options: ReadTarOptions = {}): AsyncGenerator<TarMember> {
  const reader = new ByteReader(source);
  const archive = new ArchiveReader(reader, options);
  try {
    for (;;) {
      const member = await archive.next();
      if (!member) break;
      yield member;
    }
    while ((await reader.some(Infinity)).length > 0);
  } finally {
    await reader.close();
  }
}

interface Content {
  readonly member: TarMember;
  /** Stored bytes not read yet, and the padding after them. */
  left: number;
  readonly padding: number;
  state: 'unread' | 'reading' | 'gone';
}

class ArchiveReader {
  readonly #reader: ByteReader;
  readonly #options: ReadTarOptions;
  readonly #global = new Map<string, Buffer>();
  #current: Content | undefined;
  /** Where the header being read starts, for errors. */
  #headerOffset = 0;

  constructor(reader: ByteReader, options: ReadTarOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  async next(): Promise<TarMember | undefined> {
    await this.#finishCurrent();
    let extensions: Extensions = {};
    for (;;) {
      this.#headerOffset = this.#reader.offset;
      const block = await this.#headerBlock(extensions);
      if (!block) return undefined;
      const raw = readHeaderBlock(block);
      switch (raw.typeflag) {
        case 'x':
        case 'X':
          extensions = { ...extensions, records: await this.#paxRecords(raw) };
          break;
        case 'g':
          this.#mergeGlobal(await this.#paxRecords(raw), raw.name);
          break;
        case 'L':
          extensions = { ...extensions, longName: await this.#extension(raw) };
          break;
        case 'K':
          extensions = { ...extensions, longLink: await this.#extension(raw) };
          break;
        case 'V':
          await this.#skip(this.#paddedSize(raw), raw.name);
          break;
        default:
          return this.#member(raw, block, extensions);
      }
    }
  }

  /** The next header, or undefined at the end of the archive: two zero blocks, or the stream's end between members. */
  async #headerBlock(extensions: Extensions): Promise<Buffer | undefined> {
    let block = await this.#block();
    if (block && !isZeroBlock(block)) {
      if (hasValidChecksum(block)) return block;
      throw this.#invalid('', 'its header has a wrong checksum');
    }
    if (Object.keys(extensions).length > 0)
      throw this.#invalid('', 'the archive ends after an extended header');
    if (!block) return undefined;
    block = await this.#block();
    if (block && !isZeroBlock(block))
      throw this.#invalid('', 'a single zero block is not the end of an archive');
    return undefined;
  }

  async #block(): Promise<Buffer | undefined> {
    const reader = this.#reader;
    const have = reader.available >= BLOCK_BYTES ? BLOCK_BYTES : await reader.fill(BLOCK_BYTES);
    if (have >= BLOCK_BYTES) return reader.take(BLOCK_BYTES);
    if (have === 0) return undefined;
    throw this.#invalid('', `the archive is cut off after ${have} of ${BLOCK_BYTES} bytes of a header`);
  }

  async #paxRecords(raw: RawHeader): Promise<readonly PaxRecord[]> {
    const records = parsePaxRecords(await this.#extension(raw));
    if (typeof records === 'string') throw this.#invalid(raw.name, records);
    return records;
  }

  #mergeGlobal(records: readonly PaxRecord[], name: string): void {
    for (const { key, value } of records) this.#global.set(key, value);
    let bytes = 0;
    for (const [key, value] of this.#global) bytes += key.length + value.length;
    if (bytes > MAX_EXTENSION_BYTES || this.#global.size > MAX_GLOBAL_RECORDS)
      throw this.#invalid(name, 'the global headers are too large');
  }

  async #extension(raw: RawHeader): Promise<Buffer> {
    const padded = this.#paddedSize(raw);
    if (raw.size > MAX_EXTENSION_BYTES) {
      throw this.#invalid(raw.name, `an extended header of ${raw.size} bytes is too large`);
    }
    if ((await this.#reader.fill(padded)) < padded)
      throw this.#invalid(raw.name, 'the archive is cut off in an extended header');
    return this.#reader.take(padded).subarray(0, raw.size);
  }

  #paddedSize(raw: RawHeader): number {
    if (!(raw.size >= 0)) throw this.#invalid(raw.name, 'its size is not a valid number');
    return raw.size + paddingOf(raw.size);
  }

  async #member(raw: RawHeader, block: Buffer, extensions: Extensions): Promise<TarMember> {
    const described = describeMember(raw, extensions, this.#global);
    if (typeof described === 'string') throw this.#invalid(memberName(raw, extensions), described);
    const { header, stored } = described;
    let parts = described.sparseParts;
    let mapBytes = 0;
    if (raw.typeflag === 'S') {
      parts = await this.#oldSparseParts(block, header.path);
    } else if (described.leadingMap) {
      [parts, mapBytes] = await this.#leadingParts(stored, header.path);
    }
    if (parts) {
      const fault = sparseFault(parts, header.size, stored - mapBytes);
      if (fault !== undefined) throw this.#invalid(header.path, fault);
    }
    const { maxFileBytes = Infinity } = this.#options;
    if (header.size > maxFileBytes) {
      throw new DecantError(
        'ARCHIVE_TOO_LARGE',
        `${this.#label(header.path)}: its ${header.size} bytes are more than the ${maxFileBytes} allowed`,
      );
    }
    const content: Content = {
      member: {
        header,
        offset: this.#reader.offset,
        size: header.size,
        sparse: parts !== undefined,
        body: () => this.#body(content, parts),
      },
      left: stored - mapBytes,
      padding: paddingOf(stored),
      state: 'unread',
    };
    this.#current = content;
    return content.member;
  }

  async #oldSparseParts(header: Buffer, path: string): Promise<SparsePart[]> {
    const parts = oldSparseParts(header, 386, 4);
    for (let more = header[482]; more;) {
      const block = await this.#block();
      if (!block) throw this.#invalid(path, 'the archive is cut off in a sparse map');
      parts.push(...oldSparseParts(block, 0, 21));
      if (parts.length > MAX_SPARSE_PARTS) break;
      more = block[504];
    }
    return parts;
  }

  async #leadingParts(stored: number, path: string): Promise<[SparsePart[], number]> {
    // Each part takes at most 34 bytes of map.
    const most = Math.min(stored, MAX_SPARSE_PARTS * 34 + BLOCK_BYTES);
    for (let want = Math.min(4096, most); ; want = Math.min(want * 4, most)) {
      const have = Math.min(want, await this.#reader.fill(want));
      const bytes = this.#reader.peek(have);
      const parts = leadingSparseParts(bytes);
      if (parts) {
        const mapBytes = leadingMapSize(bytes, parts);
        if (mapBytes > stored || parts.some((part) => Number.isNaN(part.offset))) break;
        await this.#skip(mapBytes, path);
        return [parts, mapBytes];
      }
      if (have < want || want === most) break;
    }
    throw this.#invalid(path, 'its sparse map cannot be read');
  }

  #body(content: Content, parts: readonly SparsePart[] | undefined): AsyncIterable<Buffer> {
    if (content.state !== 'unread') {
      throw new DecantError(
        'INTERNAL',
        `the content of ${content.member.header.path} can be read only once, in its turn`,
      );
    }
    content.state = 'reading';
    if (!parts) return this.#stored(content, content.member.size);
    return expandSparse(parts, content.member.size, (count) => this.#stored(content, count));
  }

  async *#stored(content: Content, count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0;) {
      if (content.state === 'gone') {
        throw new DecantError(
          'INTERNAL',
          `the content of ${content.member.header.path} was read after its turn`,
        );
      }
      const bytes = await this.#reader.some(left);
      if (bytes.length === 0) throw this.#truncated(content);
      left -= bytes.length;
      content.left -= bytes.length;
      yield bytes;
    }
  }

  async #finishCurrent(): Promise<void> {
    const content = this.#current;
    if (!content) return;
    this.#current = undefined;
    content.state = 'gone';
    const count = content.left + content.padding;
    if (this.#reader.available >= count) this.#reader.take(count);
    else if ((await this.#reader.skip(count)) > 0) throw this.#truncated(content);
  }

  async #skip(count: number, path: string): Promise<void> {
    if ((await this.#reader.skip(count)) > 0) throw this.#invalid(path, 'the archive is cut off');
  }

  #truncated(content: Content): DecantError {
    return this.#invalid(content.member.header.path, 'the archive is cut off in its content');
  }

  #label(path: string): string {
    const { name = 'archive' } = this.#options;
    const member = path === '' ? 'member' : `member ${JSON.stringify(path.slice(0, 1024))}`;
    return `${name}: ${member} at offset ${this.#headerOffset}`;
  }

  #invalid(path: string, why: string): DecantError {
    return new DecantError('ARCHIVE_INVALID', `${this.#label(path)}: ${why}`);
  }
}

function memberName(raw: RawHeader, extensions: Extensions): string {
  return extensions.longName ? (extensions.longName.toString('utf8').split('\0', 1)[0] ?? '') : raw.name;
}

function paddingOf(size: number): number {
  return (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
}
