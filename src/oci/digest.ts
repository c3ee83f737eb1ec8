/**
 * Digests as the OCI image-spec writes them (descriptor.md, "Digests"). Only sha256 is spoken: it is what every
 * registry and every tool uses, and one algorithm means one name for each blob.
 */
import { damaged } from './json.ts';

const SHA256 = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: string): boolean {
  return SHA256.test(text);
}

/** The 64 hexadecimal digits. Safe as a file name. Throws IMAGE_DAMAGED, so nothing unchecked becomes a path. */
export function digestHex(digest: string): string {
  return checkDigest(digest, 'digest').slice('sha256:'.length);
}

/** Gives the digest back, or throws IMAGE_DAMAGED naming what it should have been the digest of. */
export function checkDigest(digest: string, what: string): string {
  if (!isDigest(digest))
    throw damaged(`${what}: ${JSON.stringify(digest.slice(0, 100))} is not a sha256 digest`);
  return digest;
}
