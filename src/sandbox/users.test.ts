import { describe, expect, test } from 'vitest';
import { resolveUser } from './users.ts';

const PASSWD = `root:x:0:0:root:/root:/bin/sh
# not a line
broken
app:x:1000:1001:App:/home/app:/bin/sh
1234:x:50:51::/home/odd:
nohome:x:7:7:::
huge:x:99999999999:1::/:
app:x:9:9:second of its name:/:
`;
const GROUP = `root:x:0:root,app
staff:x:20:app,other
video:x:44:app
app:x:1001:
docker:x:20:app
`;

test.each([
  ['', { uid: 0, gid: 0, groups: [0], home: '/root' }],
  ['root', { uid: 0, gid: 0, groups: [0], home: '/root' }],
  ['0', { uid: 0, gid: 0, groups: [0], home: '/root' }],
  ['app', { uid: 1000, gid: 1001, groups: [0, 20, 44], home: '/home/app' }],
  ['1000', { uid: 1000, gid: 1001, groups: [0, 20, 44], home: '/home/app' }],
  ['app:', { uid: 1000, gid: 1001, groups: [0, 20, 44], home: '/home/app' }],
  ['app:staff', { uid: 1000, gid: 20, groups: [], home: '/home/app' }],
  ['app:77', { uid: 1000, gid: 77, groups: [], home: '/home/app' }],
  ['4242', { uid: 4242, gid: 0, groups: [] }],
  ['4242:4343', { uid: 4242, gid: 4343, groups: [] }],
  ['4242:video', { uid: 4242, gid: 44, groups: [] }],
  ['1234', { uid: 50, gid: 51, groups: [], home: '/home/odd' }],
  ['nohome', { uid: 7, gid: 7, groups: [] }],
  [':staff', { uid: 0, gid: 20, groups: [], home: '/root' }],
])('USER %s', (spec, expected) => {
  expect(resolveUser(spec, PASSWD, GROUP)).toEqual(expected);
});

describe('an image without the files', () => {
  test('takes numbers', () => {
    expect(resolveUser('65532:65532', undefined, undefined)).toEqual({ uid: 65532, gid: 65532, groups: [] });
    expect(resolveUser('', undefined, undefined)).toEqual({ uid: 0, gid: 0, groups: [] });
  });
  test('cannot know a name', () => {
    expect(() => resolveUser('app', undefined, undefined)).toThrow(
      expect.objectContaining({
        code: 'USER_UNKNOWN',
        hint: 'the image has no /etc/passwd: use a number, for example 65532',
      }),
    );
  });
});

test.each([
  ['nobody', 'no user "nobody" in the image\'s /etc/passwd'],
  ['huge', 'no user "huge" in the image\'s /etc/passwd'],
  ['99999999999', 'no user "99999999999" in the image\'s /etc/passwd'],
  ['4294967295', 'no user "4294967295" in the image\'s /etc/passwd'],
  ['-1', 'no user "-1" in the image\'s /etc/passwd'],
  ['app:wheel', 'no group "wheel" in the image\'s /etc/group'],
])('USER %s is unknown', (spec, message) => {
  expect(() => resolveUser(spec, PASSWD, GROUP)).toThrow(
    expect.objectContaining({ code: 'USER_UNKNOWN', message }),
  );
});
