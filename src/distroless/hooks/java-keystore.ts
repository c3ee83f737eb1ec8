/**
 * The certificate authorities as Java reads them: a JKS keystore, version 2, as ca-certificates-java makes it, with its
 * aliases and its password. The format is documented by the JDK's sun.security.provider.JavaKeyStore; the date of an
 * entry is the certificate's first day, so that the same authorities give the same bytes.
 */
import { createHash, type X509Certificate } from 'node:crypto';
import { baseName } from '../../tree/path.ts';
import { certificateFiles, certificatesOf } from './certificates.ts';
import { directoryEntry, fileEntry } from './entries.ts';
import type { Hook } from './hook.ts';

const KEYSTORE = 'etc/ssl/certs/java/cacerts';
/** Debian's, and everyone's: it guards nothing, the file is public. */
const PASSWORD = 'changeit';

export const javaKeystore: Hook = {
  name: 'java-keystore',
  reason: 'ca-certificates-java runs Java to make /etc/ssl/certs/java/cacerts, which every runtime links to',
  packages: ['ca-certificates-java'],
  async apply(context) {
    const entries = new Map<string, X509Certificate>();
    for (const { path, bytes } of await certificateFiles(context)) {
      for (const [index, certificate] of certificatesOf(bytes).entries())
        entries.set(`${aliasOf(path)}${index === 0 ? '' : `-${index + 1}`}`, certificate);
    }
    return [
      directoryEntry('etc/ssl/certs/java', context.time),
      fileEntry(KEYSTORE, keystore(entries, PASSWORD), context.time),
    ];
  },
};

/** The name of the link that update-ca-certificates makes, in lower case, as JKS keeps aliases. */
function aliasOf(path: string): string {
  const name = baseName(path)
    .replace(/\.crt$/, '')
    .replaceAll(/[ ,]/g, '_')
    .replaceAll(/[()]/g, '=');
  return `debian:${name}.pem`.toLowerCase();
}

/** A keystore of trusted certificates, sorted by alias. */
export function keystore(entries: ReadonlyMap<string, X509Certificate>, password: string): Buffer {
  const sorted = [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const body = Buffer.concat([
    uint32(MAGIC),
    uint32(VERSION),
    uint32(sorted.length),
    ...sorted.flatMap(([alias, certificate]) => [
      uint32(TRUSTED_CERTIFICATE),
      modifiedUtf8(alias),
      date(certificate),
      modifiedUtf8('X.509'),
      uint32(certificate.raw.length),
      certificate.raw,
    ]),
  ]);
  const hash = createHash('sha1').update(Buffer.from(password, 'utf16le').swap16()).update(SALT).update(body);
  return Buffer.concat([body, hash.digest()]);
}

const MAGIC = 0xfeedfeed;
const VERSION = 2;
const TRUSTED_CERTIFICATE = 2;
const SALT = 'Mighty Aphrodite';

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Milliseconds since 1970 of the first day that the certificate is good for. */
function date(certificate: X509Certificate): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(Date.parse(certificate.validFrom)));
  return bytes;
}

/** As java.io.DataOutput.writeUTF has it: two bytes of length, and each UTF-16 unit on its own. */
function modifiedUtf8(text: string): Buffer {
  const bytes: number[] = [];
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0 && unit < 0x80) bytes.push(unit);
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f));
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
  }
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, Buffer.from(bytes)]);
}
