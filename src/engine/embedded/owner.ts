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
 * `user[:group]` as BuildKit reads it: a number alone is user and group, a name alone brings its primary group.
 *
 * @throws DecantError USER_UNKNOWN
 */
export async function findOwner(session: Pick<Session, 'open'>, tree: Tree, text: string): Promise<Owner> {
  const colon = text.indexOf(':');
  const [user, group] = colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
  const { uid, gid } = isNumber(user)
    ? { uid: Number(user), gid: Number(user) }
    : await lookUp(session, tree, 'etc/passwd', user, 'user');
  if (group === undefined || group === '') return { uid, gid };
  if (isNumber(group)) return { uid, gid: Number(group) };
  return { uid, gid: (await lookUp(session, tree, 'etc/group', group, 'group')).uid };
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
  kind: 'user' | 'group',
): Promise<Owner> {
  if (name === '' || (name === 'root' && tree.get(path) === undefined)) return { uid: 0, gid: 0 };
  const text = (await readText(session, tree, path)) ?? '';
  for (const line of text.split('\n')) {
    const [first, , id, primary] = line.split(':');
    if (first === name && id !== undefined && isNumber(id))
      return { uid: Number(id), gid: Number(primary) || 0 };
  }
  throw new DecantError('USER_UNKNOWN', `no ${kind} "${name}" in /${path} of the stage`, {
    hint: `give the ${kind}'s number, which needs no /${path}`,
  });
}
