/**
 * Users and groups (passwd(5), group(5)), their homes, and where names are looked up (nsswitch.conf(5)). The lines are
 * those of the public distroless images, so that what was built for these finds the same users here.
 */
import { DecantError } from '../../errors.ts';
import type { Entry } from '../../tree/entry.ts';
import { cleanPath } from '../../tree/path.ts';
import { resolvePath } from '../../tree/tree.ts';
import { directoryEntry, fileEntry } from './entries.ts';
import type { Group, Hook, HookContext, User } from './hook.ts';

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

const NO_LOGIN = '/sbin/nologin';
const NO_HOME = '/nonexistent';

const ACCOUNTS: readonly Account[] = [
  { name: 'root', uid: 0, gid: 0, home: '/root', shell: NO_LOGIN },
  { name: 'nobody', uid: 65534, gid: 65534, home: NO_HOME, shell: NO_LOGIN },
  { name: 'nonroot', uid: 65532, gid: 65532, home: '/home/nonroot', shell: NO_LOGIN },
];

const GROUPS: readonly Group[] = [
  { name: 'root', gid: 0 },
  { name: 'nobody', gid: 65534 },
  { name: 'tty', gid: 5 },
  { name: 'staff', gid: 50 },
  { name: 'nonroot', gid: 65532 },
];

/** Users of base-passwd's fixed list that a package's configuration names, with what needs them. */
const PACKAGE_ACCOUNTS: ReadonlyMap<string, Account> = new Map(
  ['nginx-common', 'nginx', 'php8.2-fpm', 'php8.4-fpm', 'apache2-bin'].map((name) => [
    name,
    { name: 'www-data', uid: 33, gid: 33, home: '/var/www', shell: NO_LOGIN },
  ]),
);

export const accounts: Hook = {
  name: 'accounts',
  reason: 'base-passwd copies its lists of users and groups; programs look their own user and home up there',
  packages: [],
  apply: (context) => Promise.resolve(accountEntries(context)),
};

export const nameServices: Hook = {
  name: 'name-services',
  reason:
    'libc-bin copies /etc/nsswitch.conf; without it host names of /etc/hosts are not found by every program',
  packages: [],
  async apply({ tree, whole, time }) {
    if (tree.get('etc/nsswitch.conf')) return [];
    const shipped = await whole.read('usr/share/libc-bin/nsswitch.conf');
    return [fileEntry('etc/nsswitch.conf', shipped ?? NSSWITCH, time)];
  },
};

function accountEntries({ tree, packages, options, time }: HookContext): readonly Entry[] {
  const users = [...ACCOUNTS];
  for (const { name } of packages) {
    const account = PACKAGE_ACCOUNTS.get(name);
    if (account && !users.includes(account) && users.every((user) => user.name !== account.name))
      users.push(account);
  }
  const groups = [...GROUPS];
  const members = new Map<string, string[]>();
  for (const group of options.groups ?? []) addGroup(groups, group);
  const own = (options.users ?? []).map((user) => ({ user, account: accountOf(user) }));
  for (const { account } of own) {
    const other = users.find(({ name, uid }) => name === account.name || uid === account.uid);
    if (other) throw taken('user', `${account.name} (${account.uid})`, `${other.name} (${other.uid})`);
    users.push(account);
  }
  for (const { name, gid } of users.slice(ACCOUNTS.length)) {
    const wanted = own.find(({ account }) => account.name === name)?.user.group ?? name;
    if (groups.every((group) => group.gid !== gid)) addGroup(groups, { name: wanted, gid });
  }
  for (const { user } of own) {
    for (const name of user.groups ?? []) {
      if (groups.every((group) => group.name !== name)) {
        throw new DecantError(
          'USER_UNKNOWN',
          `the user "${user.name}" is to be in an unknown group "${name}"`,
          {
            hint: 'list the group with its number under "groups"',
          },
        );
      }
      members.set(name, [...(members.get(name) ?? []), user.name]);
    }
  }
  const homes = users.filter((user) => user.home !== NO_HOME && user.home !== '/root');
  const ownHomes = homes.filter(
    ({ name }) => name === 'nonroot' || own.some((one) => one.account.name === name),
  );
  return [
    fileEntry('etc/passwd', users.map(passwdLine).join(''), time),
    fileEntry(
      'etc/group',
      groups.map(({ name, gid }) => `${name}:x:${gid}:${(members.get(name) ?? []).join(',')}\n`).join(''),
      time,
    ),
    directoryEntry('root', time, 0o700),
    ...homeEntries(tree, ownHomes, options.homeMode ?? 0o700, time),
  ];
}

function homeEntries(
  tree: HookContext['tree'],
  users: readonly Account[],
  mode: number,
  time: number,
): readonly Entry[] {
  const homes = new Map<string, Entry>();
  for (const { home, uid, gid } of users) {
    const path = cleanPath(home);
    if (path === '' || homes.has(path) || tree.get(resolvePath(tree, path))) continue;
    homes.set(path, directoryEntry(path, time, mode, { uid, gid }));
  }
  return [...homes.values()];
}

const NAME = /^[a-z_][a-z0-9_.-]{0,30}\$?$/i;
const MAX_ID = 0xffff_fffe;

function accountOf(user: User): Account {
  const { name, uid, gid = uid, home = `/home/${name}`, shell = NO_LOGIN } = user;
  if (!NAME.test(name)) throw invalid('user', name, 'a name is letters, digits, "_", "." and "-"');
  if (!isId(uid) || !isId(gid)) throw invalid('user', name, `an id is a number up to ${MAX_ID}`);
  for (const path of [home, shell]) {
    if (!path.startsWith('/') || /[:\n\0]/.test(path))
      throw invalid('user', name, 'home and shell are absolute paths');
  }
  return { name, uid, gid, home, shell };
}

function addGroup(groups: Group[], group: Group): void {
  const { name, gid } = group;
  if (!NAME.test(name)) throw invalid('group', name, 'a name is letters, digits, "_", "." and "-"');
  if (!isId(gid)) throw invalid('group', name, `an id is a number up to ${MAX_ID}`);
  const other = groups.find((one) => one.name === name || one.gid === gid);
  if (other) throw taken('group', `${name} (${gid})`, `${other.name} (${other.gid})`);
  groups.push(group);
}

function isId(id: number): boolean {
  return Number.isInteger(id) && id >= 0 && id <= MAX_ID;
}

function invalid(kind: string, name: string, why: string): DecantError {
  return new DecantError('USAGE', `${kind} "${name}" cannot be made: ${why}`);
}

function taken(kind: string, name: string, other: string): DecantError {
  return new DecantError('USAGE', `${kind} ${name} cannot be made: ${other} is there already`);
}

function passwdLine({ name, uid, gid, home, shell }: Account): string {
  return `${name}:x:${uid}:${gid}:${name}:${home}:${shell}\n`;
}

/** Debian's default, for what has no libc-bin to copy it from. */
const NSSWITCH = `# /etc/nsswitch.conf
#
# Example configuration of GNU Name Service Switch functionality.
# If you have the \`glibc-doc-reference' and \`info' packages installed, try:
# \`info libc "Name Service Switch"' for information about this file.

passwd:         files
group:          files
shadow:         files
gshadow:        files

hosts:          files dns
networks:       files

protocols:      db files
services:       db files
ethers:         db files
rpc:            db files

netgroup:       nis
`;
