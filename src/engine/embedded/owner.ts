/** `--chown` and the owner of a WORKDIR: numbers as they are, names from the tree's own /etc/passwd and /etc/group. */
import { DecantError } from '../../errors.ts';
import type { Tree } from '../../tree/tree.ts';
import type { Session } from './session.ts';
import { readText } from './text-file.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * `user[:group]` as BuildKit reads it: a number alone is user and group, a name alone brings its primary group, and a name
 * that the stage does not know is root's (of a group: the user's own). `tell` is told of such a name.
 *
 * @throws DecantError USER_UNKNOWN on a stage that has no files at all, where BuildKit fails too
 */
export async function findOwner(
  session: Pick<Session, 'open'>,
  tree: Tree,
  text: string,
  tell?: (message: string) => void,
): Promise<Owner> {
  const colon = text.indexOf(':');
  const [user, group] = colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
  const unknown = (kind: 'user' | 'group', name: string, path: string, instead: string): void => {
    const message = `no ${kind} "${name}" in /${path} of the stage`;
    if (tree.list('').length === 0)
      throw new DecantError('USER_UNKNOWN', message, {
        hint: `give the ${kind}'s number, which needs no /${path}`,
      });
    tell?.(`${message}: ${instead}; create it in an earlier step, or give its number`);
  };
  let owner: Owner = { uid: 0, gid: 0 };
  if (isNumber(user)) owner = { uid: Number(user), gid: Number(user) };
  else {
    const found = await lookUp(session, tree, 'etc/passwd', user);
    if (found === undefined) unknown('user', user, 'etc/passwd', 'root gets the files');
    owner = found ?? owner;
  }
  if (group === undefined || group === '') return owner;
  if (isNumber(group)) return { ...owner, gid: Number(group) };
  const found = await lookUp(session, tree, 'etc/group', group);
  if (found === undefined) unknown('group', group, 'etc/group', `the group is ${owner.gid}`);
  return { ...owner, gid: found?.uid ?? owner.gid };
}

function isNumber(text: string): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) <= 0xffff_fffe;
}

/** The numbers in the third and fourth field of the line that a name begins (passwd(5), group(5)). */
async function lookUp(
  session: Pick<Session, 'open'>,
  tree: Tree,
  path: string,
  name: string,
): Promise<Owner | undefined> {
  if (name === '' || (name === 'root' && tree.get(path) === undefined)) return { uid: 0, gid: 0 };
  const text = (await readText(session, tree, path)) ?? '';
  for (const line of text.split('\n')) {
    const [first, , id, primary] = line.split(':');
    if (first === name && id !== undefined && isNumber(id))
      return { uid: Number(id), gid: Number(primary) || 0 };
  }
  return undefined;
}
