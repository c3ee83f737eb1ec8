/** The page's own style sheet and script: files that lie beside the program, put together in a fixed order. */
import { readFileSync } from 'node:fs';
import type { PageAssets } from './page.ts';

export function pageAssets(): PageAssets {
  return { style: join(STYLES), script: join(SCRIPTS) };
}

const STYLES = ['colors.css', 'page.css', 'drawings.css', 'print.css'];
const SCRIPTS = ['theme.js', 'choices.js', 'map.js', 'tables.js'];

function join(names: readonly string[]): string {
  return names.map((name) => readFileSync(new URL(`./assets/${name}`, import.meta.url), 'utf8')).join('');
}
