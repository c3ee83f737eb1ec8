/** The tar archives inside a package, without their compression: which there may be, and how far they may grow. */
import type { ArMember } from '../../codec/ar.ts';
import { type Compression, decompress } from '../../codec/compression.ts';
import type { ByteStream } from '../../codec/stream.ts';
import { DecantError } from '../../errors.ts';
import { findXz, xzProgram } from './xz-program.ts';
import { xzThread } from './xz-thread.ts';

export type XzDecoder = (source: ByteStream) => AsyncIterable<Uint8Array>;

export interface MemberLimits {
  /** The package's name for messages. */
  readonly name: string;
  readonly maxBytes: number;
  /** A decoder that works beside this thread; the codec's own decodes one stream at a time. */
  readonly xz?: XzDecoder;
}

/** What is this small is decoded sooner here than a process or a thread is started. */
const SMALL_BYTES = 32 * 1024;

const COMPRESSIONS: ReadonlyMap<string, Compression> = new Map([
  ['', 'none'],
  ['.gz', 'gzip'],
  ['.xz', 'xz'],
  ['.zst', 'zstd'],
  ['.bz2', 'bzip2'],
]);

/**
 * A member that has to be `control.tar` or `data.tar`, compressed as its name says.
 *
 * @throws DecantError ARCHIVE_INVALID, ARCHIVE_TOO_LARGE
 */
export function plainMember(
  member: ArMember,
  wanted: 'control.tar' | 'data.tar',
  { name, maxBytes, xz }: MemberLimits,
): AsyncGenerator<Uint8Array> {
  const suffix = member.name.startsWith(wanted) ? member.name.slice(wanted.length) : undefined;
  const kind = suffix === undefined ? undefined : COMPRESSIONS.get(suffix);
  if (kind === undefined) {
    throw new DecantError(
      'ARCHIVE_INVALID',
      `${name}: it has ${JSON.stringify(member.name)} where ${wanted} is expected`,
      { hint: `${wanted} may be plain, or compressed as .gz, .xz, .zst or .bz2` },
    );
  }
  const limits = { name: `${name}: ${member.name}`, maxBytes };
  if (kind !== 'xz' || !xz || member.size < SMALL_BYTES) return decompress(member.body(), kind, limits);
  return decompress(explained(xz(member.body()), limits.name), 'none', limits);
}

async function* explained(decoded: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<Uint8Array> {
  try {
    yield* decoded;
  } catch (error) {
    throw explanation(error, what);
  }
}

/** A decoder's own errors say what is wrong with the data, not whose it is. */
function explanation(error: unknown, what: string): unknown {
  if (error instanceof DecantError || !(error instanceof Error) || error.name === 'AbortError') return error;
  return new DecantError('ARCHIVE_INVALID', `${what}: the xz data is damaged or cut off (${error.message})`, {
    cause: error,
  });
}

let program: Promise<string | undefined> | undefined;

/** The path of the program; undefined where there is none. */
export function xzOfHost(): Promise<string | undefined> {
  return (program ??= findXz(process.env['PATH'] ?? ''));
}

/** The program where there is one, else a thread. */
export async function* fastXz(source: ByteStream): AsyncGenerator<Uint8Array> {
  const found = await xzOfHost();
  yield* found === undefined ? xzThread(source) : xzProgram(source, found);
}
