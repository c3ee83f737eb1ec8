/**
 * Drawings compared with those that were looked at and found good. Letters are left out, since each machine has fonts of its
 * own: what is compared has a size that does not depend on them. `DECANT_UPDATE_SCREENS=1` writes the pictures again.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pixelmatch from 'pixelmatch';
import type { Page } from 'playwright-core';
import { PNG } from 'pngjs';

const FOLDER = new URL('screens/', import.meta.url).pathname;
/** Part of the points that may differ: edges are smoothed a little differently from one version to the next. */
const TOLERANCE = 0.01;

/** Needs a page that may be given a style (`bypassCSP`). */
export async function hideLetters(page: Page): Promise<void> {
  await page.addStyleTag({ content: 'text { fill: transparent !important }' });
}

/** The part of the points in which an element differs from its picture, and where what was seen can be looked at. */
export async function differenceFrom(
  name: string,
  page: Page,
  selector: string,
  seenFolder: string,
): Promise<number> {
  const seen = await page.locator(selector).first().screenshot({ animations: 'disabled' });
  writeFileSync(join(seenFolder, `${name}.png`), seen);
  const path = join(FOLDER, `${name}.png`);
  if (process.env['DECANT_UPDATE_SCREENS'] === '1') writeFileSync(path, seen);
  if (!existsSync(path)) throw new Error(`there is no picture ${name}: make it with DECANT_UPDATE_SCREENS=1`);
  const [now, known] = [PNG.sync.read(seen), PNG.sync.read(readFileSync(path))];
  if (now.width !== known.width || now.height !== known.height) return 1;
  const different = pixelmatch(now.data, known.data, undefined, now.width, now.height, { threshold: 0.15 });
  return different / (now.width * now.height);
}

export { TOLERANCE };
