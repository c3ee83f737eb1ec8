/**
 * A package as a JSON value, for the store to keep: its control files and the rows of its layer, so that only a package
 * whose contents are wanted has to be unpacked again.
 */
import type { FileEntry, Layer } from '../../tree/entry.ts';
import { layerFromRows, layerRows } from '../../tree/serialize.ts';
import type { Deb } from './deb.ts';
import { debOf } from './read-deb.ts';

const VERSION = 1;

interface KeptDeb {
  readonly version: number;
  /** Each file of control.tar, in base64. */
  readonly control: Readonly<Record<string, string>>;
  /** As `layerRows` makes them; the contents' paths are empty. */
  readonly layer: unknown;
}

/** @param deb As `readDeb` gives it. */
export function keptDeb({ controlFiles, layer }: Deb): unknown {
  const control = [...controlFiles].map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]);
  return {
    version: VERSION,
    control: Object.fromEntries(control),
    layer: layerRows(at(layer, '')),
  } satisfies KeptDeb;
}

/**
 * The package again, or undefined where the value is none of this version.
 *
 * @param path Where data.tar is, or will be when contents are asked for.
 * @param name For messages.
 */
export function debOfKept(value: unknown, path: string, name: string): Deb | undefined {
  const { version, control, layer: rows } = (value ?? {}) as Partial<KeptDeb>;
  const layer = version === VERSION && control ? layerFromRows(rows, { id: path }) : undefined;
  if (!layer || !control) return undefined;
  const files = Object.entries(control).map(([file, text]) => [file, Buffer.from(text, 'base64')] as const);
  return debOf(new Map(files), at(layer, path), name);
}

/** The layer with all contents in another file. */
function at(layer: Layer, path: string): Layer {
  return {
    entries: layer.entries.map((entry) => (entry.type === 'file' ? fileAt(entry, path) : entry)),
  };
}

function fileAt(file: FileEntry, path: string): FileEntry {
  const { content } = file;
  // What a sparse file has is held in the entry itself.
  return content.kind === 'file' ? { ...file, content: { ...content, path } } : file;
}
