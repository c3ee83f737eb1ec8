/** Wasted bytes of an image, as text and as JSON. Layers are counted from 1 here, as people count. */
import type { WasteReport } from '../inspect/waste/waste-report.ts';
import { formatBytes } from './text/bytes.ts';
import { formatCount } from './text/count.ts';
import { shownName } from './text/name.ts';
import { formatTable, type TextOptions } from './text/table.ts';

const MOST_ROWS = 10;

/** `54 B of 600 kB: 54 B shadowed, 0 B deleted`: one line, for a list of facts. */
export function wasteLine({ total, shadowed, deleted, unchanged }: WasteReport): string {
  const kept = unchanged > 0 ? `; ${formatBytes(unchanged)} of it copied without a change` : '';
  const parts = `${formatBytes(shadowed)} shadowed, ${formatBytes(deleted)} deleted`;
  return `${formatBytes(shadowed + deleted)} of ${formatBytes(total)} cannot be seen: ${parts}${kept}`;
}

export function duplicatesLine({ duplicates: { wasted, count } }: WasteReport): string {
  return `${formatBytes(wasted)} in ${formatCount(count, 'content')} that ${count === 1 ? 'is' : 'are'} there more than once`;
}

/** As dive rounds it. */
export function diveLine({ dive: { efficiency, wastedBytes } }: WasteReport): string {
  return `${(efficiency * 100).toFixed(2)} % efficiency, ${formatBytes(wastedBytes)} wasted, by dive's own rules`;
}

/** What hid bytes, and the largest that it hid and that are there twice; empty where there is nothing of all that. */
export function formatWaste(waste: WasteReport, options: TextOptions): string {
  const tables: string[] = [];
  const causes = waste.causes.filter(({ bytes }) => bytes > 0);
  if (causes.length > 0)
    tables.push(
      formatTable(
        [
          { title: 'WASTED', align: 'right' },
          { title: 'FILES', align: 'right' },
          { title: 'HOW' },
          { title: 'BY LAYER', align: 'right' },
          { title: 'INSTRUCTION', least: 24 },
        ],
        causes
          .slice(0, MOST_ROWS)
          .map(({ bytes, files, how, by, instruction }) => [
            formatBytes(bytes),
            String(files),
            how,
            String(by + 1),
            instruction ?? '?',
          ]),
        options,
      ),
    );
  const hidden = waste.largest.filter(({ size }) => size > 0).slice(0, MOST_ROWS);
  if (hidden.length > 0)
    tables.push(
      formatTable(
        [
          { title: 'WASTED', align: 'right' },
          { title: 'IN LAYER', align: 'right' },
          { title: 'BY LAYER', align: 'right' },
          { title: 'HOW' },
          { title: 'FILE', least: 24 },
        ],
        hidden.map(({ size, layer, by, how, unchanged, path }) => [
          formatBytes(size),
          String(layer + 1),
          String(by + 1),
          unchanged ? 'same again' : how,
          shownName(`/${path}`),
        ]),
        options,
      ),
    );
  const { groups } = waste.duplicates;
  if (groups.length > 0)
    tables.push(
      formatTable(
        [
          { title: 'WASTED', align: 'right' },
          { title: 'COPIES', align: 'right' },
          { title: 'DUPLICATES', least: 24 },
        ],
        groups.slice(0, MOST_ROWS).map(({ wasted, copies }) => [
          formatBytes(wasted),
          String(copies.length),
          shownName(
            copies
              .slice(0, 3)
              .map(({ path }) => `/${path}`)
              .join(' '),
          ) + (copies.length > 3 ? ' …' : ''),
        ]),
        options,
      ),
    );
  return tables.join('\n\n');
}

/** Keys as docs/cli.md has them. */
export function wasteJson(waste: WasteReport): object {
  const { total, visible, shadowed, deleted, unchanged, dive } = waste;
  return {
    total,
    visible,
    shadowed,
    deleted,
    unchanged,
    causes: waste.causes.map(({ by, how, bytes, files, instruction }) => {
      return { layer: by + 1, how, bytes, files, instruction };
    }),
    largest: waste.largest.map(({ path, size, layer, by, how, unchanged: isSame }) => {
      return { path: `/${path}`, size, layer: layer + 1, by: by + 1, how, unchanged: isSame };
    }),
    duplicates: {
      wasted: waste.duplicates.wasted,
      count: waste.duplicates.count,
      groups: waste.duplicates.groups.map(({ digest, size, wasted, copies }) => ({
        digest,
        size,
        wasted,
        copies: copies.map(({ path, layer }) => ({ path: `/${path}`, layer: layer + 1 })),
      })),
    },
    dive: { efficiency: dive.efficiency, wastedBytes: dive.wastedBytes },
  };
}
