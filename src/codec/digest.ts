/**
 * Digests (OCI image-spec, descriptor.md, "Digests"): `algorithm:hex`. Everything decant writes is named by sha256;
 * what it reads may also be named by sha512.
 */
import { createHash, type Hash } from 'node:crypto';

import { DecantError } from '../errors.ts';
import type { ByteStream } from './stream.ts';

/** The digest of some bytes, as `sha256:` and 64 hexadecimal digits. */
export function sha256(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Reads a stream to its end and says its digest and how many bytes it had. */
export async function digestOf(
  source: ByteStream,
): Promise<{ readonly digest: string; readonly size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of source) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { digest: `sha256:${hash.digest('hex')}`, size };
}

/** What a stream is said to be. Size is in bytes. */
export interface Expected {
  readonly digest?: string | undefined;
  readonly size?: number | undefined;
}

/**
 * The same stream, believed only once it proved right: the last chunk is held back until digest and size agree, and
 * no byte beyond the size is handed out. `what` names it in the error. Throws DIGEST_MISMATCH. Whoever stops
 * reading before the end has verified nothing.
 */
export async function* verified(
  source: ByteStream,
  expected: Expected,
  what: string,
): AsyncGenerator<Uint8Array> {
  const hash = expected.digest === undefined ? undefined : hashFor(expected.digest, what);
  let size = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of source) {
    if (chunk.length === 0) continue;
    size += chunk.length;
    if (expected.size !== undefined && size > expected.size) {
      throw mismatch(what, `it is larger than the ${expected.size} bytes it should have`);
    }
    if (held) yield held;
    hash?.update(chunk);
    held = chunk;
  }
  if (expected.size !== undefined && size !== expected.size) {
    throw mismatch(what, `it has ${size} bytes where ${expected.size} were expected`);
  }
  if (hash) {
    const actual = `${algorithmOf(expected.digest)}:${hash.digest('hex')}`;
    if (actual !== expected.digest) throw mismatch(what, `its digest is ${actual}, not ${expected.digest}`);
  }
  if (held) yield held;
}

/** Whether the text is a digest that can be verified: lower-case sha256 or sha512. */
export function isDigest(text: string): boolean {
  return /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(text);
}

function hashFor(digest: string, what: string): Hash {
  if (!isDigest(digest))
    throw mismatch(what, `${JSON.stringify(digest.slice(0, 200))} is not a sha256 or sha512 digest`);
  return createHash(algorithmOf(digest));
}

function algorithmOf(digest: string | undefined): string {
  return digest?.split(':', 1)[0] ?? 'sha256';
}

function mismatch(what: string, why: string): DecantError {
  return new DecantError('DIGEST_MISMATCH', `${what} is not what it should be: ${why}`);
}
