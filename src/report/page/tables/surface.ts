/** What an intruder would find, of all images in one table that can be filtered. */
import type { PageFinding, PageImage, PageSurface } from '../data.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { filterTable } from './table.ts';
import type { Row } from './table.ts';

export function surfaceSection(images: readonly PageImage[]): Html | undefined {
  const audited = images.flatMap(({ name, surface }) => (surface ? [{ name, surface }] : []));
  if (audited.length === 0) return undefined;
  return html`<section id="surface" aria-labelledby="surface-title">
    <h2 id="surface-title">Attack surface</h2>
    <p class="lead">What somebody who breaks in would find to live off, the worst first.</p>
    <ul class="scores">
      ${audited.map(({ name, surface }) => grade(name, surface))}
    </ul>
    ${surfaceTable(audited)}
  </section>`;
}

function grade(name: string, { grade: letter, score, points, findings }: PageSurface): Html {
  const told = `${score} of 100, ${number(points)} points of surface in ${number(findings.length)} findings`;
  return html`<li><b class="grade">${letter}</b> <span>${name}</span> <small>${told}</small></li>`;
}

interface Audited {
  readonly name: string;
  readonly surface: PageSurface;
}

function surfaceTable(images: readonly Audited[]): Html {
  const found = new Map<string, PageFinding & { readonly in: string[] }>();
  for (const { name, surface } of images) {
    for (const finding of surface.findings) {
      const key = JSON.stringify([finding.kind, finding.place, finding.detail, finding.neededBy]);
      const known = found.get(key) ?? { ...finding, in: [] };
      if (!known.in.includes(name)) known.in.push(name);
      found.set(key, known);
    }
  }
  if (found.size === 0) return html`<p class="empty">Nothing was found.</p>`;
  return filterTable({
    id: 'surface-table',
    caption: 'Attack surface',
    what: 'findings',
    columns: [
      { title: 'kind', isChoice: true },
      { title: 'level', isChoice: true },
      { title: 'points', isNumber: true },
      { title: 'where' },
      { title: 'what it is' },
      ...(images.length > 1 ? [{ title: 'in', isChoice: true }] : []),
    ],
    rows: [...found.values()].sort(worstFirst).map((finding) => row(finding, images.length > 1)),
  });
}

function row(
  { kind, level, points, place, detail, neededBy, in: holders }: PageFinding & { readonly in: string[] },
  hasImages: boolean,
): Row {
  const needed = neededBy !== undefined && html` <small>needed: ${neededBy}</small>`;
  return {
    cells: [
      kind,
      html`<span class="level ${level}">${level}</span>`,
      number(points),
      html`<code>${place}</code>`,
      html`${detail}${needed}`,
      ...(hasImages ? [holders.join(', ')] : []),
    ],
    values: { 1: level, 2: points, ...(hasImages ? { 5: holders.join('|') } : {}) },
  };
}

const LEVELS = ['error', 'warning', 'note'] as const;

function worstFirst(a: PageFinding, b: PageFinding): number {
  return (
    LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) ||
    b.points - a.points ||
    order(a.kind, b.kind) ||
    order(a.place, b.place)
  );
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function number(value: number): string {
  return value.toLocaleString('en');
}
