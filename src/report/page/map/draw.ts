/**
 * A laid out map as SVG. Each area is an `svg` of its own, placed in per cent: the map fits any width while its
 * lettering keeps its size and is cut where its area ends, without one style attribute.
 */
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { Tile } from './layout.ts';

export interface DrawOptions {
  readonly width: number;
  readonly height: number;
  readonly hasNames: boolean;
}

export function drawTiles(
  tiles: readonly Tile[],
  indexOf: ReadonlyMap<Tile['area'], number>,
  { width, height, hasNames }: DrawOptions,
): Html {
  return html`${tiles.map((tile) => {
    const { area, isFrame } = tile;
    const place = [
      percent(tile.x, width),
      percent(tile.y, height),
      percent(tile.width, width),
      percent(tile.height, height),
    ];
    const isLarge = hasNames && tile.width >= MIN_NAME_WIDTH && tile.height >= MIN_NAME_HEIGHT;
    return html`<svg
      class="${tileClass(area, isFrame)}"
      data-i="${indexOf.get(area)}"
      x="${place[0]}"
      y="${place[1]}"
      width="${place[2]}"
      height="${place[3]}"
    >
      <rect width="100%" height="100%" />
      ${area.hidden * 2 > area.size && !isFrame && HATCH}${isLarge && html`<text x="5" y="13">${area.name}</text>`}
    </svg>`;
  })}`;
}

/** The pattern that hatches; once a page. */
export const PATTERNS = html`<svg class="patterns" aria-hidden="true" width="0" height="0">
  <defs>
    <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect class="hatch" width="2.4" height="6" />
    </pattern>
  </defs>
</svg>`;

/** Colours that there are in the style sheet. */
export const TONES = 8;

const HATCH = html`<rect width="100%" height="100%" fill="url(#hatch)" />`;
const MIN_NAME_WIDTH = 34;
const MIN_NAME_HEIGHT = 16;

/** The class that gives an area its colour. */
export function toneClass(tone: number | undefined): string {
  return tone === undefined ? 'around' : `t${tone % TONES}`;
}

function tileClass({ tone, isRest }: Tile['area'], isFrame: boolean): string {
  return `t ${toneClass(tone)}${isFrame ? ' f' : ''}${isRest ? ' r' : ''}`;
}

function percent(part: number, whole: number): string {
  return `${((part * 100) / whole).toFixed(3).replace(/\.?0+$/, '')}%`;
}
