/**
 * Two images side by side, as plain data: what `decant compare` shows as text, JSON and Markdown, and what a page can be
 * made of. Sizes are bytes, paths have no leading slash, layers count from 0, the lowest. The first image is the one that
 * was, the second the one that is to be: `added` is what only the second has.
 */

export interface Comparison {
  readonly images: readonly [ComparedImage, ComparedImage];
  /** Layers that both have, by what is in them (diff id). */
  readonly sharedLayers: {
    readonly count: number;
    readonly packedSize: number;
    readonly unpackedSize: number;
  };
  /** Absent, as the rest, where only sizes were asked for. */
  readonly files?: Changes<FileChange>;
  readonly packages?: Changes<PackageChange>;
  readonly surface?: SurfaceComparison;
  readonly vulnerabilities?: VulnerabilityComparison;
  readonly deployment: readonly Deployment[];
  /** Each image pulled from a registry on this machine; absent where that was not asked for. */
  readonly measured?: readonly [Measured, Measured];
}

export interface ComparedImage {
  /** As it was asked for. */
  readonly name: string;
  readonly digest: string;
  readonly id: string;
  readonly platform: string;
  readonly packedSize: number;
  readonly unpackedSize: number;
  /** Entries of the whole tree that are not directories. */
  readonly files: number;
  readonly layers: readonly ComparedLayer[];
}

export interface ComparedLayer {
  readonly digest: string;
  readonly diffId: string;
  readonly packedSize: number;
  readonly unpackedSize: number;
  readonly instruction?: string | undefined;
  /** The other image has it too. */
  readonly shared: boolean;
}

export interface Changes<T> {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  readonly same: number;
  readonly list: readonly T[];
}

export type Change = 'added' | 'removed' | 'changed';

export interface FileChange {
  readonly change: Change;
  readonly path: string;
  /** `file`, `symlink`, …; of the second image where it has the path. */
  readonly type: string;
  /** Bytes before and after; 0 for what is not there. */
  readonly sizes: readonly [number, number];
  /** What is different, for a changed one. */
  readonly what: readonly FileDifference[];
}

export type FileDifference = 'type' | 'content' | 'target' | 'device' | 'mode' | 'owner' | 'attributes';

export interface PackageChange {
  readonly change: Change;
  readonly manager: string;
  readonly name: string;
  /** Before and after, several where a package is there several times; empty for none. */
  readonly versions: readonly [readonly string[], readonly string[]];
}

/** What an intruder finds, as the audit counts it. */
export interface SurfaceComparison {
  readonly scores: readonly [SurfaceScore, SurfaceScore];
  readonly counts: readonly { readonly name: string; readonly values: readonly [number, number] }[];
  /** Findings of one image only, a line each, the worst first. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

export interface SurfaceScore {
  /** 0 to 100, higher is better. */
  readonly value: number;
  readonly grade: string;
}

/** Known vulnerabilities of the packages, by a local database. */
export interface VulnerabilityComparison {
  readonly counts: readonly { readonly severity: string; readonly values: readonly [number, number] }[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Seconds that the packed layers take over a line, and nothing else: a lower bound that holds everywhere. */
export interface Deployment {
  /** Bits per second. */
  readonly bandwidth: number;
  /** To a machine that has nothing of the image. */
  readonly fresh: readonly [number, number];
  /** The second image to a machine that has the first: layers that both have are there already. */
  readonly update: number;
}

export interface Measured {
  /** Fetching all layers over loopback into an empty store, verified and written. */
  readonly pullSeconds: number;
  /** Decompressing them and listing what is in them. */
  readonly unpackSeconds: number;
}
