import { describe, expect, test } from 'vitest';
import type { Entry } from '../../tree/entry.ts';
import { directory, file, link } from '../../tree/testing.ts';
import { alternatives } from './alternatives.ts';
import { baseFiles, directories } from './base-files.ts';
import { builtInHooks } from './built-in.ts';
import { appletsOf } from '../../inspect/applets.ts';
import { busybox } from './busybox.ts';
import type { Hook } from './hook.ts';
import { knownScripts } from './known-scripts.ts';
import { osRelease } from './os-release.ts';
import { php } from './php.ts';
import { python } from './python.ts';
import { fontconfig, javaPreferences, nginx, readline, timeZone } from './settings.ts';
import { type Given, made } from './testing.ts';

interface Case {
  readonly hook: Hook;
  readonly does: string;
  readonly given: readonly Entry[];
  readonly with?: Given;
  readonly makes: readonly string[];
}

const ZONE = file('usr/share/zoneinfo/Europe/Berlin', 'TZif2');
const JVM_21 = [
  file('usr/lib/jvm/java-21-openjdk-arm64/bin/java', 'elf'),
  file('usr/lib/jvm/java-21-openjdk-arm64/bin/keytool', 'elf'),
  file('usr/lib/jvm/java-21-openjdk-arm64/lib/jexec', 'elf'),
];

const cases: readonly Case[] = [
  {
    hook: directories,
    does: 'makes the directories for temporary files where there are none',
    given: [],
    makes: ['/tmp directory 1777 0:0', '/var/tmp directory 1777 0:0'],
  },
  {
    hook: directories,
    does: 'leaves those of base-files',
    given: [directory('tmp', { mode: 0o1777 }), directory('var/tmp', { mode: 0o1777 })],
    makes: [],
  },
  {
    hook: baseFiles,
    does: 'makes links of empty directories',
    given: [directory('var/run'), directory('var/lock'), directory('run')],
    makes: [
      '/run/lock directory 1777 0:0',
      '/var/lock symlink 0777 0:0 -> /run/lock',
      '/var/run symlink 0777 0:0 -> /run',
    ],
  },
  {
    hook: baseFiles,
    does: 'loses nothing that a package has there',
    given: [file('var/run/app/socket'), link('var/lock', '/run/lock'), directory('run/lock')],
    makes: [],
  },
  {
    hook: osRelease,
    does: 'says what scanners go by',
    given: [file('usr/lib/os-release', 'NAME=whole')],
    makes: [
      `/usr/lib/os-release file 0644 0:0 ${JSON.stringify(
        'PRETTY_NAME="Distroless"\nNAME="Debian GNU/Linux"\nID="debian"\nVERSION_ID="13"\nVERSION="Debian GNU/Linux 13 (trixie)"\nVERSION_CODENAME="trixie"\n',
      )}`,
    ],
  },
  { hook: timeZone, does: 'makes nothing unless asked', given: [ZONE], makes: [] },
  {
    hook: timeZone,
    does: 'links the zone that is asked for',
    given: [ZONE],
    with: { options: { timeZone: 'Europe/Berlin' } },
    makes: ['/etc/localtime symlink 0777 0:0 -> /usr/share/zoneinfo/Europe/Berlin'],
  },
  {
    hook: timeZone,
    does: 'writes the name too in Debian 12',
    given: [ZONE],
    with: {
      options: { timeZone: 'Europe/Berlin' },
      suite: { id: 'debian', version: '12', codename: 'bookworm' },
    },
    makes: [
      '/etc/localtime symlink 0777 0:0 -> /usr/share/zoneinfo/Europe/Berlin',
      String.raw`/etc/timezone file 0644 0:0 "Europe/Berlin\n"`,
    ],
  },
  {
    hook: fontconfig,
    does: 'links the defaults of Debian 12',
    given: ['10-hinting-slight', '70-no-bitmaps', '10-autohint'].map((name) =>
      file(`usr/share/fontconfig/conf.avail/${name}.conf`),
    ),
    makes: [
      '/etc/fonts/conf.d/10-hinting-slight.conf symlink 0777 0:0 -> /usr/share/fontconfig/conf.avail/10-hinting-slight.conf',
      '/etc/fonts/conf.d/70-no-bitmaps.conf symlink 0777 0:0 -> /usr/share/fontconfig/conf.avail/70-no-bitmaps.conf',
    ],
  },
  {
    hook: fontconfig,
    does: 'links those of Debian 13, where there are both kinds of bitmaps',
    given: [
      file('usr/share/fontconfig/conf.avail/70-no-bitmaps.conf'),
      file('usr/share/fontconfig/conf.avail/70-no-bitmaps-except-emoji.conf'),
    ],
    makes: [
      '/etc/fonts/conf.d/70-no-bitmaps-except-emoji.conf symlink 0777 0:0 -> /usr/share/fontconfig/conf.avail/70-no-bitmaps-except-emoji.conf',
    ],
  },
  {
    hook: readline,
    does: 'copies the key bindings',
    given: [file('usr/share/readline/inputrc', 'set bell-style none\n')],
    makes: [String.raw`/etc/inputrc file 0644 0:0 "set bell-style none\n"`],
  },
  {
    hook: javaPreferences,
    does: 'makes the store',
    given: [],
    makes: [
      '/etc/.java/.systemPrefs directory 0755 0:0',
      '/etc/.java/.systemPrefs/.system.lock file 0644 0:0 ""',
      '/etc/.java/.systemPrefs/.systemRootModFile file 0644 0:0 ""',
    ],
  },
  {
    hook: nginx,
    does: 'enables the default site and logs to the standard streams',
    given: [
      directory('etc/nginx/sites-enabled'),
      file('etc/nginx/sites-available/default'),
      file('usr/share/nginx/html/index.html', 'hello'),
    ],
    makes: [
      '/etc/nginx/sites-enabled/default symlink 0777 0:0 -> /etc/nginx/sites-available/default',
      '/var/log/nginx/access.log symlink 0777 0:0 -> /dev/stdout',
      '/var/log/nginx/error.log symlink 0777 0:0 -> /dev/stderr',
      '/var/www/html/index.nginx-debian.html file 0644 0:0 "hello"',
    ],
  },
  {
    hook: php,
    does: 'copies settings and enables modules by their priority',
    given: [
      directory('var/lib/php/sessions'),
      file('usr/lib/php/8.4/sapi/cli'),
      file('usr/lib/php/8.4/php.ini-production.cli', 'ini'),
      file('usr/share/php8.4-common/common/pdo.ini', '; priority=10\nextension=pdo.so\n'),
      file('usr/share/php8.4-readline/readline/readline.ini', 'extension=readline.so\n'),
    ],
    makes: [
      '/etc/php/8.4/cli/conf.d/10-pdo.ini symlink 0777 0:0 -> /etc/php/8.4/mods-available/pdo.ini',
      '/etc/php/8.4/cli/conf.d/20-readline.ini symlink 0777 0:0 -> /etc/php/8.4/mods-available/readline.ini',
      '/etc/php/8.4/cli/php.ini file 0644 0:0 "ini"',
      String.raw`/etc/php/8.4/mods-available/pdo.ini file 0644 0:0 "; priority=10\nextension=pdo.so\n"`,
      String.raw`/etc/php/8.4/mods-available/readline.ini file 0644 0:0 "extension=readline.so\n"`,
      '/var/lib/php/sessions directory 1733 0:0',
    ],
  },
  {
    hook: python,
    does: 'makes the names and the place of local modules',
    given: [file('usr/bin/python3.13', 'elf')],
    makes: [
      '/usr/bin/python symlink 0777 0:0 -> python3.13',
      '/usr/bin/python3 symlink 0777 0:0 -> python3.13',
      '/usr/local/lib/python3.13/dist-packages directory 0755 0:0',
    ],
  },
  {
    hook: busybox,
    does: 'makes a link for each name, in a place of its own',
    given: [file('usr/bin/busybox', 'code\0rubbish\0[\0[[\0ash\0cat\0sh\0\0more')],
    makes: ['[', '[[', 'ash', 'busybox', 'cat', 'sh'].map(
      (name) => `/busybox/${name} symlink 0777 0:0 -> /usr/bin/busybox`,
    ),
  },
  {
    hook: alternatives,
    does: 'links programs through /etc/alternatives, for any architecture',
    given: JVM_21,
    makes: [
      '/etc/alternatives/java symlink 0777 0:0 -> /usr/lib/jvm/java-21-openjdk-arm64/bin/java',
      '/etc/alternatives/jexec symlink 0777 0:0 -> /usr/lib/jvm/java-21-openjdk-arm64/lib/jexec',
      '/etc/alternatives/keytool symlink 0777 0:0 -> /usr/lib/jvm/java-21-openjdk-arm64/bin/keytool',
      '/usr/bin/java symlink 0777 0:0 -> /etc/alternatives/java',
      '/usr/bin/jexec symlink 0777 0:0 -> /etc/alternatives/jexec',
      '/usr/bin/keytool symlink 0777 0:0 -> /etc/alternatives/keytool',
    ],
  },
  {
    hook: alternatives,
    does: 'takes the one of highest priority',
    given: [
      file('usr/bin/mawk'),
      file('usr/bin/gawk'),
      file('usr/lib/jvm/java-17-openjdk-amd64/bin/java'),
      file('usr/lib/jvm/java-9-openjdk-amd64/bin/java'),
    ],
    makes: [
      '/etc/alternatives/awk symlink 0777 0:0 -> /usr/bin/gawk',
      '/etc/alternatives/java symlink 0777 0:0 -> /usr/lib/jvm/java-17-openjdk-amd64/bin/java',
      '/etc/alternatives/nawk symlink 0777 0:0 -> /usr/bin/gawk',
      '/usr/bin/awk symlink 0777 0:0 -> /etc/alternatives/awk',
      '/usr/bin/java symlink 0777 0:0 -> /etc/alternatives/java',
      '/usr/bin/nawk symlink 0777 0:0 -> /etc/alternatives/nawk',
    ],
  },
  {
    hook: alternatives,
    does: 'leaves what a package has in that place, and links to nothing that is not there',
    given: [file('usr/bin/nodejs'), file('usr/bin/js'), link('usr/bin/more', 'gone')],
    makes: [],
  },
];

describe.each(builtInHooks.map((hook) => [hook.name, cases.filter((one) => one.hook === hook)] as const))(
  'the hook %s',
  (name, its) => {
    test.each(its.map((one) => [one.does, one] as const))('%s', async (_, one) => {
      expect(await made(one.hook, one.given, one.with)).toEqual(one.makes);
    });

    test('has a reason', () => {
      expect(
        builtInHooks.filter((hook) => hook.name === name).map(({ reason }) => reason.length > 20),
      ).toEqual([true]);
    });
  },
);

test.each(['Europe/Nowhere', '../../etc/passwd', 'Europe', ''])(
  'the time zone %j is refused',
  async (zone) => {
    await expect(made(timeZone, [ZONE], { options: { timeZone: zone } })).rejects.toMatchObject({
      code: 'USAGE',
    });
  },
);

test('the table of scripts names no hook that there is not', () => {
  const names = new Set(builtInHooks.map(({ name }) => name));
  expect(knownScripts.flatMap(({ hooks = [] }) => hooks).filter((name) => !names.has(name))).toEqual([]);
});

test.each([
  ['no table', 'nothing'],
  ['a table that does not end', '\0[\0[[\0ash'],
])('a busybox with %s has no more names than it says', (_, text) => {
  expect(appletsOf(Buffer.from(text, 'latin1')).filter((name) => name !== '[' && name !== '[[')).toEqual([]);
});
