import { spawnSync } from 'node:child_process';
import { closeSync, fstatSync, readSync } from 'node:fs';
import { expect, test } from 'vitest';
import { memoryFile } from './handed.ts';

test.runIf(process.platform === 'linux')(
  'bytes lie in memory, under no name, and are read from their beginning',
  () => {
    const bytes = Buffer.alloc(300_000, 'secret ');
    const descriptor = memoryFile(bytes);
    if (descriptor === undefined) throw new Error('no file in memory here');
    try {
      expect(fstatSync(descriptor)).toMatchObject({ nlink: 0, size: bytes.length });
      expect(fstatSync(descriptor).mode & 0o777).toBe(0o600);
      const { stdout } = spawnSync('cat', ['/dev/fd/3'], {
        stdio: ['ignore', 'pipe', 'ignore', descriptor],
        maxBuffer: 1 << 20,
      });
      expect(stdout.equals(bytes)).toBe(true);
      // A position of its own is what the program reads on from.
      expect(readSync(descriptor, Buffer.alloc(6), 0, 6, null)).toBe(6);
    } finally {
      closeSync(descriptor);
    }
  },
);
