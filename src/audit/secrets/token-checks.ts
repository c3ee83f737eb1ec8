/** Whether what has the shape of a secret is one, and no example of the shape. */
import { crc32 } from 'node:zlib';

/** Bits of a character below which a token is made by a person. */
const LEAST_ENTROPY = 3;

/** Random text has many different characters; what people make up to show a form repeats itself. */
export function isRandom(text: string): boolean {
  return entropyOf(text) >= LEAST_ENTROPY && !/EXAMPLE|x{6}|X{6}|0{8}|1234567|abcdef[gG]/.test(text);
}

/** Shannon's, bits a character. */
export function entropyOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let sum = 0;
  for (const count of counts.values()) sum -= (count / text.length) * Math.log2(count / text.length);
  return sum;
}

export function isAws(text: string): boolean {
  return !text.endsWith('EXAMPLE') && entropyOf(text.slice(4)) >= LEAST_ENTROPY;
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The last six characters are a CRC-32 of the others. Tokens made before that rule are told by their randomness. */
export function isGitHub(text: string): boolean {
  const body = text.slice(4);
  return hasChecksum(body) || (entropyOf(body) >= 4 && isRandom(body));
}

function hasChecksum(body: string): boolean {
  let rest = crc32(Buffer.from(body.slice(0, -6), 'latin1')) >>> 0;
  let digits = '';
  for (let count = 0; count < 6; count += 1) {
    digits = (BASE62[rest % 62] ?? '') + digits;
    rest = Math.floor(rest / 62);
  }
  return digits === body.slice(-6);
}

/** The body decodes to bytes that begin as the key's format does: a sequence of ASN.1, or OpenSSH's own. */
export function isKey(text: string): boolean {
  const body = text.slice('PRIVATE KEY-----'.length).replace(/\\[nr]/g, '\n');
  const lines = body.split(/\s+/).filter((line) => /^[A-Za-z0-9+/=]{16,}$/.test(line));
  const bytes = Buffer.from(lines.join(''), 'base64');
  if (bytes.length < 48) return false;
  const isEncrypted = /Proc-Type: 4,ENCRYPTED/.test(body);
  const isSequence = bytes[0] === 0x30 && ((bytes[1] ?? 0) >= 0x80 || bytes.length >= (bytes[1] ?? 0));
  // OpenPGP's packets have their highest bit set.
  const isKnown =
    isSequence || bytes.toString('latin1', 0, 14) === 'openssh-key-v1' || (bytes[0] ?? 0) >= 0x80;
  return (isEncrypted || isKnown) && new Set(bytes).size > 16;
}

export function isJwt(text: string): boolean {
  const [head = '', claims = ''] = text.split('.');
  try {
    const header: unknown = JSON.parse(Buffer.from(head, 'base64url').toString());
    const body: unknown = JSON.parse(Buffer.from(claims, 'base64url').toString());
    if (typeof header !== 'object' || header === null || !('alg' in header) || header.alg === 'none')
      return false;
    if (typeof body !== 'object' || body === null) return false;
    // The one that every description of the format shows.
    return !('name' in body && body.name === 'John Doe');
  } catch {
    return false;
  }
}
