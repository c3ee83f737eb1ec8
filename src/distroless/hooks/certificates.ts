/**
 * The bundle of certificate authorities, byte for byte as update-ca-certificates(8) writes it: the packages'
 * certificates, then the administrator's, each group in the order of their file names' bytes.
 */
import { X509Certificate } from 'node:crypto';
import { encodePath } from '../../codec/path.ts';
import { DecantError } from '../../errors.ts';
import type { Entry } from '../../tree/entry.ts';
import { type Tree, walk } from '../../tree/tree.ts';
import { fileEntry, linkEntry } from './entries.ts';
import type { ExtraCertificate, Hook, HookContext } from './hook.ts';

export const BUNDLE = 'etc/ssl/certs/ca-certificates.crt';
const PACKAGED = 'usr/share/ca-certificates';
const LOCAL = 'usr/local/share/ca-certificates';
const MAX_CERTIFICATE_FILE_BYTES = 1 << 20;
const BLOCK =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

export interface CertificateFile {
  /** Where it stands, or would: below /usr/share/ca-certificates or /usr/local/share/ca-certificates. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

export const certificates: Hook = {
  name: 'certificates',
  reason:
    'ca-certificates runs update-ca-certificates, which joins all authorities into the one file that TLS libraries read',
  packages: ['ca-certificates'],
  async apply(context) {
    const { tree, options, time } = context;
    const files = await certificateFiles(context);
    const entries: Entry[] = [fileEntry(BUNDLE, Buffer.concat(files.flatMap(withNewline)), time)];
    for (const { path, bytes } of extraFiles(options.certificates ?? []))
      entries.push(fileEntry(path, bytes, time));
    // Debian's OpenSSL looks here where nothing says otherwise; the openssl package itself has only the directory.
    if (!tree.get('usr/lib/ssl/cert.pem'))
      entries.push(linkEntry('usr/lib/ssl/cert.pem', `/${BUNDLE}`, time));
    if (!tree.get('usr/lib/ssl/certs')) entries.push(linkEntry('usr/lib/ssl/certs', '/etc/ssl/certs', time));
    return entries;
  },
};

/** All authorities of the tree and of the options, in the order of the bundle. */
export async function certificateFiles(context: HookContext): Promise<readonly CertificateFile[]> {
  const { whole, options } = context;
  const { tree, read } = whole;
  const extra = extraFiles(options.certificates ?? []);
  const replaced = new Set(extra.map(({ path }) => path));
  const found: CertificateFile[] = [];
  for (const path of [...certificatePaths(tree, PACKAGED), ...certificatePaths(tree, LOCAL)]) {
    const bytes = replaced.has(path) ? undefined : await read(path);
    if (bytes) found.push({ path, bytes });
  }
  const below = (directory: string, files: readonly CertificateFile[]): readonly CertificateFile[] =>
    files.filter(({ path }) => path.startsWith(`${directory}/`)).toSorted(byPath);
  return [...below(PACKAGED, found), ...below(LOCAL, [...found, ...extra])];
}

/** The DER form of every certificate in a PEM file. */
export function certificatesOf(pem: Uint8Array): readonly X509Certificate[] {
  return [...Buffer.from(pem).toString('latin1').matchAll(BLOCK)].map(
    ([block]) => new X509Certificate(block),
  );
}

function certificatePaths(tree: Tree, directory: string): readonly string[] {
  return [...walk(tree, directory)]
    .filter(({ type, path }) => (type === 'file' || type === 'symlink') && path.endsWith('.crt'))
    .map(({ path }) => path);
}

function byPath(a: CertificateFile, b: CertificateFile): number {
  return Buffer.compare(encodePath(a.path), encodePath(b.path));
}

function extraFiles(extra: readonly ExtraCertificate[]): readonly CertificateFile[] {
  return extra.map(({ name, pem }) => {
    const fault = certificateFault(name, pem);
    if (fault) throw new DecantError('USAGE', `the certificate "${name}" cannot be added: ${fault}`);
    return { path: `${LOCAL}/${name}.crt`, bytes: pem };
  });
}

/** Why a file cannot be added to the bundle, or undefined where it can. */
export function certificateFault(name: string, pem: Uint8Array): string | undefined {
  if (!/^[\w.+@=-]{1,120}$/.test(name) || name.startsWith('.')) return 'its name is no plain file name';
  if (pem.length > MAX_CERTIFICATE_FILE_BYTES) return 'the file is larger than 1 MiB';
  if (Buffer.from(pem).includes('PRIVATE KEY-----')) return 'the file has a private key in it';
  try {
    return certificatesOf(pem).length === 0 ? 'the file has no certificate in PEM form' : undefined;
  } catch {
    return 'the file has something in it that is no certificate';
  }
}

function withNewline({ bytes }: CertificateFile): readonly Uint8Array[] {
  return bytes.length === 0 || bytes.at(-1) === 0x0a ? [bytes] : [bytes, Buffer.from('\n')];
}
