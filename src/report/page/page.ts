/**
 * The page: images, and the builds that made them, as one HTML file that needs nothing else. A pure function; the same
 * data gives the same bytes.
 *
 * The page loads nothing and may not (Content Security Policy Level 3, delivered by `meta`): its style and its script
 * are the only ones that run, by their hashes, and nothing can be fetched, framed or sent.
 */
import { createHash } from 'node:crypto';
import { timeline } from './build/timeline.ts';
import { vessels } from './build/vessels.ts';
import type { PageData } from './data.ts';
import { configSection, figures } from './figures.ts';
import { html, raw } from './html.ts';
import type { Html } from './html.ts';
import { PATTERNS } from './map/draw.ts';
import { mapImage } from './map/groups.ts';
import { explorer } from './map/explorer.ts';
import { oneScale } from './map/one-scale.ts';
import { layersSection } from './tables/layers.ts';
import { packagesSection } from './tables/packages.ts';
import { surfaceSection } from './tables/surface.ts';

/** The page's own style sheet and script, as text. */
export interface PageAssets {
  readonly style: string;
  readonly script: string;
}

export function renderPage({ version, images }: PageData, { style, script }: PageAssets): string {
  const names = images.map(({ name }) => name);
  const title = names.join(' → ');
  const mapped = images.map((image) => mapImage(image, MOST_AREAS));
  const sections: readonly (Html | undefined)[] = [
    oneScale(mapped),
    explorer(mapped),
    vessels(images),
    timeline(images),
    surfaceSection(images),
    layersSection(images),
    packagesSection(images),
    configSection(images),
  ];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src '${hash(style)}'; script-src '${hash(script)}'; img-src data:; base-uri 'none'; form-action 'none'"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta name="generator" content="decant ${version}" />
        <title>${title} · decant</title>
        <link rel="icon" href="data:image/svg+xml,${ICON}" />
        ${element('style', style)}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the report</a>
        ${PATTERNS}
        <header class="top">
          <p class="brand">${LOGO}decant <span>report</span></p>
          <button type="button" id="theme" class="needs-script" hidden>Theme: auto</button>
        </header>
        <main id="main">
          <h1>
            ${names.map((name, index) => html`${index > 0 && html` <span class="arrow" aria-label="poured into">→</span> `}<span>${name}</span>`)}
          </h1>
          ${figures(images)} ${contents(sections)} ${sections}
        </main>
        <footer>
          <p>
            Made by decant ${version}. Sizes are of the files themselves, without headers and padding, in
            decimal units; hard links count once. The page loads nothing and tells nobody that it was read.
          </p>
        </footer>
        ${element('script', script)}
      </body>
    </html> `.html;
}

/** Areas that a map has numbers for. */
const MOST_AREAS = 2500;

/** The sections that there are, by their ids and titles. */
function contents(sections: readonly (Html | undefined)[]): Html {
  const found = sections.flatMap((section) => {
    const match = /^<section id="([a-z]+)"[^>]*>\s*<h2[^>]*>([^<]*)<\/h2>/.exec(section?.html ?? '');
    return match ? [{ id: match[1] ?? '', title: match[2] ?? '' }] : [];
  });
  return html`<nav class="contents" aria-label="Contents">
    <ul>
      ${found.map(({ id, title }) => html`<li><a href="#${id}">${raw(title)}</a></li>`)}
    </ul>
  </nav>`;
}

/** Its text to the letter, as its hash is of that. */
function element(name: 'style' | 'script', text: string): Html {
  return raw(`<${name}>${text}</${name}>`);
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** A decanter, half full. */
const SHAPE = 'M12 3h8v2l-1 1v8c0 3 8 5 8 10 0 4-5 5-11 5S5 28 5 24c0-5 8-7 8-10V6l-1-1z';
const WINE = 'M6.4 21.5h19.2c.9 1 1.4 1.8 1.4 2.5 0 4-5 5-11 5S5 28 5 24c0-.7.5-1.5 1.4-2.5z';
const LOGO = html`<svg class="logo" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
  <path class="wine" d="${WINE}" />
  <path class="glass" d="${SHAPE}" />
</svg>`;
const ICON = encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#8c2f4b" d="${WINE}"/><path fill="none" stroke="#8c2f4b" stroke-width="1.6" d="${SHAPE}"/></svg>`,
);
