/**
 * The keys that releases of an archive may be signed with (apt-secure(8)): those that its source names (`Signed-By`,
 * sources.list(5)), those of the machine's Debian keyrings, and those that ship with this program (keyring/README.md),
 * whose fingerprints are pinned here.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { PublicKey } from 'openpgp';

import { DecantError } from '../errors.ts';

/** Where keys come from: a file of keys, keys as text, or the fingerprint of a key that is trusted anyway. */
export type KeySource =
  | { readonly file: string }
  | { readonly armored: string }
  | { readonly fingerprint: string };

export interface KeyringOptions {
  /** Where the machine's own keyrings are looked for. */
  readonly folder?: string;
}

/** Keys that are read when they are asked for, which takes far longer than to see whether they are the same as before. */
export interface Keyring {
  /** Another one whenever the keys might be others. */
  readonly digest: string;
  /** Throws what `trustedKeys` throws. */
  readonly keys: () => Promise<readonly PublicKey[]>;
}

/** Fingerprints of the keys that ship with the program, by file. */
export const PINNED_KEYS: Readonly<Record<string, string>> = {
  'debian-bullseye-automatic.asc': '1F89983E0081FDE018F3CC9673A4F27B8DD47936',
  'debian-bullseye-security-automatic.asc': 'AC530D520F2F3269F5E98313A48449044AAD5C5D',
  'debian-bullseye-stable.asc': 'A4285295FC7B1A81600062A9605C66F00D6C9793',
  'debian-bookworm-automatic.asc': 'B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8',
  'debian-bookworm-security-automatic.asc': '05AB90340C0C5E797F44A8C8254CF3B5AEC0A8F0',
  'debian-bookworm-stable.asc': '4D64FEC119C2029067D6E791F8D2585B8783D481',
  'debian-trixie-automatic.asc': '04B54C3CDCA79751B16BC6B5225629DF75B188BD',
  'debian-trixie-security-automatic.asc': '5E04A1E3223A19A20706E20F9904613D4CCE68C6',
  'debian-trixie-stable.asc': '41587F7DB8C774BCCF131416762F67A0B2C39DE4',
};

const HOST_KEYRINGS = '/usr/share/keyrings';
const MAX_KEYRING_BYTES = 4 * 1024 * 1024;

export function keyringOf(named: readonly KeySource[] | undefined, options: KeyringOptions = {}): Keyring {
  let keys: Promise<readonly PublicKey[]> | undefined;
  return {
    digest: digestOfKeys(named, options),
    keys: () => (keys ??= trustedKeys(named, options)),
  };
}

/** Of all that is read for them, and of more: a key counts by its fingerprint wherever it is found. */
function digestOfKeys(
  named: readonly KeySource[] | undefined,
  { folder = HOST_KEYRINGS }: KeyringOptions,
): string {
  const hash = createHash('sha256').update(JSON.stringify([PINNED_KEYS, named ?? []]));
  const add = (path: string, bytes: Buffer | undefined): void => {
    hash.update(JSON.stringify([path, bytes?.length ?? null])).update(bytes ?? '');
  };
  for (const file of Object.keys(PINNED_KEYS)) add(file, readShipped(file));
  for (const path of hostKeyrings(folder)) add(path, readOptional(path));
  for (const source of named ?? []) if ('file' in source) add(source.file, readOptional(source.file));
  return hash.digest('hex');
}

/**
 * The keys that a source names; the machine's and the shipped Debian keys where it names none, and beside those of
 * Debian's own keyrings: a machine need not know the release that is asked of its mirror. Throws FILE_UNREADABLE,
 * ARCHIVE_SIGNATURE where nothing usable is found.
 */
export async function trustedKeys(
  named: readonly KeySource[] | undefined,
  options: KeyringOptions = {},
): Promise<readonly PublicKey[]> {
  if (!named || named.length === 0) return debianKeys(options);
  const keys: PublicKey[] = [];
  for (const source of named) {
    if ('armored' in source) keys.push(...(await readKeys(Buffer.from(source.armored), 'Signed-By')));
    else if ('file' in source) keys.push(...(await keysOfFile(source.file, options)));
    else keys.push(...(await debianKeys(options)).filter((key) => hasFingerprint(key, source.fingerprint)));
  }
  if (keys.length > 0) return distinct(keys);
  throw new DecantError(
    'ARCHIVE_SIGNATURE',
    `none of the keys named is known: ${named.map(describe).join(', ')}`,
    {
      hint: 'name a file with the key itself',
    },
  );
}

/** The shipped keys, then those of the machine's `debian-archive-*` keyrings. */
async function debianKeys({ folder = HOST_KEYRINGS }: KeyringOptions): Promise<readonly PublicKey[]> {
  const keys = [...(await shippedKeys())];
  for (const path of hostKeyrings(folder)) {
    // What the machine adds is a bonus; a keyring that cannot be read does not take away what ships.
    const bytes = readOptional(path);
    if (bytes) keys.push(...(await readKeys(bytes, path).catch(() => [])));
  }
  return distinct(keys);
}

function hostKeyrings(folder: string): readonly string[] {
  return listed(folder)
    .filter((name) => /^debian-archive-.*\.(?:gpg|asc|pgp)$/.test(name) && !name.includes('removed'))
    .map((name) => join(folder, name));
}

async function keysOfFile(file: string, options: KeyringOptions): Promise<readonly PublicKey[]> {
  const debian = /(?:^|\/)debian-archive-[^/]*$/.test(file) ? await debianKeys(options) : [];
  const bytes = readOptional(file);
  if (bytes) return [...(await readKeys(bytes, file)), ...debian];
  if (debian.length > 0) return debian;
  throw new DecantError('FILE_UNREADABLE', `cannot read the keyring ${file}`, {
    hint: 'check the path given with --keyring, or in Signed-By of the apt source',
  });
}

/** Each file must hold exactly the key that is pinned for it. */
async function shippedKeys(): Promise<readonly PublicKey[]> {
  const keys: PublicKey[] = [];
  for (const [file, fingerprint] of Object.entries(PINNED_KEYS)) {
    const [key, other] = await readKeys(readShipped(file), file);
    if (!key || other || key.getFingerprint().toUpperCase() !== fingerprint) {
      throw new DecantError('ARCHIVE_SIGNATURE', `${file} does not hold the key ${fingerprint}`, {
        hint: 'install decant again',
      });
    }
    keys.push(key);
  }
  return keys;
}

function readShipped(file: string): Buffer {
  return readFileSync(new URL(`./keyring/${file}`, import.meta.url));
}

/** Armoured or binary keys. */
async function readKeys(bytes: Buffer, name: string): Promise<readonly PublicKey[]> {
  const { readKeys: read } = await import('openpgp');
  try {
    const text = bytes.toString('latin1');
    return /^\s*-----BEGIN PGP/.test(text)
      ? await armoredKeys(text, read)
      : await read({ binaryKeys: bytes });
  } catch (error) {
    throw new DecantError('ARCHIVE_SIGNATURE', `${name} is not an OpenPGP keyring`, { cause: error });
  }
}

/** A file may have several blocks one after another, as `cat` makes it. */
async function armoredKeys(
  text: string,
  read: (options: { armoredKeys: string }) => Promise<PublicKey[]>,
): Promise<readonly PublicKey[]> {
  const blocks = text
    .split(/^(?=-----BEGIN PGP PUBLIC KEY BLOCK-----)/m)
    .filter((block) => block.trim() !== '');
  return (await Promise.all(blocks.map((armored) => read({ armoredKeys: armored })))).flat();
}

function hasFingerprint(key: PublicKey, wanted: string): boolean {
  const text = wanted.replace(/^0x|!$/g, '').toLowerCase();
  return text.length >= 40 && key.getKeys().some((part) => part.getFingerprint() === text);
}

function distinct(keys: readonly PublicKey[]): readonly PublicKey[] {
  return [...new Map(keys.map((key) => [key.getFingerprint(), key])).values()];
}

function describe(source: KeySource): string {
  if ('file' in source) return source.file;
  return 'fingerprint' in source ? source.fingerprint : 'keys in the source itself';
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}

function readOptional(path: string): Buffer | undefined {
  try {
    const bytes = readFileSync(path);
    return bytes.length > MAX_KEYRING_BYTES ? undefined : bytes;
  } catch {
    return undefined;
  }
}
