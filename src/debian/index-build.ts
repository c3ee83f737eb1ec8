/**
 * Makes the compact form of a `Packages` index (see index-format.ts) in one pass over the stream.
 */
import type { ByteStream } from '../codec/stream.ts';
import { StanzaSplitter, writeRecord } from './index-records.ts';
import { IndexTables } from './index-tables.ts';

const GATHER_BYTES = 256 * 1024;

/**
 * The bytes of the file. Stanzas of other architectures are left out. `name` is what the index is called in errors.
 * Throws ARCHIVE_INVALID, and what the source throws.
 */
export async function* buildIndex(
  source: ByteStream,
  architecture: string,
  name: string,
): AsyncGenerator<Buffer> {
  const tables = new IndexTables();
  let gathered = Buffer.allocUnsafe(GATHER_BYTES);
  let filled = 0;
  const splitter = new StanzaSplitter(name);
  const pieces = async function* (): AsyncGenerator<Iterable<Buffer>> {
    for await (const chunk of source) yield splitter.push(chunk);
    yield splitter.end();
  };
  for await (const stanzas of pieces()) {
    for (const stanza of stanzas) {
      // A record is no longer than its stanza and an empty line.
      if (filled + stanza.length + 1 > gathered.length) {
        yield gathered.subarray(0, filled);
        gathered = Buffer.allocUnsafe(Math.max(GATHER_BYTES, stanza.length + 1));
        filled = 0;
      }
      const record = writeRecord(stanza, gathered, filled, name);
      if (record.architecture !== architecture && record.architecture !== 'all') continue;
      tables.add(record, gathered.subarray(filled, record.end), name);
      filled = record.end;
    }
  }
  yield gathered.subarray(0, filled);
  yield* tables.write();
}
