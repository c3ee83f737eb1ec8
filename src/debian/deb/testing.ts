/** Packages for tests: described, built in memory, laid into a temporary directory and read. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Layer } from '../../tree/entry.ts';
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

/** A layer as lines, with the contents of its files in place of where they are. */
export function contentLines(layer: Layer): readonly string[] {
  return layer.entries.map((entry) => {
    const line = `/${entry.path} ${entry.type} ${entry.mode.toString(8)} ${entry.uid}:${entry.gid}`;
    if (entry.type === 'symlink') return `${line} -> ${entry.target}`;
    if (entry.type !== 'file') return line;
    const { content, size, link } = entry;
    if (content.kind === 'blob') return `${line} ${content.blob}`;
    const offset = content.kind === 'file' ? (content.offset ?? 0) : 0;
    const bytes = content.kind === 'file' ? readFileSync(content.path) : Buffer.from(content.bytes);
    const text = JSON.stringify(bytes.subarray(offset, offset + size).toString());
    return `${line} ${text}${link === undefined ? '' : ' linked'}`;
  });
}
