/**
 * The signature of `InRelease`: a text in clear with its signatures (RFC 9580 section 7; apt-secure(8)). One good
 * signature by a trusted key is enough, as it is for apt: a release is signed by the keys of two Debian releases, and
 * nobody has the newer ones first.
 *
 * OpenPGP.js looks for a signed block anywhere in the text, and does not hold an expired key against a signature. Both
 * are looked at here.
 */
import type { CleartextMessage, PublicKey, Subkey, verify } from 'openpgp';

import { DecantError } from '../errors.ts';

export interface Signed {
  /** What was signed, and nothing around it. */
  readonly text: string;
  /** Fingerprints of the keys whose signatures are good, in capitals. */
  readonly signedBy: readonly string[];
  /** When the first of these signatures, or of their keys, expires. */
  readonly until?: Date;
}

export interface SignatureOptions {
  readonly keys: readonly PublicKey[];
  readonly now: Date;
  /** Accept what keys that are expired by now signed while they were valid. */
  readonly allowExpired?: boolean;
  /** What the text is called in errors. */
  readonly name: string;
}

/** Clocks differ a little. */
export const CLOCK_SKEW_MS = 10 * 60 * 1000;

const MAX_SIGNATURES = 32;

/** Throws ARCHIVE_SIGNATURE, saying of each signature why it does not count. */
export async function verifySigned(inRelease: string, options: SignatureOptions): Promise<Signed> {
  const { name, keys } = options;
  refuseOtherText(inRelease, name);
  const openpgp = await import('openpgp');
  let message: CleartextMessage;
  try {
    message = await openpgp.readCleartextMessage({ cleartextMessage: inRelease });
  } catch (error) {
    throw refused(name, 'its signature cannot be read', error);
  }
  const { data, signatures } = await openpgp.verify({
    message,
    verificationKeys: [...keys],
    date: new Date(options.now.getTime() + CLOCK_SKEW_MS),
  });
  if (signatures.length > MAX_SIGNATURES) throw refused(name, `it has ${signatures.length} signatures`);
  const signedBy: string[] = [];
  const ends: Date[] = [];
  const reasons: string[] = [];
  for (const signature of signatures) {
    const judged = await judge(signature, options);
    if (judged.fingerprint === undefined)
      reasons.push(`${signature.keyID.toHex().toUpperCase()}: ${judged.why}`);
    else {
      signedBy.push(judged.fingerprint);
      ends.push(...judged.ends);
    }
  }
  if (signedBy.length === 0) throw refused(name, reasons.join('; ') || 'it has no signature');
  const [until] = ends.toSorted((a, b) => a.getTime() - b.getTime());
  return { text: data, signedBy: [...new Set(signedBy)], ...(until ? { until } : {}) };
}

/** The file is one signed block: anything before or after it would pass for signed with whoever reads carelessly. */
function refuseOtherText(text: string, name: string): void {
  const begin = /^-----BEGIN PGP SIGNED MESSAGE-----\r?\n/;
  const end = /\n-----END PGP SIGNATURE-----\s*$/;
  if (!text.includes('-----BEGIN PGP SIGNED MESSAGE-----')) throw refused(name, 'it has no signature');
  // Inside of the signed text, lines with a leading hyphen are escaped (RFC 9580 section 7.2), so these are all there are.
  const marks = [...text.matchAll(/^-----(?:BEGIN|END) PGP [A-Z ]+-----/gm)].map((match) => match[0]);
  const expected = [
    '-----BEGIN PGP SIGNED MESSAGE-----',
    '-----BEGIN PGP SIGNATURE-----',
    '-----END PGP SIGNATURE-----',
  ];
  if (!begin.test(text) || !end.test(text) || marks.join('\n') !== expected.join('\n')) {
    throw refused(name, 'it has text outside of the signed block');
  }
}

type VerificationResult = Awaited<ReturnType<typeof verify>>['signatures'][number];

type Judgement =
  | { readonly fingerprint: string; readonly ends: readonly Date[]; readonly why?: undefined }
  | { readonly fingerprint?: undefined; readonly why: string };

async function judge(result: VerificationResult, options: SignatureOptions): Promise<Judgement> {
  const key = options.keys.find((one) => one.getKeys(result.keyID).length > 0);
  if (!key) return { why: 'the key is not trusted for this archive' };
  try {
    await result.verified;
  } catch (error) {
    return { why: error instanceof Error ? lower(error.message) : 'it does not verify' };
  }
  const [packet] = (await result.signature).packets;
  const created = packet?.created;
  if (!packet || !created) return { why: 'it does not say when it was made' };
  const now = options.now.getTime();
  if (created.getTime() > now + CLOCK_SKEW_MS) return { why: `it was made in the future (${day(created)})` };
  const ends = packet.getExpirationTime();
  const at = options.allowExpired ? created.getTime() : now;
  if (ends instanceof Date && ends.getTime() <= at) return { why: `it expired (${day(ends)})` };
  const judged = await judgeKey(key, result, at, created);
  if (typeof judged === 'string') return { why: judged };
  const all = ends instanceof Date ? [...judged, ends] : judged;
  return { fingerprint: key.getFingerprint().toUpperCase(), ends: all };
}

/** Why the key, or the part of it that signed, does not count at a time; where it does, when each expires that does. */
async function judgeKey(
  key: PublicKey,
  result: VerificationResult,
  at: number,
  created: Date,
): Promise<string | readonly Date[]> {
  const [part] = key.getKeys(result.keyID);
  const subkey = part && part !== key ? (part as Subkey) : undefined;
  if (await key.isRevoked()) return 'the key is revoked';
  const from = Math.max(key.getCreationTime().getTime(), subkey?.getCreationTime().getTime() ?? 0);
  if (created.getTime() < from) return 'it is older than the key';
  const ends: Date[] = [];
  for (const until of [await key.getExpirationTime(), await subkey?.getExpirationTime()]) {
    if (until === null) return 'the key is not valid';
    if (!(until instanceof Date)) continue;
    if (until.getTime() <= at) return `the key expired (${day(until)})`;
    ends.push(until);
  }
  return ends;
}

function day(time: Date): string {
  return time.toISOString().slice(0, 10);
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function refused(name: string, why: string, cause?: unknown): DecantError {
  return new DecantError('ARCHIVE_SIGNATURE', `${name} is not signed as it has to be: ${why}`, {
    cause,
    hint: "the mirror may be damaged or not to be trusted; an archive that is not Debian's own needs its keyring named",
  });
}
