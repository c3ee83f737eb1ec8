/** Addresses of archives: checked and joined. */
import { DecantError } from '../errors.ts';
import { displayAddress, parseAddress } from '../net/address.ts';

/** The address of a mirror without slashes at its end. Throws USAGE; `from` says where it was written. */
export function mirrorAddress(text: string, from: string): string {
  const url = parseAddress(text);
  if (!url || !['http:', 'https:', 'file:'].includes(url.protocol)) {
    throw new DecantError(
      'USAGE',
      `${from}: ${JSON.stringify(displayAddress(text))} is not an address of a mirror`,
      {
        hint: 'write the address of the folder that has dists/, beginning with https://, http:// or file://',
      },
    );
  }
  if (url.search !== '' || url.hash !== '') {
    throw new DecantError('USAGE', `${from}: ${displayAddress(text)} has more than a path after the host`);
  }
  return url.href.replace(/\/+$/, '');
}

/** A file below an archive. Throws ARCHIVE_INVALID for a path that leads elsewhere. */
export function addressBelow(uri: string, path: string): string {
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..') || /[\p{Cc}\\]/u.test(path)) {
    throw new DecantError(
      'ARCHIVE_INVALID',
      `${JSON.stringify(path.slice(0, 200))} is not a path inside of an archive`,
    );
  }
  // Mirrors and their caches know `+` and `~` as they are.
  return `${uri}/${parts.map((part) => encodeURIComponent(part).replace(/%2B/g, '+')).join('/')}`;
}
