import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

import { decompress } from '../../codec/compression.ts';
import { collect, streamOf } from '../../codec/stream.ts';
import { buildDeb } from './deb.ts';
import { storedXz } from './xz.ts';

const folder = mkdtempSync(join(tmpdir(), 'decant-deb-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What dpkg itself makes of a package. */
function dpkgDeb(bytes: Buffer, ...args: readonly string[]): string {
  const file = join(folder, 'test.deb');
  writeFileSync(file, bytes);
  return execFileSync('dpkg-deb', [...args, file], { encoding: 'utf8' });
}

describe('a package made for tests', () => {
  const description = {
    name: 'hello',
    version: '1:2.0-3',
    fields: { Depends: 'libc6 (>= 2.36)', 'Multi-Arch': 'foreign' },
    files: {
      '/usr/bin/hello': { content: '#!/bin/sh\n', mode: 0o755 },
      '/usr/bin/hi': { symlink: 'hello' },
      '/usr/bin/hey': { link: '/usr/bin/hello' },
      '/etc/hello.conf': 'polite\n',
      '/var/lib/hello': { directory: true, mode: 0o2775, gid: 8 },
    },
    conffiles: ['/etc/hello.conf'],
    scripts: { postinst: '#!/bin/sh\nexit 0\n', triggers: 'activate-noawait ldconfig\n' },
  } as const;

  test.each(['gz', 'xz', 'none'] as const)('is one for dpkg-deb (%s)', (compression) => {
    const { bytes } = buildDeb({ ...description, compression });
    expect(dpkgDeb(bytes, '--showformat=${Package} ${Version} ${Depends}', '--show')).toBe(
      'hello 1:2.0-3 libc6 (>= 2.36)',
    );
    const lines = dpkgDeb(bytes, '--contents').trim().split('\n');
    expect(
      lines.map((line) => line.split(/\s+/).slice(0, 2).join(' ') + ' ' + line.split(/ \d\d:\d\d /)[1]),
    ).toEqual([
      'drwxr-xr-x 0/0 ./',
      'drwxr-xr-x 0/0 ./etc/',
      '-rw-r--r-- 0/0 ./etc/hello.conf',
      'drwxr-xr-x 0/0 ./usr/',
      'drwxr-xr-x 0/0 ./usr/bin/',
      '-rwxr-xr-x 0/0 ./usr/bin/hello',
      'lrwxrwxrwx 0/0 ./usr/bin/hi -> hello',
      'drwxr-xr-x 0/0 ./var/',
      'drwxr-xr-x 0/0 ./var/lib/',
      'drwxrwsr-x 0/8 ./var/lib/hello/',
      'hrw-r--r-- 0/0 ./usr/bin/hey link to ./usr/bin/hello',
    ]);
    expect(dpkgDeb(bytes, '--info')).toContain('postinst');
  });

  test('has the same bytes each time', () => {
    expect(buildDeb(description).bytes.equals(buildDeb(description).bytes)).toBe(true);
  });
});

describe('xz without compression', () => {
  test.each([0, 1, 65_536, 65_537, 300_001])('of %i bytes is read back', async (size) => {
    const bytes = Buffer.alloc(size, 'abc');
    const packed = storedXz(bytes);
    expect((await collect(decompress(streamOf(packed), 'xz'))).equals(bytes)).toBe(true);
    expect(execFileSync('xz', ['-dc'], { input: packed }).equals(bytes)).toBe(true);
  });
});
