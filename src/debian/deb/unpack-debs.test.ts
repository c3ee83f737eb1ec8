import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { buildDeb, type TestPackage } from '../testing/deb.ts';
import { unpackDeb } from './read-deb.ts';
import { type Unpacked, unpackDebs } from './unpack-debs.ts';

const directory = mkdtempSync(join(tmpdir(), 'unpack-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const SIGNAL = new AbortController().signal;
const packageOf = (index: number, more: Partial<TestPackage> = {}): TestPackage => ({
  name: `p${index}`,
  version: '1',
  files: { [`/usr/share/p${index}`]: `${index}\n`.repeat(index * 20_000) },
  compression: 'xz',
  ...more,
});

let made = 0;
function put(bytes: Uint8Array): Unpacked {
  const path = join(directory, `${(made += 1)}.deb`);
  writeFileSync(path, bytes);
  return { path, target: join(directory, `data-${made}.tar`) };
}

async function unpackAll(debs: readonly Unpacked[], signal = SIGNAL): Promise<void> {
  await (
    await unpackDebs(debs, signal)
  ).done;
}

test('many packages are unpacked as each is alone, however they are compressed', async () => {
  const many = [1, 2, 3, 4, 5].map((index) => put(buildDeb(packageOf(index)).bytes));
  const others = (['gz', 'none'] as const).map((compression) =>
    put(buildDeb(packageOf(6, { compression })).bytes),
  );
  await unpackAll([...many, ...others]);
  for (const { path, target } of [...many, ...others]) {
    await unpackDeb(path, `${target}.alone`, { signal: SIGNAL });
    expect(readFileSync(target).equals(readFileSync(`${target}.alone`))).toBe(true);
  }
  expect(readdirSync(directory).filter((name) => name.endsWith('.xz'))).toEqual([]);
});

test('one that is damaged is an error that names it', async () => {
  const { bytes } = buildDeb(packageOf(7));
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0xff;
  const damaged = put(bytes);
  await expect(unpackAll([put(buildDeb(packageOf(1)).bytes), damaged])).rejects.toMatchObject({
    code: 'ARCHIVE_INVALID',
    message: expect.stringContaining(`${damaged.path.slice(directory.length + 1)}: data.tar.xz`) as string,
  });
});

test('without the program xz they are unpacked all the same', async () => {
  const [first, second] = [1, 2].map((index) => put(buildDeb(packageOf(index)).bytes));
  const reading = [first, second] as [Unpacked, Unpacked];
  const path = process.env['PATH'];
  vi.resetModules();
  process.env['PATH'] = '/nowhere';
  try {
    // Where the program is, is looked for once.
    const { unpackDebs: unpackWithout } = await import('./unpack-debs.ts');
    await (
      await unpackWithout(reading, SIGNAL)
    ).done;
  } finally {
    process.env['PATH'] = path;
  }
  for (const { target } of reading) expect(readFileSync(target, 'latin1')).toContain('usr/share/p');
});

test('it stops when it is told to', async () => {
  await expect(unpackAll([put(buildDeb(packageOf(1)).bytes)], AbortSignal.abort())).rejects.toMatchObject({
    name: 'AbortError',
  });
});
