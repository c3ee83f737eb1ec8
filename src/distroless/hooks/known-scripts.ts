/**
 * The maintainer scripts that were read and need not be run: either a hook does what they do, or nothing that they do
 * matters in a new image without logins, services and upgrades. Read in Debian 12 and 13.
 */

export type ScriptName = 'preinst' | 'postinst' | 'config';

export interface KnownScripts {
  /** A package's name; `*` stands for any characters. */
  readonly package: string;
  readonly scripts: readonly ScriptName[];
  /** What the scripts do, and why that is done elsewhere or not needed. */
  readonly reason: string;
  /** Names of the hooks that do it. */
  readonly hooks?: readonly string[];
}

const UPGRADES = 'acts on upgrades from older versions only';
const BYTE_CODE =
  'compiles modules to byte code, which would mean running the interpreter; modules are compiled as they are loaded';
const SERVICES = 'enables and starts services, which containers do not have';

export const knownScripts: readonly KnownScripts[] = [
  {
    package: 'base-files',
    scripts: ['preinst', 'postinst'],
    reason:
      'makes /var/run and /var/lock links, and what administered systems have: files for logins, empty directories',
    hooks: ['base-files', 'os-release'],
  },
  {
    package: 'base-passwd',
    scripts: ['preinst', 'postinst'],
    reason: 'copies the lists of users and groups; the image has those of its recipe',
    hooks: ['accounts'],
  },
  {
    package: 'bash',
    scripts: ['preinst', 'postinst'],
    reason: 'registers the shell for logins and repairs /bin/sh on upgrades',
  },
  {
    package: 'ca-certificates',
    scripts: ['config', 'postinst'],
    reason: 'joins the authorities into one file',
    hooks: ['certificates'],
  },
  {
    package: 'ca-certificates-java',
    scripts: ['preinst', 'postinst'],
    reason: 'runs Java to make the keystore of the authorities',
    hooks: ['java-keystore'],
  },
  {
    package: 'dash',
    scripts: ['preinst', 'postinst'],
    reason: 'takes diversions of /bin/sh back, which the package itself has as a link',
  },
  {
    package: 'debconf',
    scripts: ['config', 'postinst'],
    reason: 'asks how to ask questions; none are asked here',
  },
  {
    package: 'debianutils',
    scripts: ['postinst'],
    reason: 'links `which`, and lists the login shells in /etc/shells, which nothing without logins reads',
    hooks: ['alternatives'],
  },
  { package: 'dpkg', scripts: ['postinst'], reason: `notes the architecture for dpkg itself; ${SERVICES}` },
  {
    package: 'fontconfig-config',
    scripts: ['preinst', 'config', 'postinst'],
    reason: 'links the settings for hinting, sub-pixels and bitmaps',
    hooks: ['fontconfig'],
  },
  { package: 'init-system-helpers', scripts: ['postinst'], reason: UPGRADES },
  {
    package: 'iproute2',
    scripts: ['preinst', 'config', 'postinst'],
    reason: 'gives `ip` capabilities where the administrator asks for it, which is not the default',
  },
  {
    package: 'java-common',
    scripts: ['postinst'],
    reason: 'makes the system-wide store of preferences',
    hooks: ['java-preferences'],
  },
  {
    package: 'libc-bin',
    scripts: ['postinst'],
    reason: 'copies /etc/nsswitch.conf and runs ldconfig',
    hooks: ['name-services', 'ld-cache'],
  },
  {
    package: 'libc6',
    scripts: ['preinst', 'postinst'],
    reason: 'looks at the running kernel, and restarts services on upgrades',
  },
  { package: 'libgcrypt20', scripts: ['postinst'], reason: UPGRADES },
  {
    package: 'libglib2.0-0*',
    scripts: ['preinst', 'postinst'],
    reason:
      'compiles settings schemas and indexes loadable modules; modules are found without the index, and without schemas there are no settings',
  },
  { package: 'libgssapi-krb5-2', scripts: ['postinst'], reason: UPGRADES },
  {
    package: 'libpam-modules',
    scripts: ['preinst', 'postinst'],
    reason: 'makes an empty list of old passwords',
  },
  { package: 'libpam-modules-bin', scripts: ['postinst'], reason: SERVICES },
  {
    package: 'libpam-runtime',
    scripts: ['postinst'],
    reason: 'writes the common rules of logins, and there are no logins',
  },
  { package: 'libpam0g', scripts: ['postinst'], reason: 'restarts services on upgrades' },
  {
    package: 'libpython3.*-minimal',
    scripts: ['postinst'],
    reason: `makes an empty sitecustomize.py in some releases; ${BYTE_CODE}`,
  },
  { package: 'libpython3.*-stdlib', scripts: ['postinst'], reason: BYTE_CODE },
  {
    package: 'libreadline8*',
    scripts: ['preinst'],
    reason: 'diverts libraries at their paths outside of /usr, which are the same files in a merged /usr',
  },
  {
    package: 'libselinux1',
    scripts: ['postinst'],
    reason: 'makes directories below /run that are made anew at every start',
  },
  { package: 'libssl*', scripts: ['postinst'], reason: 'restarts services on upgrades' },
  {
    package: 'libtirpc3*',
    scripts: ['preinst'],
    reason: 'diverts libraries at their paths outside of /usr, which are the same files in a merged /usr',
  },
  { package: 'mawk', scripts: ['postinst'], reason: 'links `awk`', hooks: ['alternatives'] },
  {
    package: 'netbase',
    scripts: ['postinst'],
    reason: 'writes /etc/hosts, which container runtimes write, and names for networks that nothing asks for',
  },
  { package: 'nginx', scripts: ['postinst'], reason: SERVICES },
  {
    package: 'nginx-common',
    scripts: ['preinst', 'config', 'postinst'],
    reason: `enables the default site and makes the log files; ${SERVICES}`,
    hooks: ['nginx', 'accounts'],
  },
  { package: 'nodejs', scripts: ['postinst'], reason: 'links `js`', hooks: ['alternatives'] },
  { package: 'node-undici', scripts: ['preinst', 'postinst'], reason: UPGRADES },
  {
    package: 'openjdk-*-jre-headless',
    scripts: ['postinst'],
    reason: 'links the programs, makes the store of preferences and asks for the keystore',
    hooks: ['alternatives', 'java-preferences', 'java-keystore'],
  },
  {
    package: 'openjdk-*-jdk-headless',
    scripts: ['preinst', 'postinst'],
    reason: 'links the programs',
    hooks: ['alternatives'],
  },
  {
    package: 'openssl',
    scripts: ['postinst'],
    reason: 'links /usr/lib/ssl where it is missing, and the package has it',
  },
  { package: 'perl', scripts: ['preinst', 'postinst'], reason: UPGRADES },
  { package: 'perl-base', scripts: ['preinst', 'postinst'], reason: UPGRADES },
  { package: 'php-cli', scripts: ['postinst'], reason: 'links `php`', hooks: ['alternatives'] },
  {
    package: 'php-common',
    scripts: ['postinst'],
    reason: `lets everyone write session files, each its own; ${SERVICES}`,
    hooks: ['php'],
  },
  {
    package: 'php?.?-*',
    scripts: ['preinst', 'postinst'],
    reason: 'copies the settings of the program and its modules, and enables the modules',
    hooks: ['php', 'alternatives'],
  },
  {
    package: 'postgresql-client-*',
    scripts: ['preinst', 'postinst'],
    reason: 'links manual pages, and removes settings of older versions',
  },
  {
    package: 'procps',
    scripts: ['preinst', 'postinst'],
    reason: "applies kernel settings, which are the machine's",
  },
  { package: 'psmisc', scripts: ['postinst'], reason: 'updates a menu where there is one' },
  {
    package: 'python3',
    scripts: ['preinst', 'postinst'],
    reason: `tells modules of a changed default version; ${BYTE_CODE}`,
  },
  { package: 'python3-distutils', scripts: ['postinst'], reason: BYTE_CODE },
  { package: 'python3-lib2to3', scripts: ['postinst'], reason: BYTE_CODE },
  { package: 'python3-minimal', scripts: ['postinst'], reason: BYTE_CODE },
  {
    package: 'python3.*-minimal',
    scripts: ['preinst', 'postinst'],
    reason: `makes the directory for local modules; ${BYTE_CODE}`,
    hooks: ['python'],
  },
  { package: 'python3.*-venv', scripts: ['postinst'], reason: BYTE_CODE },
  { package: 'python3.??', scripts: ['postinst'], reason: BYTE_CODE },
  { package: 'readline-common', scripts: ['postinst'], reason: 'copies key bindings', hooks: ['readline'] },
  { package: 'ruby', scripts: ['preinst'], reason: UPGRADES },
  { package: 'tar', scripts: ['postinst'], reason: 'links `rmt`, which serves tape drives' },
  {
    package: 'tzdata',
    scripts: ['preinst', 'config', 'postinst'],
    reason: 'sets the time zone that the recipe asks for, and repairs links on upgrades',
    hooks: ['time-zone'],
  },
  {
    package: 'ucf',
    scripts: ['preinst', 'postinst'],
    reason: 'keeps records of changed configuration files over upgrades',
  },
  {
    package: 'usrmerge',
    scripts: ['preinst', 'postinst'],
    reason:
      'moves /bin, /sbin and /lib* into /usr on older systems; packages are merged that way from the start',
  },
  {
    package: 'util-linux',
    scripts: ['postinst'],
    reason: `links \`pager\` to \`more\`; ${SERVICES}`,
    hooks: ['alternatives'],
  },
  { package: 'util-linux-extra', scripts: ['preinst', 'postinst'], reason: SERVICES },
];
