/**
 * The map that can be walked through: one image at a time, in each of the ways of laying it out. What is drawn here is
 * seen without a script; with one, folders can be entered (assets/map.js), from the numbers that stand beside it.
 */
import { formatBytes } from '../../text/bytes.ts';
import { html, jsonText } from '../html.ts';
import type { Html } from '../html.ts';
import { drawTiles } from './draw.ts';
import { GROUPS } from './groups.ts';
import type { Group, MappedImage } from './groups.ts';
import { layOut } from './layout.ts';
import type { Area } from './tree.ts';

/** Pixels that names and frames are measured for; the width is that of a page on a large screen. */
const SIZE = { width: 1120, height: 600, title: 18 };
const LARGEST = 12;

export function explorer(images: readonly MappedImage[]): Html {
  return html`<section id="map" aria-labelledby="map-title">
    <h2 id="map-title">What is in ${images.length > 1 ? 'them' : 'it'}</h2>
    <div class="controls needs-script">
      ${
        images.length > 1 &&
        html`<fieldset class="choice">
          <legend>Image</legend>
          ${images.map(
            (image, index) =>
              html`<label
                ><input type="radio" name="map-image" value="${index}" ${checked(index === 0)} /><span
                  >${image.name}</span
                ></label
              >`,
          )}
        </fieldset>`
      }
      <fieldset class="choice">
        <legend>By</legend>
        ${GROUPS.map(
          ({ id, label }, index) =>
            html`<label
              ><input type="radio" name="map-group" value="${id}" ${checked(index === 0)} /><span
                >${label}</span
              ></label
            >`,
        )}
      </fieldset>
    </div>
    ${images.map((image, index) => GROUPS.map((group, at) => map(image, index, group, index > 0 || at > 0)))}
  </section>`;
}

function map(image: MappedImage, index: number, group: Group, isHidden: boolean): Html {
  const root = image.areas[group.id];
  const flat = flatten(root);
  const name = `${image.name} by ${group.label}`;
  return html`<figure class="map" data-image="${index}" data-group="${group.id}" ${hidden(isHidden)}>
    <figcaption>
      <strong>${name}</strong>
      <span>${formatBytes(root.size)} in ${root.files.toLocaleString('en')} files. ${group.note}</span>
    </figcaption>
    <nav class="crumbs needs-script" aria-label="Where in ${name}"></nav>
    <svg
      class="tiles"
      width="100%"
      height="${SIZE.height}"
      role="img"
      aria-label="Map of ${name}. ${largestText(root)}"
    >
      ${drawTiles(layOut(root, SIZE), flat.indexOf, { ...SIZE, hasNames: true })}
    </svg>
    ${root.size === 0 && html`<p class="empty">There is nothing in it.</p>`}
    <p class="told needs-script" aria-live="polite"></p>
    <details>
      <summary>The largest, as a table</summary>
      ${largest(root, name)}
    </details>
    <script type="application/json">
      ${jsonText(flat.rows)}
    </script>
  </figure>`;
}

function largestText({ children, size }: Area): string {
  const named = children.slice(0, 3).map((area) => `${area.name} ${share(area.size, size)}`);
  return named.length === 0 ? 'It is empty.' : `The largest: ${named.join(', ')}.`;
}

function largest(root: Area, name: string): Html {
  const rows = root.children.slice(0, LARGEST);
  const rest = root.children.slice(LARGEST);
  const sum = (of: 'size' | 'files'): number => rest.reduce((total, area) => total + area[of], 0);
  const row = (label: string, { size, files }: { size: number; files: number }): Html =>
    html`<tr>
      <th scope="row">${label}</th>
      <td class="n">${formatBytes(size)}</td>
      <td class="n">${share(size, root.size)}</td>
      <td class="n">${files.toLocaleString('en')}</td>
    </tr>`;
  return html`<table>
    <caption>
      The largest parts of ${name}
    </caption>
    <thead>
      <tr>
        <th scope="col">part</th>
        <th scope="col" class="n">size</th>
        <th scope="col" class="n">share</th>
        <th scope="col" class="n">files</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map((area) => row(area.name, area))}${rest.length > 0 && row(`${rest.length} more`, { size: sum('size'), files: sum('files') })}
    </tbody>
  </table>`;
}

/** Each area with the position of the one around it: `[outer, name, size, files, hidden, tone, isRest]`. */
function flatten(root: Area): { readonly rows: readonly unknown[]; readonly indexOf: Map<Area, number> } {
  const rows: unknown[] = [];
  const indexOf = new Map<Area, number>();
  const visit = (area: Area, outer: number): void => {
    const index = rows.length;
    indexOf.set(area, index);
    rows.push([outer, area.name, area.size, area.files, area.hidden, area.tone ?? -1, area.isRest ? 1 : 0]);
    for (const child of area.children) visit(child, index);
  };
  visit(root, -1);
  return { rows, indexOf };
}

export function share(part: number, whole: number): string {
  if (whole === 0) return '0 %';
  const percent = (part * 100) / whole;
  return percent > 0 && percent < 0.1 ? 'under 0.1 %' : `${percent.toFixed(percent < 10 ? 1 : 0)} %`;
}

function checked(is: boolean): Html | false {
  return is && html` checked`;
}

function hidden(is: boolean): Html | false {
  return is && html` hidden`;
}
