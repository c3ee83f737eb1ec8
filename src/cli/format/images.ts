/**
 * What `decant images` and `decant history` answer.
 */
import { formatBytes } from '../../report/text/bytes.ts';
import { formatAge } from '../../report/text/duration.ts';
import { formatJson } from '../../report/text/json.ts';
import { formatTable, type TextOptions } from '../../report/text/table.ts';

export interface DatedOptions extends TextOptions {
  /** The time that ages are counted from, in milliseconds since the epoch. */
  readonly now: number;
}

/** One name of an image in the store, or an image without one. Sizes are bytes of all its layers. */
export interface ImageRow {
  readonly name?: string | undefined;
  /** Digest of the config: `sha256:…`. */
  readonly id: string;
  /** Digest of the manifest. */
  readonly digest: string;
  /** `linux/amd64`. */
  readonly platform?: string | undefined;
  /** RFC 3339. */
  readonly created?: string | undefined;
  readonly packedSize: number;
  readonly unpackedSize: number;
}

export function formatImages(images: readonly ImageRow[], options: DatedOptions): string {
  return formatTable(
    [
      { title: 'NAME', least: 12 },
      { title: 'ID' },
      { title: 'CREATED' },
      { title: 'SIZE', align: 'right' },
      { title: 'UNPACKED', align: 'right' },
    ],
    images.map(({ name, id, created, packedSize, unpackedSize }) => [
      name ?? '<none>',
      shortDigest(id),
      formatAge(created, options.now),
      formatBytes(packedSize),
      formatBytes(unpackedSize),
    ]),
    options,
  );
}

export function imagesJson(images: readonly ImageRow[]): string {
  return formatJson(
    images.map(({ name, id, digest, platform, created, packedSize, unpackedSize }) => {
      return { name: name ?? null, id, digest, platform, created, packedSize, unpackedSize };
    }),
  );
}

/** One entry of an image's history, newest first as people read it. */
export interface HistoryRow {
  readonly created?: string | undefined;
  readonly createdBy: string;
  /** The Dockerfile instruction that it tells of. */
  readonly instruction: string;
  readonly comment?: string | undefined;
  /** Absent for an entry that made no layer. */
  readonly layer?:
    | {
        readonly digest: string;
        readonly packedSize: number;
        /** Null where nobody knows before the layer is fetched. */
        readonly unpackedSize: number | null;
      }
    | undefined;
}

export function formatHistory(history: readonly HistoryRow[], options: DatedOptions): string {
  return formatTable(
    [
      { title: 'CREATED' },
      { title: 'CREATED BY', least: 24 },
      { title: 'SIZE', align: 'right' },
      { title: 'UNPACKED', align: 'right' },
      { title: 'COMMENT', least: 7 },
    ],
    history.map(({ created, instruction, comment, layer }) => [
      formatAge(created, options.now),
      instruction,
      layer === undefined ? '-' : formatBytes(layer.packedSize),
      layer === undefined ? '-' : formatBytes(layer.unpackedSize ?? Number.NaN),
      comment ?? '',
    ]),
    options,
  );
}

export function historyJson(history: readonly HistoryRow[]): string {
  return formatJson(
    history.map(({ created, createdBy, instruction, comment, layer }) => ({
      created,
      createdBy,
      instruction,
      comment,
      layer: layer ?? null,
    })),
  );
}

/** Twelve digits of a digest, enough to tell the images of one machine apart. */
export function shortDigest(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1).slice(0, 12);
}
