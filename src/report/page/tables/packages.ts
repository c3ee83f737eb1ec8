/** The packages of all images in one table: which image has which, and what each weighs. */
import { formatBytes } from '../../text/bytes.ts';
import type { PageImage } from '../data.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { filterTable } from './table.ts';
import type { Row } from './table.ts';

export function packagesSection(images: readonly PageImage[]): Html {
  return html`<section id="packages" aria-labelledby="packages-title">
    <h2 id="packages-title">Packages</h2>
    ${images.some(({ packages }) => packages.length > 0) ? packagesTable(images) : html`<p class="empty">No package manager has left records in ${images.length > 1 ? 'any of them' : 'it'}.</p>`}
  </section>`;
}

interface Found {
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly images: number[];
  size: number;
}

function packagesTable(images: readonly PageImage[]): Html {
  const found = new Map<string, Found>();
  images.forEach((image, at) => {
    const sizes = sizesOf(image);
    image.packages.forEach(({ type, name, version }, index) => {
      const key = JSON.stringify([type, name, version]);
      const known = found.get(key) ?? { type, name, version, images: [], size: 0 };
      known.images.push(at);
      known.size = Math.max(known.size, sizes[index] ?? 0);
      found.set(key, known);
    });
  });
  const rows = [...found.values()]
    .toSorted((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1))
    .map(({ type, name, version, images: holders, size }): Row => {
      const cells = [html`<code>${name}</code>`, version, type, size === 0 ? '–' : formatBytes(size)];
      const values = { 0: name, 3: size };
      if (images.length === 1) return { cells, values };
      const held = [...new Set(holders)].map((at) => images[at]?.name ?? '');
      return { cells: [...cells, held.join(', ')], values: { ...values, 4: held.join('|') } };
    });
  return filterTable({
    id: 'package-table',
    caption: 'Packages',
    what: 'packages',
    columns: [
      { title: 'package' },
      { title: 'version' },
      { title: 'kind', isChoice: true },
      { title: 'size of its files', isNumber: true },
      ...(images.length > 1 ? [{ title: 'in', isChoice: true }] : []),
    ],
    rows,
  });
}

function sizesOf({ files, packages }: PageImage): readonly number[] {
  const sizes = packages.map(() => 0);
  for (const { owner, size, isHidden } of files)
    if (owner !== undefined && !isHidden) sizes[owner] = (sizes[owner] ?? 0) + size;
  return sizes;
}
