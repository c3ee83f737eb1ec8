/** Writes the page: to a file, or to standard output. */
import { Readable } from 'node:stream';
import { writeTo } from '../../engine/outputs/write-file.ts';
import { pageAssets } from '../../report/page/assets.ts';
import type { PageImage } from '../../report/page/data.ts';
import { renderPage } from '../../report/page/page.ts';
import { standardOutput } from '../io.ts';
import { VERSION } from '../version.ts';

/** @param path `-` is standard output. */
export async function writePage(
  path: string,
  images: readonly PageImage[],
  signal = new AbortController().signal,
): Promise<void> {
  const page = Buffer.from(renderPage({ version: VERSION, images }, pageAssets()));
  await writeTo(path === '-' ? standardOutput() : path, Readable.from([page]), signal);
}
