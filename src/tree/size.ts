/** How large a layer is. */
import type { Layer } from './entry.ts';
import { entriesOf } from './layer.ts';

/** Bytes of a layer's files, links counted once. */
export function sizeOf(layer: Layer): number {
  const links = new Set<string>();
  let size = 0;
  for (const entry of entriesOf(layer)) {
    if (entry.type !== 'file') continue;
    if (entry.link !== undefined) {
      if (links.has(entry.link)) continue;
      links.add(entry.link);
    }
    size += entry.size;
  }
  return size;
}
