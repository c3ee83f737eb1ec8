/** `--ca-certificates host|FILE` */
import { hostCertificates, readCertificates } from '../sandbox/certificates.ts';
import { allEnvironment } from './io.ts';

export function loadCertificates(source: string): Uint8Array {
  return source === 'host' ? hostCertificates(allEnvironment()) : readCertificates(source);
}
