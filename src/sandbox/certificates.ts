/**
 * Lending a step this machine's certificate authorities, without leaving one byte of them in the layer.
 *
 * A bind mount over the system's bundle would do that, and break every step that installs certificates:
 * `update-ca-certificates` renames a new bundle over the old one, and a mount point cannot be replaced (EBUSY). So the
 * bundle is lent as a plain file in the layer of stubs (see mounts.ts), below the directory that the process writes
 * to: reading it finds the image's own authorities and the lent ones; replacing or removing it works as always, and
 * what was put there is what lands in the layer. Only a write *into* the file takes lent bytes along, as part of the
 * kernel's copy; they stand behind a marker and are cut out again when the process has ended.
 *
 * From the moment a step installs certificates of its own, the file at the system's place has no lent ones any more.
 * For programs that can be told by a variable, the bundle is therefore also at a place of its own, in the sandbox's
 * /dev.
 */
import { readFileSync } from 'node:fs';
import { DecantError, systemCode } from '../errors.ts';
import type { FileEntry } from '../tree/entry.ts';
import type { ImageView, LentFile, Mount } from './mounts.ts';

/** Where distributions keep the bundle: Debian and Alpine, Fedora (two), OpenSSL's default, openSUSE. */
const BUNDLES = [
  'etc/ssl/certs/ca-certificates.crt',
  'etc/pki/tls/certs/ca-bundle.crt',
  'etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  'etc/ssl/cert.pem',
  'etc/ssl/ca-bundle.pem',
] as const;

const PRIVATE_PATH = '/dev/.decant-certificates.pem';

/** What OpenSSL, Node, pip, Python's requests, curl and git read before the system's bundle. */
const VARIABLES = [
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'PIP_CERT',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'GIT_SSL_CAINFO',
] as const;

/** Begins what is lent, so that it can be told from a bundle with the same certificates that a step installed. */
const MARKER = '# Lent for this step only.\n';

const MAX_BUNDLE_BYTES = 16 * 1024 * 1024;

export interface LentCertificates {
  /** To be set unless the image sets them itself. */
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly lent: readonly LentFile[];
}

/** `read` gives the content of one of the image's files. */
export async function lendCertificates(
  bundle: Uint8Array,
  image: ImageView,
  read: (entry: FileEntry) => Promise<Uint8Array>,
): Promise<LentCertificates> {
  const addition = Buffer.concat([Buffer.from(MARKER), bundle]);
  const lent = new Map<string, LentFile>();
  for (const entry of bundlesOf(image)) {
    const original = entry.size > MAX_BUNDLE_BYTES ? new Uint8Array() : await read(entry);
    lent.set(entry.path, { entry, addition: afterNewline(original, addition), original });
  }
  if (lent.size === 0) {
    const path = placeForBundle(image);
    if (path !== undefined) lent.set(path, { entry: newBundle(path), addition, original: undefined });
  }
  const original = lent.values().next().value?.original ?? new Uint8Array();
  const bytes = Buffer.concat([original, afterNewline(original, addition)]);
  return {
    env: Object.fromEntries(VARIABLES.map((name) => [name, PRIVATE_PATH])),
    mounts: [{ type: 'data', target: PRIVATE_PATH, bytes, mode: 0o444, uid: 0, gid: 0 }],
    lent: [...lent.values()],
  };
}

/** The image's bundles, each once however many links lead to it. */
function bundlesOf(image: ImageView): FileEntry[] {
  const found = new Map<string, FileEntry>();
  for (const place of BUNDLES) {
    const path = resolved(image, place);
    const entry = path === undefined ? undefined : image.lookup(path);
    if (entry?.type === 'file') found.set(entry.path, entry);
  }
  return [...found.values()];
}

/** A link that leads to nothing, or nothing at all: a file can be put where it leads, if the way is of directories. */
function placeForBundle(image: ImageView): string | undefined {
  const path = resolved(image, BUNDLES[0]);
  if (path === undefined || image.lookup(path) !== undefined) return undefined;
  const parents = path
    .split('/')
    .slice(0, -1)
    .map((_, index, all) => all.slice(0, index + 1).join('/'));
  return parents.every((parent) => (image.lookup(parent)?.type ?? 'directory') === 'directory')
    ? path
    : undefined;
}

function resolved(image: ImageView, path: string): string | undefined {
  try {
    return image.resolve(path);
  } catch (error) {
    if (error instanceof DecantError) return undefined;
    throw error;
  }
}

function newBundle(path: string): FileEntry {
  const content = { kind: 'inline', bytes: new Uint8Array() } as const;
  return { type: 'file', path, mode: 0o644, uid: 0, gid: 0, mtime: 0, size: 0, content };
}

function afterNewline(original: Uint8Array, addition: Buffer): Buffer {
  return original.length > 0 && original.at(-1) !== 0x0a
    ? Buffer.concat([Buffer.from('\n'), addition])
    : addition;
}

/** Where hosts keep the bundle, in the order that Go's crypto/x509 looks. */
const HOST_BUNDLES = BUNDLES.map((path) => `/${path}`);

/**
 * This machine's authorities, as its programs find them: SSL_CERT_FILE, else the system's bundle; and those of
 * NODE_EXTRA_CA_CERTS. Throws FILE_UNREADABLE for a variable that names no readable file, MACHINE_UNSUPPORTED where
 * there is nothing.
 */
export function hostCertificates(
  env: Readonly<Record<string, string | undefined>>,
  files = HOST_BUNDLES,
): Buffer {
  const named = (name: string): Buffer | undefined => (env[name] ? readCertificates(env[name]) : undefined);
  const system = named('SSL_CERT_FILE') ?? files.map(readIfThere).find((bytes) => bytes !== undefined);
  const extra = named('NODE_EXTRA_CA_CERTS');
  if (!system && !extra) {
    throw new DecantError(
      'MACHINE_UNSUPPORTED',
      'this machine has no bundle of certificate authorities to lend',
      {
        hint: 'install ca-certificates, set SSL_CERT_FILE, or name a file: --ca-certificates FILE',
      },
    );
  }
  if (!system || !extra || system.includes(extra)) return system ?? extra ?? Buffer.alloc(0);
  return Buffer.concat([system, afterNewline(system, extra)]);
}

/** A file with certificates in PEM form (RFC 7468). Throws FILE_UNREADABLE. */
export function readCertificates(path: string): Buffer {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new DecantError('FILE_UNREADABLE', `cannot read the certificates of ${path}`, { cause: error });
  }
  if (bytes.length > MAX_BUNDLE_BYTES || !bytes.includes('-----BEGIN CERTIFICATE-----')) {
    throw new DecantError('FILE_UNREADABLE', `${path} is not a bundle of certificates`, {
      hint: 'certificates are expected in PEM form ("-----BEGIN CERTIFICATE-----")',
    });
  }
  return bytes;
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readCertificates(path);
  } catch (error) {
    if (error instanceof DecantError && ['ENOENT', 'ENOTDIR', undefined].includes(systemCode(error.cause)))
      return undefined;
    throw error;
  }
}
