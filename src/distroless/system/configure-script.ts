/**
 * The shell script that finishes the installation inside the unpacked system, as installers of Debian do: what has to
 * be done before packages are unpacked comes first (Debian Policy 6.5: `preinst install`), the users before all else,
 * and then dpkg configures the packages in the order of their dependencies.
 */
import type { Deb } from '../../debian/deb/deb.ts';
import { DecantError } from '../../errors.ts';

/** Packages that others count on without saying so. */
const FIRST = ['base-passwd', 'base-files'];

/** Whether to start services is the system's to say: here it says no (invoke-rc.d(8)). */
const POLICY = '/usr/sbin/policy-rc.d';

export const CONFIGURE_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
  DEBCONF_NONINTERACTIVE_SEEN: 'true',
  DEBCONF_NOWARNINGS: 'yes',
};

/** @throws DecantError USAGE for a set of packages that no system can be made of */
export function configureScript(debs: readonly Deb[]): string {
  for (const needed of ['dpkg', 'base-passwd', 'base-files']) {
    if (debs.some(({ name }) => name === needed)) continue;
    throw new DecantError('USAGE', `a full system needs the package "${needed}"`, {
      hint: 'a base without a package manager is made without configuring anything',
    });
  }
  const ordered = [
    ...FIRST.flatMap((name) => debs.filter((deb) => deb.name === name)),
    ...debs.filter(({ name }) => !FIRST.includes(name)),
  ];
  const preinsts = ordered.filter(({ scripts }) => scripts.has('preinst')).map(preinst);
  return `set -e
umask 022
hold=$(mktemp -d)
trap 'rm -rf "$hold" ${POLICY}' EXIT
printf '#!/bin/sh\\nexit 101\\n' >${POLICY}
printf '#!/bin/sh\\nexit 0\\n' >"$hold/start-stop-daemon"
chmod 0755 ${POLICY} "$hold/start-stop-daemon"
export PATH="$hold:$PATH"
before() {
  DPKG_MAINTSCRIPT_NAME=preinst DPKG_MAINTSCRIPT_PACKAGE=$1 DPKG_MAINTSCRIPT_ARCH=$2 \\
    DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1 DPKG_ADMINDIR=/var/lib/dpkg DPKG_ROOT= \\
    "/var/lib/dpkg/info/$3.preinst" install || { echo "the preinst of $1 failed" >&2; exit 1; }
}
${preinsts.join('\n')}
dpkg --force-depends --configure ${FIRST.join(' ')}
dpkg --configure --pending
if test -n "$(dpkg --audit)"; then dpkg --audit >&2; exit 1; fi
`;
}

/** Names have been checked when the package was read: they are words to a shell. */
function preinst({ name, architecture, control }: Deb): string {
  const file = control.get('Multi-Arch') === 'same' ? `${name}:${architecture}` : name;
  return `before ${name} ${architecture} ${file}`;
}
