/**
 * Where an image rests, as people write it: `docker://NAME`, `store:NAME`, `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`,
 * `docker-archive:FILE[:NAME]`, `docker-daemon:NAME` (containers-transports(5)); a name alone is a registry's.
 */
import { DecantError } from '../errors.ts';
import { familiar, parseReference, type Reference, withDefaultTag } from '../oci/reference.ts';

export type Location =
  | { readonly transport: 'docker'; readonly reference: Reference }
  /** An empty name, which nobody can write, is that of an image that gets none. */
  | { readonly transport: 'store'; readonly name: string }
  | { readonly transport: 'docker-daemon'; readonly name: string }
  | {
      readonly transport: 'oci' | 'oci-archive' | 'docker-archive';
      readonly path: string;
      /** Which image of those that are there, or what it is to be called. */
      readonly tag?: string;
    };

export const TRANSPORTS = [
  'docker://NAME',
  'store:NAME',
  'oci:DIR[:TAG]',
  'oci-archive:FILE[:TAG]',
  'docker-archive:FILE[:NAME]',
  'docker-daemon:NAME',
] as const;

/** What other tools have and decant has not. */
const FOREIGN = new Set(['dir', 'containers-storage', 'ostree', 'sif', 'tarball', 'docker', 'atomic']);
const IMAGE_ID = /^(?:sha256:)?[0-9a-f]{12,64}$/;

/** A name without tag and digest gets the tag `latest`. Throws USAGE, REFERENCE_INVALID. */
export function parseLocation(text: string): Location {
  const registry = /^docker:\/\/(.*)$/s.exec(text)?.[1];
  if (registry !== undefined) return docker(registry);
  const [, transport = '', rest = ''] = /^([a-z-]+):(.*)$/s.exec(text) ?? [];
  if (transport === 'store') return { transport, name: needed(rest, text, 'the name of an image') };
  if (transport === 'docker-daemon') {
    const name = needed(rest, text, 'the name of an image');
    return { transport, name: IMAGE_ID.test(name) ? name : familiar(withDefaultTag(parseReference(name))) };
  }
  if (transport === 'oci' || transport === 'oci-archive' || transport === 'docker-archive') {
    const colon = rest.indexOf(':');
    const path = needed(colon < 0 ? rest : rest.slice(0, colon), text, 'a path');
    const tag = colon < 0 ? '' : rest.slice(colon + 1);
    if (tag === '') return { transport, path };
    return {
      transport,
      path,
      tag: transport === 'docker-archive' ? familiar(withDefaultTag(parseReference(tag))) : tag,
    };
  }
  if (FOREIGN.has(transport)) {
    throw new DecantError('USAGE', `"${text}" is nothing that decant reads or writes`, {
      hint: `write one of ${TRANSPORTS.join(', ')}`,
    });
  }
  return docker(text);
}

/** As `parseLocation` reads it. */
export function formatLocation(location: Location): string {
  if (location.transport === 'docker') return `docker://${familiar(location.reference)}`;
  if ('name' in location) return `${location.transport}:${location.name}`;
  const { transport, path, tag } = location;
  return `${transport}:${path}${tag === undefined ? '' : `:${tag}`}`;
}

function docker(text: string): Location {
  return { transport: 'docker', reference: withDefaultTag(parseReference(text)) };
}

function needed(value: string, text: string, what: string): string {
  if (value !== '') return value;
  throw new DecantError('USAGE', `"${text}" lacks ${what}`, {
    hint: `write one of ${TRANSPORTS.join(', ')}`,
  });
}
