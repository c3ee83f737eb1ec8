/** What an intruder would find, of all images in one table that can be filtered. */
import type { PageFinding, PageImage } from '../data.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { filterTable } from './table.ts';
import type { Row } from './table.ts';

export function surfaceSection(images: readonly PageImage[]): Html | undefined {
  const audited = images.filter(({ surface }) => surface !== undefined);
  if (audited.length === 0) return undefined;
  return html`<section id="surface" aria-labelledby="surface-title">
    <h2 id="surface-title">Attack surface</h2>
    <p class="lead">What somebody who breaks in would find to live off.</p>
    <ul class="scores">
      ${audited.map(
        ({ name, surface }) =>
          html`<li>
            ${surface?.grade !== undefined && html`<b class="grade">${surface.grade}</b>`}<span>${name}</span>
            <small
              >${surface?.score !== undefined && `${surface.score} of 100 points, `}${surface?.findings.length ?? 0}
              findings</small
            >
          </li>`,
      )}
    </ul>
    ${surfaceTable(audited)}
  </section>`;
}

const SEVERITIES = ['high', 'medium', 'low', 'info'] as const;

function surfaceTable(images: readonly PageImage[]): Html {
  const found = new Map<string, PageFinding & { readonly images: number[] }>();
  images.forEach(({ surface }, at) => {
    for (const finding of surface?.findings ?? []) {
      const key = JSON.stringify([finding.kind, finding.severity, finding.path, finding.detail]);
      const known = found.get(key) ?? { ...finding, images: [] };
      known.images.push(at);
      found.set(key, known);
    }
  });
  const rank = ({ severity }: PageFinding): number => SEVERITIES.indexOf(severity);
  const rows = [...found.values()]
    .toSorted((a, b) => rank(a) - rank(b) || order(a.kind, b.kind) || order(a.path, b.path))
    .map(({ kind, severity, path, detail, images: holders }): Row => {
      const cells = [
        kind,
        html`<span class="severity ${severity}">${severity}</span>`,
        html`<code>${path}</code>`,
        detail,
      ];
      const values = { 1: severity };
      if (images.length === 1) return { cells, values };
      const held = [...new Set(holders)].map((at) => images[at]?.name ?? '');
      return { cells: [...cells, held.join(', ')], values: { ...values, 4: held.join('|') } };
    });
  if (rows.length === 0) return html`<p class="empty">Nothing was found.</p>`;
  return filterTable({
    id: 'surface-table',
    caption: 'Attack surface',
    what: 'findings',
    columns: [
      { title: 'kind', isChoice: true },
      { title: 'severity', isChoice: true },
      { title: 'where' },
      { title: 'what it is good for' },
      ...(images.length > 1 ? [{ title: 'in', isChoice: true }] : []),
    ],
    rows,
  });
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
