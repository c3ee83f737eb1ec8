/** A registry as people name it on the command line. */
import { DecantError } from '../errors.ts';
import { parseReference } from '../oci/reference.ts';

/** `localhost:5000`, `https://ghcr.io/`; Docker Hub without any. Throws USAGE. */
export function registryDomain(text = 'docker.io'): string {
  const host = text.replace(/^https?:\/\//, '').replace(/\/(?:v[12]\/?)?$/, '');
  try {
    const { domain } = parseReference(`${host}/x`);
    if (domain === host || (domain === 'docker.io' && host === 'index.docker.io')) return domain;
  } catch (error) {
    if (!(error instanceof DecantError)) throw error;
  }
  throw new DecantError('USAGE', `"${text}" is not the name of a registry`, {
    hint: 'write its host and port, such as ghcr.io or localhost:5000',
  });
}
