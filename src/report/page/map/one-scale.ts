/**
 * Images side by side on one scale: of every image as much area as it has bytes, in boxes of one shape that stand on
 * one line, so that what was saved is what is not there.
 */
import { formatBytes } from '../../text/bytes.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { toneClass } from './draw.ts';
import { GROUPS } from './groups.ts';
import type { Group, MappedImage } from './groups.ts';
import { layOut } from './layout.ts';

const WIDTH = 1120;
const GAP = 28;
/** Of a box, width to height. */
const SHAPE = 1.9;
const MOST_HEIGHT = 480;
const TOP = 26;

/** Nothing for a single image, which has nothing to be compared with. */
export function oneScale(images: readonly MappedImage[]): Html | undefined {
  if (images.length < 2) return undefined;
  return html`<section id="scale" aria-labelledby="scale-title">
    <h2 id="scale-title">On one scale</h2>
    <p class="lead">The same area is the same number of bytes, before and after.</p>
    <div class="controls needs-script">
      <fieldset class="choice">
        <legend>By</legend>
        ${GROUPS.map(
          ({ id, label }, index) =>
            html`<label
              ><input type="radio" name="scale-group" value="${id}" ${index === 0 && html` checked`} /><span
                >${label}</span
              ></label
            >`,
        )}
      </fieldset>
    </div>
    ${GROUPS.map((group, index) => figure(images, group, index > 0))}
  </section>`;
}

function figure(images: readonly MappedImage[], group: Group, isHidden: boolean): Html {
  const roots = images.map((image) => image.areas[group.id]);
  const sides = roots.map(({ size }) => Math.sqrt(size));
  const sum = sides.reduce((total, side) => total + side, 0);
  const largest = Math.max(...sides);
  // Wide enough for all beside each other, and none higher than fits a screen.
  const perSide =
    sum === 0 ? 0 : Math.min((WIDTH - GAP * (images.length - 1)) / sum, (MOST_HEIGHT * SHAPE) / largest);
  const floor = TOP + (largest * perSide) / SHAPE;
  let x = (WIDTH - sum * perSide - GAP * (images.length - 1)) / 2;
  const boxes = roots.map((root, index) => {
    const width = (sides[index] ?? 0) * perSide;
    const height = width / SHAPE;
    const left = x;
    x += width + GAP;
    const mark = letter(index);
    const tiles = layOut(root, { width, height }).filter(({ isFrame }) => !isFrame);
    return html`<g transform="translate(${place(left)} ${place(floor - height)})"
      ><rect class="box" width="${place(width)}" height="${place(height)}" />${tiles.map(
        (tile) =>
          html`<rect
            class="${toneClass(tile.area.tone)}"
            x="${place(tile.x)}"
            y="${place(tile.y)}"
            width="${place(tile.width)}"
            height="${place(tile.height)}"
          />`,
      )}<text class="mark" x="${place(Math.max(width / 2, 4))}" y="-8" text-anchor="middle">${mark}</text></g
    >`;
  });
  const sizes = roots.map((root, index) => `${images[index]?.name} ${formatBytes(root.size)}`).join(', ');
  return html`<figure class="scale" data-group="${group.id}" ${isHidden && html` hidden`}>
    <svg
      viewBox="0 0 ${WIDTH} ${place(floor + 10)}"
      role="img"
      aria-label="By ${group.label}, on one scale: ${sizes}"
    >
      ${boxes}
      <line class="floor" x1="0" x2="${WIDTH}" y1="${place(floor + 2)}" y2="${place(floor + 2)}" />
    </svg>
    <figcaption>
      <ul class="marks">
        ${roots.map(
          (root, index) =>
            html`<li>
              <b>${letter(index)}</b> ${images[index]?.name} <span>${formatBytes(root.size)}</span>
            </li>`,
        )}
      </ul>
    </figcaption>
  </figure>`;
}

function letter(index: number): string {
  return String.fromCharCode(65 + (index % 26));
}

function place(value: number): number {
  return Math.round(value * 100) / 100;
}
