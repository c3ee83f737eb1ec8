/** Debian's Chromium, started so that nothing of it but the page under test does anything. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';

export interface OpenedPage {
  readonly page: Page;
  /** Everything that it complained of, and every address that it asked for but its own. */
  readonly complaints: readonly string[];
  readonly close: () => Promise<void>;
}

export interface Chromium {
  readonly open: (file: string, options?: BrowserContextOptions) => Promise<OpenedPage>;
  readonly close: () => Promise<void>;
}

/** For what a busy machine may take. */
const PATIENCE_MS = 200_000;

export async function startChromium(): Promise<Chromium> {
  const profile = mkdtempSync(join(tmpdir(), 'decant-chromium-'));
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    timeout: PATIENCE_MS,
    args: [
      // Its own sandbox wants a user of its own; what is opened here was written by the tests.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--force-color-profile=srgb',
      '--font-render-hinting=none',
    ],
    env: { ...process.env, HOME: profile },
  });
  return {
    async open(file, options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 900 },
        reducedMotion: 'reduce',
        ...options,
      });
      context.setDefaultTimeout(PATIENCE_MS);
      const complaints: string[] = [];
      const page = await watched(context, `file://${file}`, complaints);
      await page.goto(`file://${file}`);
      return { page, complaints, close: () => context.close() };
    },
    async close() {
      await browser.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

async function watched(context: BrowserContext, own: string, complaints: string[]): Promise<Page> {
  context.on('request', (request) => {
    const url = request.url();
    if (url !== own && !url.startsWith('data:')) complaints.push(`request ${url}`);
  });
  const page = await context.newPage();
  page.on('console', (message) => complaints.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error ${error.message}`));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  return page;
}
