/** Debian's Java runtimes, whole and made smaller by jlink. */
import type { Excluded, SuiteVersion } from '../recipe.ts';
import type { Family } from './families.ts';
import { LIBC_PROGRAMS } from './leave-out.ts';

const RUNTIMES: readonly (readonly [version: string, suite: SuiteVersion])[] = [
  ['17', '12'],
  ['21', '13'],
  ['25', '13'],
];

const EXCLUDED: readonly Excluded[] = [
  { package: 'java-common', reason: 'scripts that choose between runtimes; there is one' },
  { package: 'util-linux', reason: "registers jar files with the kernel, which is the machine's matter" },
  { package: 'libcups2', reason: 'loaded for printing only' },
  { package: 'libasound2', reason: 'loaded for sound only, whose library is left out' },
  { package: 'libpcsclite1', reason: 'loaded for smart cards only, whose library is left out' },
  { package: 'libnss3', reason: 'loaded for a security provider that is not configured' },
  ...['libmount1', 'libselinux1', 'libffi8'].map((name) => ({
    package: name,
    reason: 'needed by parts of GLib that are left out',
  })),
];

const LEFT_OUT: readonly string[] = [
  '/usr/lib/jvm/*/lib/libjsound.so',
  '/usr/lib/jvm/*/lib/libj2pcsc.so',
  // HarfBuzz needs GLib itself, and nothing of what is built on it.
  ...['libgio', 'libgobject', 'libgmodule', 'libgthread', 'libgirepository'].map(
    (name) => `/usr/lib/*/${name}-2.0.so*`,
  ),
  '/usr/lib/*/libharfbuzz-*',
  '/usr/lib/*/glib-2.0',
  '/usr/libexec',
];

/** What a server needs: java.se, and what programs find at run time by its service or by reflection. */
const MODULES: readonly string[] = [
  'java.se',
  'jdk.crypto.ec',
  'jdk.httpserver',
  'jdk.management',
  'jdk.naming.dns',
  'jdk.net',
  'jdk.unsupported',
  'jdk.zipfs',
];

/** The libraries that draw and print; modules stay, for java.beans and for images in memory. */
const DRAWING: readonly Excluded[] = [
  'libfontconfig1',
  'libfreetype6',
  'libharfbuzz0b',
  'libjpeg62-turbo',
  'liblcms2-2',
].map((name) => ({
  package: name,
  reason: 'loaded to draw text and to read pictures; whole runtimes have it',
}));

export const javaFamilies: readonly Family[] = RUNTIMES.flatMap(([version, suite]) => {
  const runtime = `openjdk-${version}-jre-headless`;
  const common = {
    suites: [suite],
    environment: { LANG: 'C.UTF-8' },
    versions: { JAVA_VERSION: runtime },
    entrypoint: ['/usr/bin/java', '-jar'],
  };
  return [
    {
      ...common,
      name: `java${version}`,
      description: `Debian's OpenJDK ${version}, without a desktop`,
      on: 'java-base',
      packages: ['libharfbuzz0b', runtime],
      exclude: EXCLUDED,
      leaveOut: LEFT_OUT,
    },
    {
      ...common,
      name: `java${version}-jlink`,
      description: `Debian's OpenJDK ${version} for servers, made smaller by jlink`,
      on: 'base-nossl',
      packages: ['libc-bin', 'libstdc++6', 'libgcc-s1', 'zlib1g', 'ca-certificates-java', runtime],
      exclude: [...EXCLUDED, ...DRAWING],
      // Of the package itself the licences stay; jlink makes the rest from the modules.
      leaveOut: [
        ...LIBC_PROGRAMS,
        '/usr/sbin/ldconfig',
        '/usr/share/ca-certificates-java',
        '/usr/share/binfmts',
        '/usr/lib/jvm',
        `/etc/java-${version}-openjdk`,
      ],
      jlink: { package: `openjdk-${version}-jdk-headless`, modules: MODULES },
    },
  ];
});
