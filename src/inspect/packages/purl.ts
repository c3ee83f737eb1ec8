/**
 * Package URLs (purl-spec): one name for a package that every tool understands. Written here, since packageurl-js leaves
 * the plus sign of Debian's versions as it is and fails for versions of Go modules that are no semantic ones; the tests
 * have it read them back.
 */
import type { Distribution, PackageFinding } from './package.ts';

type Qualifiers = Record<string, string>;

export function purlOf(found: PackageFinding, distribution: Distribution | undefined): string {
  const { manager, name, version } = found;
  switch (manager) {
    case 'dpkg':
      return distributed('deb', distribution?.id ?? 'debian', found, distribution);
    case 'apk':
      return distributed('apk', distribution?.id ?? 'alpine', found, distribution);
    case 'rpm':
      return distributed('rpm', distribution?.id ?? 'redhat', found, distribution);
    case 'npm':
      return split('npm', name, '/', version);
    case 'python':
      return encodedPurl('pypi', undefined, normalizedPython(name), version);
    case 'go':
      return split('golang', name, '/', version);
    case 'cargo':
      return encodedPurl('cargo', undefined, name, version);
    case 'java':
      return split('maven', name, ':', version);
  }
}

function distributed(
  type: string,
  namespace: string,
  { name, version, architecture, source }: PackageFinding,
  distribution: Distribution | undefined,
): string {
  const epoch = type === 'rpm' ? /^(\d+):/.exec(version)?.[1] : undefined;
  const plain = epoch === undefined ? version : version.slice(epoch.length + 1);
  const qualifiers: Qualifiers = {};
  if (architecture !== undefined) qualifiers['arch'] = architecture;
  if (distribution) {
    const { id, versionId } = distribution;
    qualifiers['distro'] = versionId === undefined ? id : `${id}-${versionId}`;
  }
  if (epoch !== undefined) qualifiers['epoch'] = epoch;
  if (source && (source.name !== name || source.version !== version)) {
    qualifiers['upstream'] = source.version === version ? source.name : `${source.name}@${source.version}`;
  }
  return encodedPurl(type, namespace, name, plain, qualifiers);
}

/** What stands before the last separator is the namespace. */
function split(type: string, name: string, separator: string, version: string): string {
  const at = name.lastIndexOf(separator);
  return at < 0
    ? encodedPurl(type, undefined, name, version)
    : encodedPurl(type, name.slice(0, at), name.slice(at + 1), version);
}

export function encodedPurl(
  type: string,
  namespace: string | undefined,
  name: string,
  version: string,
  qualifiers: Qualifiers = {},
): string {
  const folders = (namespace ?? '').split('/').filter((part) => part !== '');
  const path = [...folders, name].map(encoded).join('/');
  const query = Object.entries(qualifiers)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${encoded(value)}`)
    .join('&');
  return `pkg:${type}/${path}${version === '' ? '' : `@${encoded(version)}`}${query === '' ? '' : `?${query}`}`;
}

/** All but letters, digits, `.`, `-`, `_`, `~` and the colon ("Character encoding"). */
function encoded(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString('utf8'))
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':');
}

/** Names of Python packages are compared without regard to case and to which of `-`, `_`, `.` stands between words (PEP 503). */
export function normalizedPython(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}
