/** How large a layer is. */
import type { Layer } from './entry.ts';

/** Bytes of a layer's files, links counted once. */
export function sizeOf(layer: Layer): number {
  const links = new Set<string>();
  let size = 0;
  for (const entry of layer.entries) {
    if (entry.type !== 'file') continue;
    if (entry.link !== undefined) {
      if (links.has(entry.link)) continue;
      links.add(entry.link);
    }
    size += entry.size;
  }
  return size;
}
