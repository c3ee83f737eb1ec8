/** Names for the numbers of owners, from an image's own /etc/passwd and /etc/group (passwd(5), group(5)). */

export interface AccountNames {
  readonly user: (uid: number) => string | undefined;
  readonly group: (gid: number) => string | undefined;
  readonly uid: (user: string) => number | undefined;
  readonly gid: (group: string) => number | undefined;
}

/** Both files have the number in the third field; of several names for one number the first counts. */
export function accountNames(passwd: string, group: string): AccountNames {
  const users = namesIn(passwd);
  const groups = namesIn(group);
  return {
    user: (uid) => users.byId.get(uid),
    group: (gid) => groups.byId.get(gid),
    uid: (name) => users.byName.get(name),
    gid: (name) => groups.byName.get(name),
  };
}

function namesIn(text: string) {
  const byId = new Map<number, string>();
  const byName = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [name = '', , number = ''] = line.split(':');
    if (name === '' || !/^\d{1,10}$/.test(number)) continue;
    const id = Number(number);
    if (!byId.has(id)) byId.set(id, name);
    if (!byName.has(name)) byName.set(name, id);
  }
  return { byId, byName };
}
