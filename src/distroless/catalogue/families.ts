/**
 * The bases that decant knows by name. Package lists follow the public distroless images where these exist (see
 * docs/distroless.md for the comparison); dependencies are solved, and those that only a package manager, a shell or a
 * first configuration would need are excluded, each with its reason.
 */
import type { Excluded, Jlink, SuiteVersion } from '../recipe.ts';
import { javaFamilies } from './java.ts';
import { LIBC_PROGRAMS, UNREAD } from './leave-out.ts';

/** The same for every release, or for each its own. */
export type PerSuite = readonly string[] | Readonly<Record<SuiteVersion, readonly string[]>>;

export interface Family {
  readonly name: string;
  readonly description: string;
  /** The family whose packages, exclusions and environment it has too. */
  readonly on?: string;
  /** Releases that it can be composed from. */
  readonly suites: readonly SuiteVersion[];
  readonly packages: PerSuite;
  readonly exclude?: readonly Excluded[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Variables that have the upstream version of a package. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Made by jlink in the place of what the packages have below /usr/lib/jvm. */
  readonly jlink?: Jlink;
  readonly entrypoint?: PerSuite;
  /** Put in front of PATH. */
  readonly searchPath?: PerSuite;
  /** Patterns of paths that are not shipped. */
  readonly leaveOut?: readonly string[];
  /** More patterns for the variant `lean`, beside those for every base. */
  readonly lean?: readonly string[];
}

const BOTH: readonly SuiteVersion[] = ['12', '13'];

const CONFIGURATION = 'asks questions while packages are configured, which never happens here';
const SHELL = 'a shell and its tools; maintainer scripts are not run here';

/** Excluded everywhere: what only a system that is administered needs. */
export const NEVER: readonly Excluded[] = [
  { package: 'debconf', reason: CONFIGURATION },
  { package: 'debconf-2.0', reason: CONFIGURATION },
  { package: 'cdebconf', reason: CONFIGURATION },
  { package: 'dpkg', reason: 'the package manager' },
  { package: 'install-info', reason: 'indexes documentation that is not read here' },
  { package: 'init-system-helpers', reason: 'starts services through an init system that is not there' },
  { package: 'adduser', reason: 'users are part of the recipe' },
  { package: 'sysuser-helper', reason: 'users are part of the recipe' },
  { package: 'ucf', reason: 'keeps changes of configuration files over upgrades' },
  { package: 'awk', reason: SHELL },
  { package: 'mawk', reason: SHELL },
  { package: 'sensible-utils', reason: SHELL },
];

export const FAMILIES: readonly Family[] = [
  {
    name: 'static',
    description: 'certificates, time zones and users, for statically linked programs',
    suites: BOTH,
    packages: {
      '12': ['base-files', 'netbase', 'tzdata', 'media-types', 'ca-certificates'],
      '13': ['base-files', 'netbase', 'tzdata', 'tzdata-legacy', 'media-types', 'ca-certificates'],
    },
    exclude: [{ package: 'openssl', reason: 'the bundle of certificates is made by decant' }],
    // The authorities one by one are what the bundle is made of; programs read the bundle.
    leaveOut: [...UNREAD, '/usr/share/ca-certificates'],
  },
  {
    name: 'base-nossl',
    description: 'static, and the C library',
    on: 'static',
    suites: BOTH,
    packages: ['libc6'],
    exclude: [
      {
        package: 'libgcc-s1',
        reason: 'the C library loads it for pthread_cancel and backtraces only; "cc" has it',
      },
    ],
  },
  {
    name: 'base',
    description: 'static, the C library and OpenSSL',
    on: 'base-nossl',
    suites: BOTH,
    packages: { '12': ['libssl3'], '13': ['libssl3t64'] },
    exclude: [{ package: 'openssl-provider-legacy', reason: 'ciphers that OpenSSL itself has retired' }],
  },
  {
    name: 'cc',
    description: 'base, and the libraries of C++ and OpenMP',
    on: 'base',
    suites: BOTH,
    packages: ['libgcc-s1', 'libstdc++6', 'libgomp1'],
  },
  {
    name: 'python3',
    description: 'Python with its standard library',
    on: 'cc',
    suites: BOTH,
    packages: {
      '12': ['python3.11-minimal', 'libpython3.11-stdlib', 'libc-bin'],
      '13': ['python3.13-minimal', 'libpython3.13-stdlib', 'libc-bin'],
    },
    environment: { LANG: 'C.UTF-8' },
    entrypoint: { '12': ['/usr/bin/python3.11'], '13': ['/usr/bin/python3.13'] },
    // ldconfig stays: ctypes.util.find_library asks it.
    leaveOut: [...LIBC_PROGRAMS, '/usr/share/python3'],
    lean: [
      ...['ensurepip', 'idlelib', 'lib2to3', 'pydoc_data', 'test', 'turtledemo', 'turtle.py'].map(
        (name) => `/usr/lib/python3*/${name}`,
      ),
      // Modules for the tests of the interpreter itself.
      ...[
        '_ctypes_test',
        '_testbuffer',
        '_testcapi',
        '_testclinic*',
        '_testexternalinspection',
        '_testimportmultiple',
        '_testinternalcapi',
        '_testlimitedcapi',
        '_testmultiphase',
        '_testsinglephase',
        '_xxtestfuzz',
        'xxlimited*',
        'xxsubtype',
      ].map((name) => `/usr/lib/python3*/lib-dynload/${name}.*`),
    ],
  },
  {
    name: 'nodejs',
    description: "Debian's Node.js, without npm",
    on: 'cc',
    suites: BOTH,
    packages: ['nodejs'],
    entrypoint: ['/usr/bin/node'],
    exclude: [{ package: 'node-corepack', reason: 'downloads package managers; bases have none' }],
    leaveOut: ['/usr/include', '/usr/bin/acorn', '/usr/share/nodejs/acorn/bin'],
  },
  {
    name: 'java-base',
    description: 'what a Java runtime needs: fonts, colours, images and the keystore of certificates',
    on: 'base-nossl',
    suites: BOTH,
    packages: [
      'libc-bin',
      'libstdc++6',
      'libgcc-s1',
      'zlib1g',
      'libfontconfig1',
      'fonts-dejavu-core',
      'libjpeg62-turbo',
      'liblcms2-2',
      'libuuid1',
      'libcrypt1',
      'ca-certificates-java',
    ],
    environment: { LANG: 'C.UTF-8' },
    exclude: [{ package: 'fonts-dejavu-mono', reason: 'one family of fonts is enough to draw text' }],
    leaveOut: [
      ...LIBC_PROGRAMS,
      '/usr/sbin/ldconfig',
      '/etc/ca-certificates',
      '/usr/share/ca-certificates-java',
    ],
  },
  ...javaFamilies,
  {
    name: 'ruby',
    description: 'Ruby with its standard library and RubyGems',
    on: 'cc',
    suites: BOTH,
    packages: ['ruby', 'libc-bin'],
    entrypoint: ['/usr/bin/ruby'],
    environment: { LANG: 'C.UTF-8' },
    exclude: ['rake', 'ruby-net-telnet', 'ruby-sdbm', 'ruby-webrick', 'ruby-xmlrpc'].map((name) => ({
      package: name,
      reason: 'a gem of its own, which the standard library does not load',
    })),
    // Every other program is a script of a gem's: gem and bundle, and tools for developers.
    leaveOut: [...LIBC_PROGRAMS, '/usr/sbin/ldconfig', '/usr/bin/*', '!/usr/bin/ruby*', '!/usr/bin/busybox'],
  },
  {
    name: 'php-cli',
    description: 'PHP for the command line',
    on: 'cc',
    suites: BOTH,
    packages: { '12': ['php8.2-cli'], '13': ['php8.4-cli'] },
    entrypoint: { '12': ['/usr/bin/php8.2'], '13': ['/usr/bin/php8.4'] },
    exclude: [{ package: 'psmisc', reason: 'used by scripts that clean up sessions of a web server' }],
    leaveOut: ['/usr/lib/php/*', '!/usr/lib/php/20*', '!/usr/lib/php/8.*', '/usr/bin/phar*', '/usr/sbin/*'],
  },
  {
    name: 'perl-base',
    description: 'Perl with the modules that Debian itself relies on',
    on: 'base-nossl',
    suites: BOTH,
    packages: ['perl-base'],
    entrypoint: ['/usr/bin/perl'],
  },
  {
    name: 'nginx',
    description: 'the web server nginx',
    on: 'base',
    suites: BOTH,
    packages: ['nginx'],
    entrypoint: ['/usr/sbin/nginx', '-g', 'daemon off;'],
    exclude: [{ package: 'iproute2', reason: 'used by a script of the service only' }],
  },
  {
    name: 'postgres-client',
    description: 'psql, pg_dump and the other clients of PostgreSQL',
    on: 'base',
    suites: BOTH,
    packages: { '12': ['postgresql-client-15'], '13': ['postgresql-client-17'] },
    entrypoint: { '12': ['/usr/lib/postgresql/15/bin/psql'], '13': ['/usr/lib/postgresql/17/bin/psql'] },
    exclude: [
      { package: 'perl', reason: 'one of the clients is a script for it, which is left out' },
      { package: 'postgresql-client-common', reason: 'scripts that choose between versions; there is one' },
    ],
    leaveOut: ['/usr/lib/postgresql/*/lib/pgxs', '/usr/lib/postgresql/*/bin/pg_config'],
    searchPath: { '12': ['/usr/lib/postgresql/15/bin'], '13': ['/usr/lib/postgresql/17/bin'] },
  },
];
