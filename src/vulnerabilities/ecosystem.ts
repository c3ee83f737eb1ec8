/** Under which names advisories for a package stand (OSV Schema, "defined ecosystems"). */
import type { Distribution, Package } from '../inspect/packages/package.ts';
import { normalizedPython } from '../inspect/packages/purl.ts';

export interface AdvisoryKey {
  readonly ecosystem: string;
  readonly name: string;
  /** What the advisories' versions are compared with. */
  readonly version: string;
}

/** None where nobody publishes advisories, or where it is not known which distribution it is. */
export function advisoryKeys(
  package_: Package,
  distribution: Distribution | undefined,
): readonly AdvisoryKey[] {
  const { manager, name, version } = package_;
  switch (manager) {
    case 'dpkg':
    case 'apk': {
      // Distributions speak of what packages are built from.
      const source = package_.source ?? { name, version };
      return ecosystemsOf(distribution).map((ecosystem) => ({ ecosystem, ...source }));
    }
    case 'rpm':
      return ecosystemsOf(distribution).map((ecosystem) => ({ ecosystem, name, version }));
    case 'npm':
      return [{ ecosystem: 'npm', name, version }];
    case 'python':
      return [{ ecosystem: 'PyPI', name: normalizedPython(name), version }];
    case 'go':
      return [{ ecosystem: 'Go', name, version: version.replace(/^v/, '') }];
    case 'cargo':
      return [{ ecosystem: 'crates.io', name, version }];
    case 'java':
      return [{ ecosystem: 'Maven', name, version }];
  }
}

function ecosystemsOf(distribution: Distribution | undefined): readonly string[] {
  const { id, versionId = '', codename } = distribution ?? {};
  const [major = '', minor = ''] = versionId.split('.');
  switch (id) {
    case 'debian':
      // Testing and unstable have a codename and no number.
      return [versionId === '' ? `Debian:${codename ?? 'sid'}` : `Debian:${major}`];
    case 'ubuntu':
      return [`Ubuntu:${versionId}:LTS`, `Ubuntu:${versionId}`];
    case 'alpine':
      return [`Alpine:v${major}.${minor}`];
    case 'wolfi':
      return ['Wolfi'];
    case 'chainguard':
      return ['Chainguard'];
    case 'almalinux':
      return [`AlmaLinux:${major}`];
    case 'rocky':
      return [`Rocky Linux:${major}`];
    case 'opensuse-leap':
      return [`openSUSE:Leap ${versionId}`];
    case 'opensuse-tumbleweed':
      return ['openSUSE:Tumbleweed'];
    case 'mageia':
      return [`Mageia:${major}`];
    default:
      return [];
  }
}
