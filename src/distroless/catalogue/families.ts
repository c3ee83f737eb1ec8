/**
 * The bases that decant knows by name. Package lists follow the public distroless images where these exist (see
 * docs/distroless.md for the comparison); dependencies are solved, and those that only a package manager, a shell or a
 * first configuration would need are excluded, each with its reason.
 */
import type { Excluded, SuiteVersion } from '../recipe.ts';

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
  readonly entrypoint?: PerSuite;
  /** Patterns of paths that are not shipped. */
  readonly leaveOut?: readonly string[];
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
    leaveOut: ['/usr/share/ca-certificates'],
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
  },
];
