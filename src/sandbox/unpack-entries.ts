/** What unpacking has to see to, whoever makes the files: parents that no entry names, owners, contents of the right size. */
import { readFileSync } from 'node:fs';
import { DecantError } from '../errors.ts';
import type { DirectoryEntry, Entry, FileEntry } from '../tree/entry.ts';
import type { OpenContent } from '../tree/pack.ts';

export interface UnpackOptions {
  readonly userNamespace: boolean;
  /** A parent directory that the layer does not list: what it is further below. 0755, root's, of 1970 without. */
  readonly parent?: (path: string) => DirectoryEntry | undefined;
  readonly signal?: AbortSignal;
}

/** The entries with the directories above them that they do not list. */
export function* withParents(entries: Iterable<Entry>, options: UnpackOptions): Generator<Entry> {
  const directories = new Set<string>(['']);
  for (const entry of entries) {
    yield* missingParents(entry.path, directories, options);
    if (entry.type === 'directory') directories.add(entry.path);
    yield entry;
  }
}

/** What throws MACHINE_UNSUPPORTED for an entry whose owner does not exist here. */
export function ownerCheck(): (entry: Entry) => void {
  const ids = highestId();
  return (entry) => {
    if (entry.uid > ids || entry.gid > ids) throw unmapped(entry, ids);
  };
}

function missingParents(path: string, known: Set<string>, options: UnpackOptions): DirectoryEntry[] {
  const missing: DirectoryEntry[] = [];
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    const parent = path.slice(0, slash);
    if (known.has(parent)) continue;
    known.add(parent);
    const entry = options.parent?.(parent) ?? {
      type: 'directory',
      path: parent,
      mode: 0o755,
      uid: 0,
      gid: 0,
      mtime: 0,
    };
    missing.push({ ...entry, path: parent, opaque: false });
  }
  return missing;
}

/** The highest user id that exists here: all of them, or what the user namespace has (user_namespaces(7)). */
function highestId(): number {
  const [inside, , count] =
    readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n').at(-1)?.trim().split(/\s+/) ?? [];
  return Number(inside ?? 0) + Number(count ?? 2 ** 32) - 1;
}

function unmapped(entry: Entry, highest: number): DecantError {
  return new DecantError(
    'MACHINE_UNSUPPORTED',
    `/${entry.path} belongs to ${entry.uid}:${entry.gid}, an id beyond ${highest}`,
    {
      hint: 'give your user a larger range in /etc/subuid and /etc/subgid, or run decant as root',
    },
  );
}

/** The file's bytes, as many as the layer says. Throws STORE_DAMAGED for more or fewer. */
export async function* exactContent(entry: FileEntry, open: OpenContent): AsyncGenerator<Uint8Array> {
  let size = 0;
  if (entry.size > 0) {
    const bytes = open(entry);
    for await (const chunk of bytes instanceof Uint8Array ? [bytes] : bytes) {
      size += chunk.length;
      if (size > entry.size) break;
      yield chunk;
    }
  }
  if (size === entry.size) return;
  throw new DecantError('STORE_DAMAGED', `/${entry.path} is not ${entry.size} bytes long as its layer says`);
}
