/**
 * A hook does what packages' maintainer scripts would have done and a runtime needs, as a function from the tree of
 * the merged packages to further entries. Nothing of a package is executed, so any architecture composes anywhere.
 */
import type { Entry } from '../../tree/entry.ts';
import type { Tree } from '../../tree/tree.ts';
import type { Suite } from '../suites.ts';
import type { LibraryMemory } from './libraries.ts';

export interface Hook {
  /** As in `hooks: { certificates: … }` of a recipe and in what `base why` prints. */
  readonly name: string;
  /** Which script is replaced, or which contract kept: one sentence. */
  readonly reason: string;
  /** It applies where any of these packages is in; an empty list applies always. */
  readonly packages: readonly string[];
  /** Entries to lay over the tree. Parents need not be listed. */
  readonly apply: (context: HookContext) => Promise<readonly Entry[]>;
}

export interface HookContext {
  /** The merged packages as the image has them, with the entries of the hooks before. */
  readonly tree: Tree;
  /** The bytes of the regular file that a path leads to, links followed; undefined where there is none. */
  readonly read: (path: string) => Promise<Uint8Array | undefined>;
  /** The packages with what the recipe leaves out of the image: a bundle is made from files that need not be in it. */
  readonly whole: Pick<HookContext, 'tree' | 'read'>;
  /** What is known of libraries of the tree; a hook adds what it reads. */
  readonly libraries?: LibraryMemory;
  readonly packages: readonly InstalledPackage[];
  /** Debian's name: `amd64`, `arm64`, … */
  readonly architecture: string;
  readonly suite: Suite;
  readonly options: HookOptions;
  /** The time of everything made here, in seconds since 1970. */
  readonly time: number;
}

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

/** What a recipe can say to the hooks. */
export interface HookOptions {
  /** Users beside root, nobody and nonroot. */
  readonly users?: readonly User[];
  /** Groups beside those of the users, root, tty, staff, nobody and nonroot. */
  readonly groups?: readonly Group[];
  /** Mode of /home/nonroot and of other users' homes: 0700 unless told. Some platforms start as any user: 0755. */
  readonly homeMode?: number;
  /** Authorities to trust beside Debian's, each one certificate or several in PEM form. */
  readonly certificates?: readonly ExtraCertificate[];
  /** `Europe/Berlin`; without it there is no /etc/localtime, which programs take for UTC. */
  readonly timeZone?: string;
}

export interface User {
  readonly name: string;
  readonly uid: number;
  /** The user's id unless told. */
  readonly gid?: number;
  /** The name of the group: the user's unless told. A group of that id that is there already is left as it is. */
  readonly group?: string;
  /** `/home/<name>` unless told. It is made, unless it is /nonexistent or there already. */
  readonly home?: string;
  /** `/sbin/nologin` unless told. */
  readonly shell?: string;
  /** Names of further groups. */
  readonly groups?: readonly string[];
}

export interface Group {
  readonly name: string;
  readonly gid: number;
}

export interface ExtraCertificate {
  /** A file name without extension. */
  readonly name: string;
  readonly pem: Uint8Array;
}
