/**
 * A signature that was found good, kept by the store: to read keys and to check with them takes longer than everything else
 * that an archive is opened with that has not changed. What is kept counts for the very same bytes and the very same keys,
 * from the time when it was checked until the first of the keys or the signatures expires. All else is checked again.
 */
import { sha256 } from '../codec/digest.ts';
import { keepRecord } from '../store/layer-entries.ts';
import type { Store } from '../store/store.ts';
import type { Keyring } from './keyring.ts';
import { type Signed, type SignatureOptions, verifySigned } from './signature.ts';

const KIND = 'debian-signed';
/** Another number whenever a signature that was good before may not be any more. */
const VERSION = 1;

export interface VerifyOnceOptions extends Omit<SignatureOptions, 'keys'> {
  readonly keyring: Keyring;
}

export interface SignedOnce extends Signed {
  /** Remembers that it is good: for when nothing else speaks against the file, and it is in the store. */
  readonly keep: () => Promise<void>;
}

interface Kept {
  readonly text: string;
  readonly signedBy: readonly string[];
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly until: number | null;
}

/** @param inRelease The whole file. Throws what `verifySigned` throws, and what reading the keys throws. */
export async function verifyOnce(
  store: Store,
  inRelease: Buffer,
  { keyring, ...options }: VerifyOnceOptions,
): Promise<SignedOnce> {
  const { now, allowExpired = false } = options;
  const digest = sha256(inRelease);
  const key = JSON.stringify([VERSION, digest, keyring.digest, allowExpired]);
  const kept = store.cache.getSync(KIND, key) as Kept | undefined;
  if (kept && kept.from <= now.getTime() && now.getTime() < (kept.until ?? Infinity)) {
    return { text: kept.text, signedBy: kept.signedBy, keep: () => Promise.resolve() };
  }
  const signed = await verifySigned(inRelease.toString('utf8'), { ...options, keys: await keyring.keys() });
  const { text, signedBy, until } = signed;
  const record: Kept = { text, signedBy, from: now.getTime(), until: until?.getTime() ?? null };
  return { ...signed, keep: () => keepRecord(store, KIND, key, record, { blobs: [digest] }) };
}
