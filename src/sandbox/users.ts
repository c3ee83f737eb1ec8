/**
 * Who a process is: the USER of an image against its /etc/passwd and /etc/group (passwd(5), group(5)), by Docker's
 * rules. Pure; the files come as text, or not at all.
 */
import { DecantError } from '../errors.ts';
import type { User } from './init.ts';

export interface ResolvedUser extends User {
  /** Of the image's /etc/passwd; absent for a user it does not know. */
  readonly home?: string;
}

const HIGHEST_ID = 0x7fff_ffff;

/**
 * `spec` is `user`, `uid`, `user:group`, `uid:gid` or a mixture; '' is root. A number need not be known to the image:
 * it then has root's group. With an explicit group there are no supplementary groups. Throws USER_UNKNOWN.
 */
export function resolveUser(
  spec: string,
  passwd: string | undefined,
  group: string | undefined,
): ResolvedUser {
  const colon = spec.indexOf(':');
  const userName = (colon < 0 ? spec : spec.slice(0, colon)) || '0';
  const groupName = colon < 0 ? '' : spec.slice(colon + 1);
  const accounts = parsePasswd(passwd ?? '');
  // A name before a number: an account may be called "1000".
  const account =
    accounts.find(({ name }) => name === userName) ?? accounts.find(({ uid }) => uid === toId(userName));
  const uid = account?.uid ?? toId(userName);
  if (uid === undefined) throw unknown('user', userName, passwd === undefined, '/etc/passwd', accounts);
  const groups = parseGroup(group ?? '');
  const home = account?.home ? { home: account.home } : {};
  if (groupName !== '')
    return { uid, gid: resolveGroup(groupName, groups, group === undefined), groups: [], ...home };
  const member = account
    ? groups.filter(({ members }) => members.includes(account.name)).map(({ gid }) => gid)
    : [];
  return { uid, gid: account?.gid ?? 0, groups: [...new Set(member)].sort((a, b) => a - b), ...home };
}

function resolveGroup(name: string, groups: readonly Group[], missing: boolean): number {
  const gid = groups.find((each) => each.name === name)?.gid ?? toId(name);
  if (gid === undefined) throw unknown('group', name, missing, '/etc/group', groups);
  return gid;
}

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface Group {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** Lines that are not of the format are passed over, as libc does. */
function parsePasswd(text: string): Account[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = '', , home = ''] = line.trim().split(':');
    const ids = [toId(uid), toId(gid)] as const;
    return name === '' || ids[0] === undefined || ids[1] === undefined
      ? []
      : [{ name, uid: ids[0], gid: ids[1], home }];
  });
}

function parseGroup(text: string): Group[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , number = '', members = ''] = line.trim().split(':');
    const gid = toId(number);
    return name === '' || gid === undefined ? [] : [{ name, gid, members: members.split(',') }];
  });
}

function toId(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  return id <= HIGHEST_ID ? id : undefined;
}

function unknown(
  what: 'user' | 'group',
  name: string,
  missing: boolean,
  file: string,
  known: readonly { readonly name: string }[],
): DecantError {
  const list = known.map((each) => each.name).slice(0, 20);
  return new DecantError('USER_UNKNOWN', `no ${what} ${JSON.stringify(name)} in the image's ${file}`, {
    hint: missing
      ? `the image has no ${file}: use a number, for example 65532`
      : list.length === 0
        ? `${file} is empty: use a number`
        : `create it first, use a number, or one of: ${list.join(', ')}`,
  });
}
