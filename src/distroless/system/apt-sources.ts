/**
 * Where a full system gets further packages from: the archives that it was made of, in the form that apt reads
 * (sources.list(5), "deb822-style format").
 */
import type { ArchiveSource } from '../../debian/source.ts';

/** A keyring file of each distribution, from the package that every system of it has. */
const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

export interface AptSourcesOptions {
  /** Another address for all of them, for systems that are used elsewhere than they are made. */
  readonly mirror?: string;
  /** The keyring's path in the system; Debian's unless told. */
  readonly signedBy?: string;
}

/** One stanza a source. Folders of this machine are not for the system, and neither are passwords in addresses. */
export function aptSources(sources: readonly ArchiveSource[], options: AptSourcesOptions = {}): string {
  const { mirror, signedBy = DEBIAN_KEYRING } = options;
  return sources
    .filter(({ uri }) => mirror !== undefined || /^https?:/.test(uri))
    .map(({ uri, suite, components }) =>
      [
        'Types: deb',
        `URIs: ${withoutCredentials(mirror ?? uri)}`,
        `Suites: ${suite}`,
        `Components: ${components.join(' ')}`,
        `Signed-By: ${signedBy}`,
        '',
      ].join('\n'),
    )
    .join('\n');
}

function withoutCredentials(uri: string): string {
  return uri.replace(/^(https?:\/\/)[^/@]*@/, '$1');
}
