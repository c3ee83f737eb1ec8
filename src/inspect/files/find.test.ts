import { describe, expect, test } from 'vitest';
import { directory, file, link, treeOf } from '../../tree/testing.ts';
import { accountNames } from './accounts.ts';
import { find, parseFind } from './find.ts';
import { type ImageFiles, locate } from './image-files.ts';
import { shellPattern } from './pattern.ts';
import { processorTime, SLOWNESS } from '../../../test/support/speed.ts';

const day = (text: string): number => Date.parse(text) / 1000;
const tree = treeOf(
  directory('bin'),
  file('bin/su', 'x'.repeat(1025), { mode: 0o4755, mtime: day('2024-03-01') }),
  file('bin/ls', 'x'.repeat(512), { mode: 0o755, mtime: day('2024-01-01') }),
  directory('srv', { uid: 1000, gid: 50 }),
  directory('srv/empty', { uid: 1000 }),
  file('srv/App.JS', '', { uid: 1000, mode: 0o666 }),
  file('srv/ping', 'p', { xattrs: { 'security.capability': new Uint8Array([1]) } }),
  link('sbin', 'bin'),
  link('loop', 'loop'),
);
const files: ImageFiles = {
  name: 'app',
  tree,
  layers: 3,
  layerOf: ({ path }) => (path.startsWith('srv') ? 2 : 0),
  accounts: accountNames(
    'root:x:0:0::/:/bin/sh\nweb:x:1000:50::/:/bin/sh\nshort\n',
    'root:x:0:\nstaff:x:50:web\n',
  ),
};
const found = (line: string): string[] =>
  [...find(files, parseFind(line.split(' ').filter((word) => word !== '')))].map(({ path }) => `/${path}`);

describe('an expression', () => {
  test.each([
    ['', '/ /bin /bin/ls /bin/su /loop /sbin /srv /srv/App.JS /srv/empty /srv/ping'],
    ['bin srv/ping', '/bin /bin/ls /bin/su /srv/ping'],
    ['/sbin -type f', '/bin/ls /bin/su'],
    ['-name s*', '/bin/su /sbin /srv'],
    ['-iname *.js', '/srv/App.JS'],
    ['-path /srv/*', '/srv/App.JS /srv/empty /srv/ping'],
    ['-lname bin', '/sbin'],
    ['-type l', '/loop /sbin'],
    ['-type f,l -name s*', '/bin/su /sbin'],
    // Sizes are rounded up to whole units, as find has them: 1025 bytes are two kibibytes.
    ['-size 512c', '/bin/ls'],
    ['-size +1k', '/bin/su'],
    ['-size -2', '/bin/ls /loop /sbin /srv/App.JS /srv/ping'],
    ['-empty', '/srv/App.JS /srv/empty'],
    ['-perm 755 -type f', '/bin/ls'],
    ['-perm -4000', '/bin/su'],
    ['-perm /022 -type f', '/srv/App.JS'],
    ['-user web', '/srv /srv/App.JS /srv/empty'],
    ['-uid 1000 -group 0', '/srv/App.JS /srv/empty'],
    ['-owner web:staff', '/srv'],
    ['-owner :staff', '/srv'],
    ['-layer 3 -type f', '/srv/App.JS /srv/ping'],
    ['-layer -3 -type f', '/bin/ls /bin/su'],
    ['-newer /bin/ls', '/bin/su'],
    ['-newermt 2024-02-01', '/bin/su'],
    ['-newermt @1704067200', '/bin/su'],
    ['-xattr security.*', '/srv/ping'],
    ['-maxdepth 1 -mindepth 1 -type d', '/bin /srv'],
    ['-type f ! -perm -111', '/srv/App.JS /srv/ping'],
    ['-name su -o -name ls -a -perm 755', '/bin/ls /bin/su'],
    ['( -name su -o -name ls ) -perm 755 -print', '/bin/ls'],
    ['-type f -not ( -name su -or -path /srv/* )', '/bin/ls'],
    ['-false', ''],
  ])('%s', (line, paths) => {
    expect(found(line).join(' ')).toBe(paths);
  });

  test.each([
    ['-nmae x', 'USAGE', /no test "-nmae"/],
    ['-name', 'USAGE', /-name lacks its argument/],
    ['-type x', 'USAGE', /-type "x"/],
    ['-size big', 'USAGE', /-size "big"/],
    ['-perm u+s', 'USAGE', /-perm "u\+s"/],
    ['-newermt yesterday-ish', 'USAGE', /no time/],
    ['-layer one', 'USAGE', /-layer "one"/],
    ['( -name x', 'USAGE', /not closed/],
    ['-name x )', 'USAGE', /"\)" stands where/],
    ['-name x -o', 'USAGE', /ends where a test is expected/],
    ['-exec rm {} ;', 'USAGE', /-exec would do something/],
    ['-user nobody', 'USAGE', /no user "nobody"/],
    ['/nothing', 'PATH_UNKNOWN', /no \/nothing in app/],
    ['-newer /nothing', 'PATH_UNKNOWN', /no \/nothing in app/],
    [`${'! '.repeat(200)}-true`, 'USAGE', /too deep/],
  ])('is refused: %s', (line, code, message) => {
    expect(() => found(line)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) as string }),
    );
  });
});

describe('a path', () => {
  test.each([
    ['/sbin/su', 'bin/su'],
    ['sbin/../bin/ls', 'bin/ls'],
    ['/../..', ''],
  ])('%s is followed', (path, at) => {
    expect(locate(files, path).path).toBe(at);
  });

  test.each([
    ['/bin/curl', /no \/bin\/curl in app$/, '/bin has nothing called curl'],
    ['/sbin/curl', /no \/sbin\/curl in app, which leads to \/bin\/curl$/, '/bin has nothing called curl'],
    ['/bin/ls/x', /no \/bin\/ls\/x in app$/, '/bin/ls is no directory'],
    ['/no/such/thing', /no \/no\/such\/thing/, '/ has nothing called no'],
    ['/loop', /links that lead to each other/, undefined],
  ])('%s is not there', (path, message, hint) => {
    expect(() => locate(files, path)).toThrow(
      expect.objectContaining({
        code: 'PATH_UNKNOWN',
        message: expect.stringMatching(message) as string,
        hint,
      }),
    );
  });
});

describe('a pattern', () => {
  test.each([
    ['*', 'anything/at all', true],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[]x]', ']', true],
    ['[x', '[x', true],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['', '', true],
    ['?', '\u{1f600}', true],
  ])('%s against %s: %s', (pattern, text, expected) => {
    expect(shellPattern(pattern)(text)).toBe(expected);
  });

  test('cannot make a name slow', () => {
    const match = shellPattern(`${'*a'.repeat(200)}b`);
    const took = processorTime(() => expect(match('a'.repeat(4000))).toBe(false));
    expect(took).toBeLessThan(1000 * SLOWNESS);
  });
});
