/**
 * What was looked at of packages' contents, kept by the store: small files, and what the loader's cache says of
 * libraries. With it, a base whose layers are packed already is composed again without unpacking a package.
 */
import { isElf } from '../codec/elf.ts';
import { collect } from '../codec/stream.ts';
import { keepRecord } from '../store/layer-entries.ts';
import type { Store } from '../store/store.ts';
import type { Content } from '../tree/entry.ts';
import type { OpenContent } from '../tree/pack.ts';
import type { Library, LibraryMemory } from './hooks/libraries.ts';
import type { Origins } from './packed-layers.ts';

const KIND = 'deb-seen';
/** Another number whenever the same library is said to be another. */
const VERSION = 1;
/** Certificates, settings, and the copyright files that bills of materials name licences by. */
const MAX_FILE_BYTES = 512 * 1024;

/** By offset in the package's data.tar. */
interface Rows {
  readonly version: number;
  readonly files: Record<string, string>;
  readonly libraries: Record<string, Library | 'none'>;
}

interface Known {
  readonly rows: Rows;
  isNew: boolean;
}

export interface SeenContents {
  readonly libraries: LibraryMemory;
  /** For what is read by those who look, not by who packs: small files are remembered. */
  readonly open: OpenContent;
  /** Keeps what is new. */
  readonly keep: () => Promise<void>;
}

/** @param open Opens what was not seen before. */
export function seenContents(store: Store, origins: Origins, open: OpenContent): SeenContents {
  const packages = new Map<string, Known>();
  const others = new Map<Content, Library | 'none'>();
  const placeOf = (content: Content): { known: Known; at: string } | undefined => {
    const digest = content.kind === 'file' ? origins.get(content.path) : undefined;
    if (digest === undefined || content.kind !== 'file') return undefined;
    let known = packages.get(digest);
    if (!known) packages.set(digest, (known = knownOf(store.cache.getSync(KIND, digest))));
    return { known, at: String(content.offset ?? 0) };
  };
  return {
    libraries: {
      get(content) {
        const place = placeOf(content);
        return place ? place.known.rows.libraries[place.at] : others.get(content);
      },
      set(content, library) {
        const place = placeOf(content);
        if (!place) return void others.set(content, library);
        place.known.rows.libraries[place.at] = library;
        place.known.isNew = true;
      },
    },
    open(file) {
      const place = file.size <= MAX_FILE_BYTES ? placeOf(file.content) : undefined;
      if (!place) return open(file);
      const { rows } = place.known;
      const text = rows.files[place.at];
      if (text !== undefined) return Buffer.from(text, 'base64');
      const remember = (bytes: Uint8Array): void => {
        // What is asked of a library is remembered above.
        if (isElf(bytes)) return;
        rows.files[place.at] = Buffer.from(bytes).toString('base64');
        place.known.isNew = true;
      };
      const content = open(file);
      if (!(content instanceof Uint8Array)) return remembered(content, remember);
      remember(content);
      return content;
    },
    async keep() {
      for (const [digest, { rows, isNew }] of packages)
        if (isNew) await keepRecord(store, KIND, digest, rows, { blobs: [digest] });
    },
  };
}

async function* remembered(
  content: AsyncIterable<Uint8Array>,
  remember: (bytes: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  const bytes = await collect(content);
  remember(bytes);
  yield bytes;
}

function knownOf(value: unknown): Known {
  const rows = (value ?? {}) as Partial<Rows>;
  return rows.version === VERSION
    ? { rows: rows as Rows, isNew: false }
    : { rows: { version: VERSION, files: {}, libraries: {} }, isNew: false };
}
