import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../tree/entry.ts';
import { bytesOf, file, link, treeOf } from '../../tree/testing.ts';
import { applyHooks } from './apply.ts';
import { BUNDLE, certificates } from './certificates.ts';
import type { HookOptions } from './hook.ts';
import { javaKeystore } from './java-keystore.ts';
import { contextOf, type Given, made } from './testing.ts';
import { AUTHORITY_ONE, AUTHORITY_TWO, FIRST_DAY } from './testing-certificates.ts';

const KEYSTORE = 'etc/ssl/certs/java/cacerts';

async function bytesAt(path: string, entries: readonly Entry[], given: Given = {}): Promise<Buffer> {
  const packages = ['ca-certificates', 'ca-certificates-java'];
  const { layer } = await applyHooks(
    [certificates, javaKeystore],
    contextOf(entries, { ...given, packages }),
  );
  const entry = layer.entries.find((one) => one.path === path);
  return entry?.type === 'file' ? Buffer.from(bytesOf(entry)) : Buffer.alloc(0);
}

const extra = (...names: readonly string[]): HookOptions => ({
  certificates: names.map((name) => ({ name, pem: Buffer.from(AUTHORITY_TWO) })),
});

describe('the bundle', () => {
  test.each<[string, readonly Entry[], string, HookOptions?]>([
    [
      "has the packages' authorities by the bytes of their names, then the administrator's",
      [
        file('usr/share/ca-certificates/mozilla/b.crt', 'b\n'),
        file('usr/share/ca-certificates/mozilla/é.crt', 'é\n'),
        file('usr/share/ca-certificates/mozilla/Z.crt', 'Z\n'),
        file('usr/share/ca-certificates/extra/x.crt', 'x\n'),
        file('usr/local/share/ca-certificates/a.crt', 'a\n'),
      ],
      'x\nZ\nb\né\na\n',
    ],
    [
      'ends every authority with a line break',
      [file('usr/share/ca-certificates/a.crt', 'a'), file('usr/share/ca-certificates/b.crt', 'b')],
      'a\nb\n',
    ],
    [
      'follows links, and takes nothing else',
      [
        file('usr/share/ca-certificates/a.pem', 'no'),
        file('usr/share/real', 'r\n'),
        link('usr/share/ca-certificates/r.crt', '../real'),
        link('usr/share/ca-certificates/gone.crt', 'nowhere'),
      ],
      'r\n',
    ],
    [
      'ends with those of the recipe, by name',
      [file('usr/share/ca-certificates/z.crt', 'z\n'), file('usr/local/share/ca-certificates/m.crt', 'm\n')],
      `z\n${AUTHORITY_TWO}m\n${AUTHORITY_TWO}`,
      extra('n', 'a'),
    ],
    [
      'has one of the recipe in the place of a file of that name',
      [file('usr/local/share/ca-certificates/m.crt', 'm\n')],
      AUTHORITY_TWO,
      extra('m'),
    ],
  ])('%s', async (_, entries, bundle, options = {}) => {
    expect((await bytesAt(BUNDLE, entries, { options })).toString()).toBe(bundle);
  });

  test("stands where OpenSSL looks, and keeps the recipe's authorities for later", async () => {
    const entries = [file('usr/share/ca-certificates/a.crt', 'a\n')];
    expect(
      (await made(certificates, entries, { options: extra('own') })).map((line) => line.split(' "')[0]),
    ).toEqual([
      `/${BUNDLE} file 0644 0:0`,
      '/usr/lib/ssl/cert.pem symlink 0777 0:0 -> /etc/ssl/certs/ca-certificates.crt',
      '/usr/lib/ssl/certs symlink 0777 0:0 -> /etc/ssl/certs',
      '/usr/local/share/ca-certificates/own.crt file 0644 0:0',
    ]);
  });

  test('is made from what the recipe leaves out of the image', async () => {
    const whole = treeOf(file('usr/share/ca-certificates/a.crt', 'a\n'));
    expect((await bytesAt(BUNDLE, [], { whole })).toString()).toBe('a\n');
  });

  test.each([
    ['no certificate', 'own', 'hello'],
    ['a damaged one', 'own', AUTHORITY_ONE.replace('MIIB', 'AAAA')],
    ['a private key', 'own', `${AUTHORITY_ONE}-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n`],
    ['a name that leads elsewhere', '../own', AUTHORITY_ONE],
    ['a hidden name', '.own', AUTHORITY_ONE],
  ])('refuses %s', async (_, name, pem) => {
    const options = { certificates: [{ name, pem: Buffer.from(pem) }] };
    await expect(made(certificates, [], { options })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('the keystore', () => {
  const entries = [
    file('usr/share/ca-certificates/mozilla/Test_(Two), Inc.crt', AUTHORITY_TWO),
    file('usr/share/ca-certificates/mozilla/Főtest.crt', AUTHORITY_ONE),
  ];

  test('has entries by alias, dated by the certificates', async () => {
    const bytes = await bytesAt(KEYSTORE, entries);
    expect(bytes.subarray(0, 12).toString('hex')).toBe('feedfeed0000000200000002');
    const alias = bytes.subarray(18, 18 + bytes.readUInt16BE(16));
    expect(alias.toString()).toBe('debian:főtest.pem');
    expect(Number(bytes.readBigInt64BE(18 + alias.length))).toBe(FIRST_DAY);
    expect(bytes.indexOf('debian:test_=two=__inc.pem')).toBeGreaterThan(0);
  });

  test('is the same whenever it is made, and in whatever order', async () => {
    expect((await bytesAt(KEYSTORE, entries.toReversed())).equals(await bytesAt(KEYSTORE, entries))).toBe(
      true,
    );
  });

  test('keeps every certificate of a file', async () => {
    const bytes = await bytesAt(KEYSTORE, [
      file('usr/local/share/ca-certificates/chain.crt', AUTHORITY_ONE + AUTHORITY_TWO),
    ]);
    expect(bytes.readUInt32BE(8)).toBe(2);
    expect(bytes.indexOf('debian:chain.pem-2')).toBeGreaterThan(0);
  });

  test('is what Java reads', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'keystore-'));
    try {
      const path = join(directory, 'cacerts');
      writeFileSync(path, await bytesAt(KEYSTORE, entries));
      const options = ['-list', '-rfc', '-keystore', path, '-storetype', 'JKS', '-storepass', 'changeit'];
      const text = execFileSync(
        'keytool',
        ['-J-Dstdout.encoding=UTF-8', '-J-Dfile.encoding=UTF-8', ...options],
        {
          encoding: 'utf8',
          env: { ...process.env, LC_ALL: 'C.UTF-8' },
          stdio: ['ignore', 'pipe', 'ignore'],
        },
      );
      expect(
        [...text.matchAll(/Alias name: (.*)/g)]
          .map(([, alias]) => alias ?? '')
          .toSorted((a, b) => (a < b ? -1 : 1)),
      ).toEqual(['debian:főtest.pem', 'debian:test_=two=__inc.pem']);
      for (const pem of [AUTHORITY_ONE, AUTHORITY_TWO])
        expect(text.replaceAll('\r', '')).toContain(pem.split('\n').slice(1, 3).join('').slice(0, 60));
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
