import { expect, test } from 'vitest';

import { sha256 } from '../codec/digest.ts';
import { testStore } from '../store/testing.ts';
import { keyringOf } from './keyring.ts';
import { type SignedOnce, verifyOnce } from './signature-kept.ts';
import { makeKey, sign, TEST_NOW } from './testing/archive.ts';

const HOUR_MS = 60 * 60 * 1000;
const hours = (count: number): Date => new Date(TEST_NOW.getTime() + count * HOUR_MS);

interface Asked {
  readonly now?: Date;
  readonly text?: Buffer;
  readonly keys?: string;
  readonly allowExpired?: boolean;
}

/** A signed file of a key that expires a hundred hours after now, and how often keys had to be read. */
async function place() {
  const stored = await testStore();
  const key = await makeKey(hours(-100), 200 * 3600);
  const signed = Buffer.from(await sign('Suite: stable\n', key, hours(-1)));
  let read = 0;
  const check = async ({ now = TEST_NOW, text = signed, keys = key.armored, allowExpired }: Asked = {}) => {
    const keyring = keyringOf([{ armored: keys }]);
    const counted = { ...keyring, keys: () => ((read += 1), keyring.keys()) };
    const options = { keyring: counted, now, name: 'InRelease', ...(allowExpired && { allowExpired }) };
    return verifyOnce(stored.store, text, options);
  };
  const keep = async (result: SignedOnce): Promise<void> => {
    await stored.store.blobs.putBytes(signed);
    await result.keep();
  };
  return {
    key,
    signed,
    check,
    keep,
    reads: () => read,
    store: stored.store,
    [Symbol.asyncDispose]: () => stored[Symbol.asyncDispose](),
  };
}

test('a signature that was good is not checked again for the same file and the same keys', async () => {
  await using at = await place();
  const first = await at.check();
  await at.keep(first);
  const second = await at.check({ now: hours(99) });
  expect(at.reads()).toBe(1);
  expect(second).toMatchObject({ text: first.text, signedBy: [at.key.fingerprint] });
});

test('nothing is kept unless it is said to be', async () => {
  await using at = await place();
  await at.check();
  await at.check();
  expect(at.reads()).toBe(2);
});

test('another file is checked, however little differs', async () => {
  await using at = await place();
  await at.keep(await at.check());
  const text = Buffer.from(at.signed.toString().replace('stable', 'stabler'));
  await expect(at.check({ text })).rejects.toMatchObject({ code: 'ARCHIVE_SIGNATURE' });
});

test('other keys have to have signed it too', async () => {
  await using at = await place();
  await at.keep(await at.check());
  const other = await makeKey();
  await expect(at.check({ keys: other.armored })).rejects.toThrow('the key is not trusted for this archive');
});

test('it does not outlast its key, unless that is allowed', async () => {
  await using at = await place();
  await at.keep(await at.check());
  await expect(at.check({ now: hours(100) })).rejects.toThrow('the key expired (2026-03-05)');
  await at.keep(await at.check({ now: hours(100), allowExpired: true }));
  await expect(at.check({ now: hours(100) })).rejects.toThrow('the key expired (2026-03-05)');
});

test('it is checked again where the clock is earlier than it was then', async () => {
  await using at = await place();
  await at.keep(await at.check());
  await expect(at.check({ now: hours(-3) })).rejects.toThrow('future');
});

test('it is kept as long as the file is', async () => {
  await using at = await place();
  await at.keep(await at.check());
  await at.store.blobs.remove(sha256(at.signed));
  await at.store.prune();
  await at.check();
  expect(at.reads()).toBe(2);
});
