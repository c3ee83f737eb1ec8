import { describe, expect, test } from 'vitest';
import { directory, file } from '../../tree/testing.ts';
import { accounts, nameServices } from './accounts.ts';
import type { HookOptions } from './hook.ts';
import { made } from './testing.ts';

const PASSWD = [
  'root:x:0:0:root:/root:/sbin/nologin',
  'nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin',
  'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin',
];
const GROUP = ['root:x:0:', 'nobody:x:65534:', 'tty:x:5:', 'staff:x:50:', 'nonroot:x:65532:'];

function lines(path: string, ...all: readonly string[]): string {
  return `/${path} file 0644 0:0 ${JSON.stringify(all.map((line) => `${line}\n`).join(''))}`;
}

describe('without a word of the recipe', () => {
  test('the users are those of the public images', async () => {
    expect(await made(accounts, [])).toEqual([
      lines('etc/group', ...GROUP),
      lines('etc/passwd', ...PASSWD),
      '/home/nonroot directory 0700 65532:65532',
      '/root directory 0700 0:0',
    ]);
  });

  test('nginx has the user that its settings name', async () => {
    const entries = await made(accounts, [], { packages: ['nginx-common', 'nginx'] });
    expect(entries).toContain(
      lines('etc/passwd', ...PASSWD, 'www-data:x:33:33:www-data:/var/www:/sbin/nologin'),
    );
    expect(entries).toContain(lines('etc/group', ...GROUP, 'www-data:x:33:'));
    expect(entries.filter((line) => line.startsWith('/var'))).toEqual([]);
  });
});

describe('a user of the recipe', () => {
  test('gets a line, a group and a home', async () => {
    expect(await made(accounts, [], { options: { users: [{ name: 'app', uid: 1000 }] } })).toEqual([
      lines('etc/group', ...GROUP, 'app:x:1000:'),
      lines('etc/passwd', ...PASSWD, 'app:x:1000:1000:app:/home/app:/sbin/nologin'),
      '/home/app directory 0700 1000:1000',
      '/home/nonroot directory 0700 65532:65532',
      '/root directory 0700 0:0',
    ]);
  });

  test('joins groups that there are, and keeps a home that is there', async () => {
    const options: HookOptions = {
      groups: [{ name: 'media', gid: 2000 }],
      users: [
        {
          name: 'app',
          uid: 1000,
          gid: 50,
          home: '/srv/app',
          shell: '/busybox/sh',
          groups: ['media', 'tty'],
        },
      ],
    };
    expect(await made(accounts, [directory('srv/app', { mode: 0o755 })], { options })).toEqual([
      lines(
        'etc/group',
        'root:x:0:',
        'nobody:x:65534:',
        'tty:x:5:app',
        'staff:x:50:',
        'nonroot:x:65532:',
        'media:x:2000:app',
      ),
      lines('etc/passwd', ...PASSWD, 'app:x:1000:50:app:/srv/app:/busybox/sh'),
      '/home/nonroot directory 0700 65532:65532',
      '/root directory 0700 0:0',
    ]);
  });

  test('and nonroot have homes of the mode that is asked for', async () => {
    const options = { users: [{ name: 'app', uid: 1000 }], homeMode: 0o755 };
    expect((await made(accounts, [], { options })).filter((line) => line.startsWith('/home'))).toEqual([
      '/home/app directory 0755 1000:1000',
      '/home/nonroot directory 0755 65532:65532',
    ]);
  });

  test.each<[string, HookOptions, string]>([
    ['the id of another', { users: [{ name: 'app', uid: 65532 }] }, 'nonroot'],
    ['the name of another', { users: [{ name: 'nobody', uid: 1000 }] }, 'nobody'],
    ['a name that breaks the file', { users: [{ name: 'a:b', uid: 1000 }] }, 'a:b'],
    ['a home with a line break', { users: [{ name: 'app', uid: 1, home: '/x\ny' }] }, 'app'],
    ['an id that is none', { users: [{ name: 'app', uid: -1 }] }, 'app'],
    ['the id that means "no user"', { users: [{ name: 'app', uid: 0xffff_ffff }] }, 'app'],
    ['a group of a name that is taken', { users: [{ name: 'app', uid: 7, group: 'tty' }] }, 'tty'],
    ['a group that is taken', { groups: [{ name: 'staff', gid: 51 }] }, 'staff'],
  ])('with %s is refused', async (_, options, name) => {
    await expect(made(accounts, [], { options })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(name),
    });
  });

  test('in a group that there is not is refused', async () => {
    const options = { users: [{ name: 'app', uid: 1000, groups: ['wheel'] }] };
    await expect(made(accounts, [], { options })).rejects.toMatchObject({ code: 'USER_UNKNOWN' });
  });
});

describe('where names are looked up', () => {
  test('is what libc-bin ships', async () => {
    expect(await made(nameServices, [file('usr/share/libc-bin/nsswitch.conf', 'hosts: dns\n')])).toEqual([
      lines('etc/nsswitch.conf', 'hosts: dns'),
    ]);
  });

  test("is Debian's default without it", async () => {
    expect((await made(nameServices, []))[0]).toContain(String.raw`hosts:          files dns\n`);
  });

  test('is left to a package that has it', async () => {
    expect(await made(nameServices, [file('etc/nsswitch.conf', 'mine')])).toEqual([]);
  });
});
