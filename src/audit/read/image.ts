/** An image as the audit takes it: its config and its layers, as values and as files to be read once. */
import type { ImageConfig } from '../../oci/config.ts';
import type { Layer } from '../../tree/entry.ts';

export interface AuditLayer {
  readonly layer: Layer;
  /** Of its blob. */
  readonly digest: string;
  readonly size: number;
  /** The blob as it lies somewhere on this machine's disk. */
  readonly path: string;
  readonly compression: 'none' | 'gzip' | 'zstd';
  /** The instruction that made it, where the history says. */
  readonly createdBy?: string | undefined;
}

export interface AuditImage {
  readonly name: string;
  /** Of its manifest. */
  readonly digest: string;
  /** Of its config. */
  readonly id: string;
  readonly config: ImageConfig;
  /** From the lowest up. */
  readonly layers: readonly AuditLayer[];
}
