import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

import { keyringOf, type KeySource, PINNED_KEYS, trustedKeys } from './keyring.ts';
import { makeKey } from './testing/archive.ts';

const folder = mkdtempSync(join(tmpdir(), 'decant-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));
const NONE = { folder: join(folder, 'none') };
const PINNED = Object.values(PINNED_KEYS);

async function fingerprints(named?: readonly KeySource[], options = NONE): Promise<readonly string[]> {
  return (await trustedKeys(named, options)).map((key) => key.getFingerprint().toUpperCase());
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('the keys that ship', () => {
  test('are the pinned ones and no others', async () => {
    expect(await fingerprints()).toEqual(PINNED);
    const files = readdirSync(new URL('keyring', import.meta.url)).filter((name) => name.endsWith('.asc'));
    expect(files.toSorted()).toEqual(Object.keys(PINNED_KEYS).toSorted());
  });

  test.each(Object.entries(PINNED_KEYS))(
    "%s is this machine's own, where it has one",
    async (name, fingerprint) => {
      const own = `/usr/share/keyrings/${name.replace('debian-', 'debian-archive-').replace('.asc', '.gpg')}`;
      const shipped = new URL(`keyring/${name}`, import.meta.url);
      // Under another name it is not taken for Debian's, with which the shipped keys would come.
      const path = file('machine', readFileSync(existsSync(own) ? own : shipped));
      expect(await fingerprints([{ file: path }])).toEqual([fingerprint]);
    },
  );
});

describe('trusted', () => {
  test('without a name are the shipped keys and those of the machine', async () => {
    const own = await makeKey();
    const host = mkdtempSync(join(folder, 'host-'));
    writeFileSync(join(host, 'debian-archive-forky.asc'), own.armored);
    writeFileSync(join(host, 'debian-archive-broken.gpg'), 'nothing');
    writeFileSync(join(host, 'debian-archive-removed-keys.gpg'), (await makeKey()).armored);
    writeFileSync(join(host, 'vendor.asc'), (await makeKey()).armored);
    expect(await fingerprints(undefined, { folder: host })).toEqual([...PINNED, own.fingerprint]);
  });

  test('are only the keys that are named', async () => {
    const [a, b] = [await makeKey(), await makeKey()];
    const armored = file('a.asc', a.armored);
    const binary = file('b.gpg', b.key.toPublic().write());
    const several = file('both.asc', `${a.armored}\n${b.armored}`);
    expect(await fingerprints([{ file: armored }])).toEqual([a.fingerprint]);
    expect(await fingerprints([{ file: binary }, { armored: a.armored }])).toEqual([
      b.fingerprint,
      a.fingerprint,
    ]);
    expect(await fingerprints([{ file: several }])).toEqual([a.fingerprint, b.fingerprint]);
  });

  test("beside a Debian keyring are the shipped ones: the machine's may be older than the release", async () => {
    const own = await makeKey();
    expect(await fingerprints([{ file: file('debian-archive-keyring.asc', own.armored) }])).toEqual([
      own.fingerprint,
      ...PINNED,
    ]);
    expect(await fingerprints([{ file: join(folder, 'debian-archive-gone.gpg') }])).toEqual(PINNED);
  });

  test('by its fingerprint is a key that is known', async () => {
    const [first = ''] = PINNED;
    expect(await fingerprints([{ fingerprint: first }])).toEqual([first]);
    expect(await fingerprints([{ fingerprint: `${first.toLowerCase()}!` }])).toEqual([first]);
  });
});

describe('what is refused', () => {
  test.each<[string, KeySource, string]>([
    [
      'a keyring that is not there',
      { file: '/nonexistent/x.gpg' },
      'cannot read the keyring /nonexistent/x.gpg',
    ],
    ['a key that nobody knows', { fingerprint: 'A'.repeat(40) }, 'none of the keys named is known'],
    [
      'a short id, which anyone can make a key for',
      { fingerprint: '6350947F8' },
      'none of the keys named is known',
    ],
    ['a text that is no key', { armored: 'hello' }, 'Signed-By is not an OpenPGP keyring'],
  ])('%s', async (_, named, message) => {
    await expect(trustedKeys([named], NONE)).rejects.toThrow(message);
  });

  test('a file that is no keyring', async () => {
    const path = file('text.gpg', 'hello');
    await expect(trustedKeys([{ file: path }], NONE)).rejects.toThrow(`${path} is not an OpenPGP keyring`);
  });
});

test('a keyring has another digest when any key may be another', async () => {
  const host = mkdtempSync(join(folder, 'digest-'));
  const named = file('named.asc', 'one');
  const digest = (sources?: readonly KeySource[]): string => keyringOf(sources, { folder: host }).digest;
  const seen = [digest(), digest([{ file: named }]), digest([{ armored: 'one' }])];
  expect(digest()).toBe(seen[0]);
  writeFileSync(named, 'two');
  seen.push(digest([{ file: named }]));
  rmSync(named);
  seen.push(digest([{ file: named }]));
  writeFileSync(join(host, 'debian-archive-forky.asc'), 'one');
  seen.push(digest());
  writeFileSync(join(host, 'debian-archive-forky.asc'), 'two');
  seen.push(digest());
  expect(new Set(seen).size).toBe(seen.length);
});
