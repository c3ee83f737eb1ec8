/**
 * What `decant compare A B` answers: two images side by side, and how many times smaller the second one is.
 */
import { formatBytes } from './bytes.ts';
import { formatJson } from './json.ts';
import { formatTable, type TextOptions } from './table.ts';

/** Sizes are bytes of all layers. */
export interface ImageFigures {
  readonly name: string;
  readonly digest: string;
  readonly packedSize: number;
  readonly unpackedSize: number;
  /** Entries of the whole tree that are not directories. */
  readonly files: number;
  readonly layers: number;
}

export function formatCompare(first: ImageFigures, second: ImageFigures, options: TextOptions): string {
  return formatTable(
    [
      { title: '' },
      { title: first.name, align: 'right', least: 10 },
      { title: second.name, align: 'right', least: 10 },
      { title: 'RATIO' },
    ],
    [
      ['packed', ...pair(first.packedSize, second.packedSize, formatBytes)],
      ['unpacked', ...pair(first.unpackedSize, second.unpackedSize, formatBytes)],
      ['files', ...pair(first.files, second.files, String, 'fewer', 'more')],
      ['layers', String(first.layers), String(second.layers)],
    ],
    options,
  );
}

/** `ratio` is first divided by second, null where the second is zero. */
export function compareJson(first: ImageFigures, second: ImageFigures): string {
  const ratio = (of: 'packedSize' | 'unpackedSize' | 'files') =>
    second[of] === 0 ? null : first[of] / second[of];
  return formatJson({
    images: [figures(first), figures(second)],
    ratio: { packed: ratio('packedSize'), unpacked: ratio('unpackedSize'), files: ratio('files') },
  });
}

/**
 * `863 times smaller`: how `second` compares with `first`. Rounded towards one, so that no claim is larger than the
 * truth.
 */
export function formatRatio(first: number, second: number, less = 'smaller', more = 'larger'): string {
  if (first === second) return 'the same';
  const [large, small] = first > second ? [first, second] : [second, first];
  if (small === 0) return '';
  const ratio = large / small;
  const digits = ratio >= 10 ? Math.floor(ratio).toString() : (Math.floor(ratio * 100) / 100).toFixed(2);
  return `${digits} times ${first > second ? less : more}`;
}

function pair(
  first: number,
  second: number,
  format: (value: number) => string,
  less?: string,
  more?: string,
): readonly string[] {
  return [format(first), format(second), formatRatio(first, second, less, more)];
}

function figures({ name, digest, packedSize, unpackedSize, files, layers }: ImageFigures): ImageFigures {
  return { name, digest, packedSize, unpackedSize, files, layers };
}
