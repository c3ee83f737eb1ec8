/** What is inside of jars, wheels and the archives inside of these, one member at a time. */
import { isZip, readZip, unzip } from '../../codec/zip.ts';

export interface Member {
  /** `app.jar!/lib/x.so` */
  readonly path: string;
  readonly bytes: Buffer;
}

const ARCHIVE = /\.(?:jar|war|ear|whl|zip|egg)$/;
/** A jar in a jar in a jar is as deep as anyone packs. */
const MAX_DEPTH = 3;
const MAX_MEMBER_BYTES = 512 * 1024 * 1024;
const MAX_MEMBERS = 200_000;

export function isArchiveName(path: string): boolean {
  return ARCHIVE.test(path);
}

/**
 * Members that `wanted` names, inner archives opened. What is damaged or too large is told to `note`, and left out.
 */
export function* archiveMembers(
  archive: Buffer,
  path: string,
  wanted: (path: string) => boolean,
  note: (text: string) => void,
): Generator<Member> {
  yield* membersOf(archive, path, { wanted, note, left: { count: MAX_MEMBERS } }, 1);
}

interface Looking {
  readonly wanted: (path: string) => boolean;
  readonly note: (text: string) => void;
  readonly left: { count: number };
}

function* membersOf(archive: Buffer, path: string, looking: Looking, depth: number): Generator<Member> {
  const entries = attempt(looking, () => (isZip(archive) ? readZip(archive, path) : []));
  for (const entry of entries ?? []) {
    const inner = `${path}!/${entry.name}`;
    const nested = isArchiveName(entry.name) && depth < MAX_DEPTH;
    if (entry.name.endsWith('/') || (!nested && !looking.wanted(inner))) continue;
    if (looking.left.count-- === 0) {
      looking.note(`${path} has too many members; the rest was not looked at`);
      return;
    }
    const bytes = attempt(looking, () => unzip(archive, entry, MAX_MEMBER_BYTES, path));
    if (!bytes) continue;
    if (nested) yield* membersOf(bytes, inner, looking, depth + 1);
    else yield { path: inner, bytes };
  }
}

function attempt<T>({ note }: Looking, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    note(`not looked at: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
