/**
 * One store for all files that compose bases: each package is fetched, read and unpacked once, and each layer packed once,
 * whichever file needs it first. Vitest makes it before the first file and removes it after the last.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The store's folder. */
    basesStore: string;
  }
}

export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'decant-bases-'));
  project.provide('basesStore', join(folder, 'store'));
  return () => rmSync(folder, { recursive: true, force: true });
}
