import { describe, expect, test } from 'vitest';
import type { FileEntry } from '../../tree/entry.ts';
import { file, treeOf } from '../../tree/testing.ts';
import { findOwner } from './owner.ts';

const STAGE = treeOf(
  file('etc/passwd', 'root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/:/bin/sh\n'),
  file('etc/group', 'root:x:0:\nstaff:x:50:app\n'),
);

async function owner(text: string, tree = STAGE): Promise<readonly [string, readonly string[]]> {
  const told: string[] = [];
  const open = ({ content }: FileEntry): Uint8Array => {
    if (content.kind !== 'inline') throw new Error('what is tested here is inline');
    return content.bytes;
  };
  const { uid, gid } = await findOwner({ open }, tree, text, (message) => void told.push(message));
  return [`${uid}:${gid}`, told];
}

describe('an owner', () => {
  test.each([
    ['0', '0:0'],
    ['33', '33:33'],
    ['33:50', '33:50'],
    ['app', '1000:1001'],
    ['app:staff', '1000:50'],
    ['app:7', '1000:7'],
    [':staff', '0:50'],
    ['root', '0:0'],
  ])('%s is %s', async (text, expected) => {
    expect(await owner(text)).toEqual([expected, []]);
  });

  test.each([
    ['ap', '0:0', 'no user "ap" in /etc/passwd of the stage: root gets the files'],
    ['ap:staff', '0:50', 'no user "ap" in /etc/passwd of the stage: root gets the files'],
    ['app:staf', '1000:1001', 'no group "staf" in /etc/group of the stage: the group is 1001'],
    ['33:staf', '33:33', 'no group "staf" in /etc/group of the stage: the group is 33'],
  ])('%s, which the stage does not know, is %s, and that is told', async (text, expected, message) => {
    const [found, told] = await owner(text);
    expect(found).toBe(expected);
    expect(told).toEqual([`${message}; create it in an earlier step, or give its number`]);
  });

  test('with a name cannot be found where there is not even a file', async () => {
    await expect(owner('app', treeOf())).rejects.toMatchObject({ code: 'USER_UNKNOWN' });
    expect(await owner('app', treeOf(file('a', '')))).toMatchObject(['0:0', [expect.any(String)]]);
  });
});
