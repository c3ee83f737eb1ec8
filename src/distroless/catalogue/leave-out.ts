/** Which files the catalogue's bases do not ship, as patterns of paths. Copyright notices and licences always stay. */

/** Left out everywhere: nobody in an image without a shell reads these or runs these. */
export const UNREAD: readonly string[] = [
  '/usr/share/doc/*/changelog*',
  '/usr/share/doc/*/NEWS*',
  '/usr/share/doc/*/examples',
  '/usr/share/lintian',
  '/usr/share/bug',
  '/usr/share/man',
  '/usr/share/info',
  '/usr/share/bash-completion',
  '/usr/share/zsh',
  '/usr/share/menu',
  '/usr/share/applications',
  '/usr/share/pixmaps',
  '/usr/share/gdb',
  '/etc/cron.d',
  '/etc/cron.daily',
  '/etc/init.d',
  '/etc/logrotate.d',
  '/etc/ufw',
  '/etc/update-motd.d',
  '/usr/lib/systemd',
  '/usr/lib/tmpfiles.d',
  // A shell script; the bundle is made already.
  '/usr/sbin/update-ca-certificates',
  '/etc/ca-certificates',
];

/** The programs of libc-bin, some of them shell scripts; what is left of it are the locale C.UTF-8 and settings. */
export const LIBC_PROGRAMS: readonly string[] = [
  ...[
    'catchsegv',
    'getconf',
    'getent',
    'iconv',
    'ld.so',
    'ldd',
    'locale',
    'localedef',
    'pldd',
    'tzselect',
    'zdump',
  ].map((name) => `/usr/bin/${name}`),
  '/usr/sbin/iconvconfig',
  '/usr/sbin/zic',
];

/** Left out of the variant `lean` of every base, and of recipes as well. */
export const LEAN: readonly string[] = [
  '/usr/share/doc',
  '/usr/share/locale',
  '/usr/share/gcc',
  // Zones with leap seconds, and a second copy of those without.
  '/usr/share/zoneinfo/right',
  '/usr/share/zoneinfo/posix',
  // Conversions between character sets, but the ten that the C library itself counts as its core.
  '/usr/lib/*/gconv',
  ...[
    'gconv-modules',
    'ANSI_X3.110.so',
    'CP1252.so',
    'ISO8859-1.so',
    'ISO8859-15.so',
    'UNICODE.so',
    'UTF-7.so',
    'UTF-16.so',
    'UTF-32.so',
  ].map((name) => `!/usr/lib/*/gconv/${name}`),
  // What measures memory and memory errors of other programs, and preloaded helpers of the C library.
  '/usr/lib/*/audit',
  '/usr/lib/*/libc_malloc_debug.so*',
  '/usr/lib/*/libpcprofile.so',
  '/usr/lib/*/libmemusage.so',
  '/usr/lib/*/libthread_db.so*',
  // The loader's tools. Its cache stays.
  '/usr/sbin/ldconfig',
  '/usr/bin/ld.so',
];
