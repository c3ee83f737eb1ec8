/**
 * What a file tree is made of. A layer is an immutable list of entries; their contents are references, so that
 * nothing has to be unpacked to be looked at, copied or shipped.
 *
 * Paths have no leading or trailing slash, no `.` or `..` and no empty component; the root is ''. They are UTF-8
 * decoded with bytes that are not UTF-8 kept as lone surrogates (see codec/path.ts), so nothing is lost.
 */

/** Where a regular file's bytes are. `size` of the entry says how many there are. */
export type Content =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  /**
   * A file on this machine's disk, or a part of one: of a build context, of a layer that a RUN step left as a
   * directory, of an archive that ADD takes apart.
   */
  | { readonly kind: 'file'; readonly path: string; readonly offset?: number }
  /** Bytes of a layer blob, at an offset of its *uncompressed* tar stream. `blob` is the blob's own digest. */
  | { readonly kind: 'blob'; readonly blob: string; readonly offset: number };

interface EntryBase {
  readonly path: string;
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since the epoch, with fraction; the source's own. */
  readonly mtime: number;
  /**
   * The time is the clock's, not the source's: written by a RUN step, or a context file's time of checkout. Packing
   * replaces it (SOURCE_DATE_EPOCH, else zero), so that the same input gives the same layer; a RUN step sees it.
   */
  readonly clock?: boolean;
  /** Extended attributes by full name (`security.capability`, `user.x`); values are bytes. */
  readonly xattrs?: Readonly<Record<string, Uint8Array>>;
}

export interface FileEntry extends EntryBase {
  readonly type: 'file';
  readonly size: number;
  readonly content: Content;
  /** Entries of one layer with the same value are hard links to one file. Unique to the layer they were born in. */
  readonly link?: string;
  /** sha256 of the content (`sha256:…`), where it is known already. */
  readonly digest?: string;
}

export interface DirectoryEntry extends EntryBase {
  readonly type: 'directory';
  /** Nothing that lower layers have below this directory is seen (`.wh..wh..opq`). */
  readonly opaque?: boolean;
}

export interface SymlinkEntry extends EntryBase {
  readonly type: 'symlink';
  readonly target: string;
}

export interface DeviceEntry extends EntryBase {
  readonly type: 'char' | 'block';
  readonly major: number;
  readonly minor: number;
}

export interface FifoEntry extends EntryBase {
  readonly type: 'fifo';
}

/** Removes the path that lower layers have (OCI image-spec, layer.md, "Whiteouts"). Its mode, owner and time mean nothing. */
export interface WhiteoutEntry extends EntryBase {
  readonly type: 'whiteout';
}

/** What a tree can hold: everything a layer can, but whiteouts. */
export type Node = FileEntry | DirectoryEntry | SymlinkEntry | DeviceEntry | FifoEntry;
export type Entry = Node | WhiteoutEntry;

/**
 * Entries sorted by path (UTF-16 code unit order, so a directory stands before what is in it), each path once.
 * Parents need not be listed. No entry stands below one that is not a directory.
 */
export interface Layer {
  readonly entries: readonly Entry[];
  /** The same one by one, where they are kept in a closer form than as a list; see `entriesOf` of layer.ts. */
  readonly each?: () => Iterable<Entry>;
}
