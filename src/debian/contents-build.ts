/**
 * Makes the compact form of a `Contents` index (Debian repository format, "Contents indices"): which package has which
 * file. Of two million files those are kept that anyone here asks for: shared libraries, the dynamic loaders, and
 * programs. One pass over the stream, a line at a time.
 *
 * The file is lines of text, `PATH\tPACKAGE,PACKAGE\n`, in the index's order, after a first line that names the form.
 */
import { type ByteStream, toBuffer } from '../codec/stream.ts';
import { DecantError } from '../errors.ts';

/** Raised with every change of the form, so that older files are made anew. */
export const CONTENTS_FORMAT = 1;
export const CONTENTS_HEADER = `decant contents ${CONTENTS_FORMAT}\n`;

const MAX_LINE_BYTES = 64 * 1024;
const GATHER_BYTES = 256 * 1024;
const LINE_FEED = 0x0a;

/** Libraries and loaders below the library folders, programs where PATH has them. */
const KEPT =
  /^\.?\/?((?:usr\/)?(?:lib[^\s/]*\/(?:[^\s/]+\/)*(?:lib[^\s/]+\.so|ld[^\s/]*\.so)(?:\.[^\s/]+)?|s?bin\/[^\s/]+))[ \t]+(\S+)$/;

/** `name` is what the index is called in errors. Throws ARCHIVE_INVALID, and what the source throws. */
export async function* buildContents(source: ByteStream, name: string): AsyncGenerator<Buffer> {
  let gathered = CONTENTS_HEADER;
  let rest: Buffer = Buffer.alloc(0);
  const keep = (text: string): void => {
    for (const line of text.split('\n')) if (mayBeKept(line)) gathered += compact(line);
  };
  for await (const chunk of source) {
    const bytes = rest.length === 0 ? toBuffer(chunk) : Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    // Latin-1: every byte is one character, and what is kept is ASCII in practice.
    if (end > 0) keep(bytes.toString('latin1', 0, end - 1));
    rest = Buffer.from(bytes.subarray(end));
    if (rest.length > MAX_LINE_BYTES)
      throw new DecantError('ARCHIVE_INVALID', `${name}: it has a line without an end`);
    if (gathered.length < GATHER_BYTES) continue;
    yield Buffer.from(gathered, 'latin1');
    gathered = '';
  }
  keep(rest.toString('latin1'));
  yield Buffer.from(gathered, 'latin1');
}

/** Sees in passing that most lines are of no interest. */
function mayBeKept(line: string): boolean {
  return line.includes('.so') || line.includes('bin/');
}

/** `usr/bin/psql  database/postgresql-client-common` without columns and sections; '' for what is not kept. */
function compact(line: string): string {
  const [, path, places = ''] = KEPT.exec(line) ?? [];
  if (path === undefined) return '';
  const packages = places.split(',').map((place) => place.slice(place.lastIndexOf('/') + 1));
  return `${path}\t${packages.join(',')}\n`;
}
