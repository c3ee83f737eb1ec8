/** Packages for tests: described, built in memory, laid into a temporary directory and read. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildDeb, type TestPackage } from '../testing/deb.ts';
import type { Deb } from './deb.ts';
import { readDeb, type ReadDebOptions } from './read-deb.ts';

export interface DebBench {
  readonly directory: string;
  /** A file with these bytes. */
  readonly put: (bytes: Uint8Array) => string;
  readonly read: (path: string, options?: Partial<ReadDebOptions>) => Promise<Deb>;
  /** Builds and reads packages. */
  readonly debs: (...packages: readonly TestPackage[]) => Promise<readonly Deb[]>;
  readonly close: () => void;
}

export function debBench(): DebBench {
  const directory = mkdtempSync(join(tmpdir(), 'deb-'));
  const put = (bytes: Uint8Array): string => {
    const path = join(directory, `${randomBytes(6).toString('hex')}.deb`);
    writeFileSync(path, bytes);
    return path;
  };
  const read = (path: string, options: Partial<ReadDebOptions> = {}): Promise<Deb> =>
    readDeb(path, {
      temporary: () => Promise.resolve(directory),
      signal: new AbortController().signal,
      ...options,
    });
  return {
    directory,
    put,
    read,
    debs: (...packages) =>
      Promise.all(packages.map((one) => read(put(buildDeb(one).bytes), { name: `${one.name}.deb` }))),
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}
