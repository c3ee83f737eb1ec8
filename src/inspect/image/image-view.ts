/**
 * An image opened for reading, wherever it rests: its config and history, its layers with their entries, their contents
 * and the whole tree. Nothing is unpacked; layers are listed when somebody asks for their entries.
 */
import type { ImageConfig } from '../../oci/config.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Platform } from '../../oci/platform.ts';
import type { FileEntry, Layer } from '../../tree/entry.ts';
import type { OpenContent } from '../../tree/pack.ts';
import type { Tree } from '../../tree/tree.ts';
import type { Step } from './steps.ts';

/** Close it: what it holds open and had to write down for a while goes then. */
export interface ImageView {
  /** For messages: as it was asked for, or what it is called where it rests. */
  readonly name: string;
  /** Familiar names that the store has for it; empty for images that are elsewhere. */
  readonly names: readonly string[];
  /** Of the manifest for its platform. */
  readonly descriptor: Descriptor;
  /** Digest of the config: the image id. */
  readonly id: string;
  readonly platform: Platform;
  readonly config: ImageConfig;
  /** The config's bytes as they are. */
  readonly configBytes: Uint8Array;
  /** From the lowest up. */
  readonly layers: readonly LayerView[];
  /** The lines of its history, the oldest first. */
  readonly steps: readonly Step[];
  /** A file's bytes. Whoever wants many files of a layer is better served by the layer's `read`. */
  readonly open: OpenContent;
  /** All layers seen as one. */
  readonly tree: () => Promise<Tree>;
  readonly close: () => Promise<void>;
}

export interface LayerView {
  /** 0 is the lowest. */
  readonly index: number;
  /** Of the blob; its `size` is the layer's packed size. */
  readonly descriptor: Descriptor;
  readonly diffId: string;
  /** What made it; undefined where the history does not say. */
  readonly step: Step | undefined;
  readonly entries: () => Promise<Layer>;
  /** The blob's file on this machine, fetched where it has to be; undefined where it is part of another file. */
  readonly file: () => Promise<string | undefined>;
  /** The uncompressed stream, verified on the way. */
  readonly tar: () => AsyncIterable<Uint8Array>;
  /** Bytes of its files, hard links once. */
  readonly size: () => Promise<number>;
  /** Whether its entries can be had without asking a registry. */
  readonly isHere: () => boolean;
  /**
   * Reads the files that `wants` says yes to, in one pass over the blob and in its order. Of hard links the first is
   * given. What `take` leaves unread is skipped; after the last file wanted, or `false` from `take`, reading stops.
   */
  readonly read: (wants: (file: FileEntry) => boolean, take: TakeFile) => Promise<void>;
  /** sha256 of every file's content, by path. Worked out once and kept. */
  readonly digests: () => Promise<ReadonlyMap<string, string>>;
}

export type TakeFile = (file: FileEntry, bytes: AsyncIterable<Uint8Array>) => Promise<void | false>;
