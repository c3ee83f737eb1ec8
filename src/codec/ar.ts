/**
 * Reads ar archives in the form that Debian packages have (deb(5)): the common format with names of up to 16
 * characters, without the long names of GNU and BSD, which no package uses. What an archive says of itself is checked;
 * a lie ends in ARCHIVE_INVALID with the position where it stands.
 */
import { DecantError } from '../errors.ts';
import { ByteReader, type ByteStream } from './stream.ts';

export interface ArMember {
  /** Without padding and without the slash that some writers end names with. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Where the content begins in the archive. */
  readonly offset: number;
  /** The content. It can be read once, and only before the next member is asked for. */
  readonly body: () => AsyncIterable<Buffer>;
}

export interface ReadArOptions {
  /** What the archive is called in errors. */
  readonly name?: string;
}

const MAGIC = '!<arch>\n';
const HEADER_BYTES = 60;
/** A package has three members; what has more than this is something else. */
const MAX_MEMBERS = 64;

/** The members in their order. Content that is not read is passed over. Throws ARCHIVE_INVALID. */
export async function* readAr(source: ByteStream, options: ReadArOptions = {}): AsyncGenerator<ArMember> {
  const { name: archive = 'ar archive' } = options;
  const reader = new ByteReader(source);
  const invalid = (why: string): DecantError => new DecantError('ARCHIVE_INVALID', `${archive}: ${why}`);
  try {
    await reader.fill(MAGIC.length);
    if (reader.take(MAGIC.length).toString('latin1') !== MAGIC) throw invalid('it is not an ar archive');
    for (let count = 1; (await reader.fill(HEADER_BYTES)) > 0; count += 1) {
      if (count > MAX_MEMBERS) throw invalid(`it has more than ${MAX_MEMBERS} members`);
      const at = reader.offset;
      const header = reader.take(HEADER_BYTES).toString('latin1');
      const { name, size, fault } = readHeader(header);
      if (fault !== undefined) throw invalid(`${fault} at offset ${at}`);
      const content = { left: size, current: true };
      yield { name, size, offset: reader.offset, body: () => body(reader, content, name, invalid) };
      content.current = false;
      if ((await reader.skip(content.left)) > 0) throw cutOff(name, invalid);
      // Members begin at even offsets; the last one's padding is often missing.
      await reader.skip(size % 2);
    }
  } finally {
    await reader.close();
  }
}

interface Header {
  readonly name: string;
  readonly size: number;
  readonly fault?: string;
}

/** Name (16), time (12), owner (6), group (6), mode (8) and size (10) as text, and two bytes that end the header. */
function readHeader(text: string): Header {
  const fault = (why: string): Header => ({ name: '', size: 0, fault: why });
  if (text.length < HEADER_BYTES) return fault('a header is cut off');
  if (!text.endsWith('`\n')) return fault('a header does not end as it should');
  const name = text.slice(0, 16).trimEnd();
  const size = text.slice(48, 58).trimEnd();
  if (!/^[!-~]+$/.test(name)) return fault('a member has no proper name');
  if (/^#1\/|^\/./.test(name)) return fault('a member has a long name, which no package has');
  if (!/^\d+$/.test(size)) return fault(`the size of ${JSON.stringify(name)} is no number`);
  return { name: name.length > 1 && name.endsWith('/') ? name.slice(0, -1) : name, size: Number(size) };
}

async function* body(
  reader: ByteReader,
  content: { left: number; readonly current: boolean },
  name: string,
  invalid: (why: string) => DecantError,
): AsyncGenerator<Buffer> {
  while (content.left > 0) {
    if (!content.current) throw new DecantError('INTERNAL', `the content of ${name} was read after its turn`);
    const bytes = await reader.some(content.left);
    if (bytes.length === 0) throw cutOff(name, invalid);
    content.left -= bytes.length;
    yield bytes;
  }
}

function cutOff(name: string, invalid: (why: string) => DecantError): DecantError {
  return invalid(`it is cut off in ${JSON.stringify(name)}`);
}
