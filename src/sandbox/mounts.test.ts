import { describe, expect, test } from 'vitest';
import { encodePath } from '../codec/path.ts';
import type { Entry } from '../tree/entry.ts';
import { canPlaceFile, EMPTY_IMAGE, placeMounts } from './mounts.ts';
import type { ImageView, Mount } from './mounts.ts';

/** An image from `path: description` lines: `dir 0755 0:0 @0`, `file`, `-> target` (from the root). */
function image(tree: Readonly<Record<string, string>>): ImageView {
  const lookup = (path: string): Entry | undefined => {
    const text = tree[path];
    if (text === undefined) return undefined;
    if (text.startsWith('-> '))
      return { type: 'symlink', path, mode: 0o777, uid: 0, gid: 0, mtime: 0, target: text.slice(3) };
    const [type = '', mode = '0644', owner = '0:0', time = '@0'] = text.split(' ');
    const [uid = 0, gid = 0] = owner.split(':').map(Number);
    const base = { path, mode: Number.parseInt(mode, 8), uid, gid, mtime: Number(time.slice(1)) };
    if (type === 'dir') return { ...base, type: 'directory' };
    return { ...base, type: 'file', size: 0, content: { kind: 'inline', bytes: new Uint8Array() } };
  };
  const resolve = (path: string): string => {
    let done = '';
    for (const part of path.split('/')) {
      done = done === '' ? part : `${done}/${part}`;
      const entry = lookup(done);
      if (entry?.type === 'symlink') done = resolve(entry.target);
    }
    return done;
  };
  return { lookup, resolve };
}

const show = (entry: Entry): string =>
  `${entry.type} ${entry.mode.toString(8).padStart(4, '0')} ${entry.uid}:${entry.gid} @${entry.mtime}`;
const stubsOf = (view: ImageView, mounts: readonly Mount[]): Record<string, string> =>
  Object.fromEntries(placeMounts(view, mounts).stubs.map((stub) => [stub.path, show(stub)]));

const SYSTEM = { proc: 'dir 0755', sys: 'dir 0755', dev: 'dir 0755' };
const file = (target: string): Mount => ({
  type: 'data',
  target,
  bytes: new Uint8Array(),
  mode: 0o644,
  uid: 0,
  gid: 0,
});
const directory = (target: string): Mount => ({ type: 'tmpfs', target });
const bind = (target: string): Mount => ({
  type: 'bind',
  source: '/somewhere',
  directory: true,
  target,
  readOnly: false,
});

describe('stubs', () => {
  test('of an empty image are all mount points and their parents', () => {
    expect(stubsOf(EMPTY_IMAGE, [file('/etc/hosts'), directory('/run/cache')])).toEqual({
      dev: 'directory 0755 0:0 @0',
      etc: 'directory 0755 0:0 @0',
      'etc/hosts': 'file 0644 0:0 @0',
      proc: 'directory 0755 0:0 @0',
      run: 'directory 0755 0:0 @0',
      'run/cache': 'directory 0755 0:0 @0',
      sys: 'directory 0755 0:0 @0',
    });
  });

  test("show the image's own directories as they are", () => {
    const view = image({ ...SYSTEM, etc: 'dir 0750 3:4 @77' });
    expect(stubsOf(view, [file('/etc/hosts')])).toEqual({
      etc: 'directory 0750 3:4 @77',
      'etc/hosts': 'file 0644 0:0 @0',
    });
  });

  test('are not needed for what the image has', () => {
    expect(stubsOf(image({ ...SYSTEM, etc: 'dir 0755', 'etc/hosts': 'file' }), [file('/etc/hosts')])).toEqual(
      {},
    );
  });

  test('are where a link of the image leads', () => {
    const view = image({
      ...SYSTEM,
      etc: 'dir 0755',
      'etc/resolv.conf': '-> run/systemd/resolve.conf',
      run: 'dir 0755',
    });
    const placed = placeMounts(view, [file('/etc/resolv.conf')]);
    expect(placed.mounts.map((mount) => mount.target)).toEqual(['run/systemd/resolve.conf']);
    expect(placed.stubs.map((stub) => stub.path)).toEqual(['run', 'run/systemd', 'run/systemd/resolve.conf']);
  });

  test('keep names that are not UTF-8', () => {
    expect(encodePath(placeMounts(image(SYSTEM), [directory('/b\udcff')]).stubs[0]?.path ?? '')).toEqual(
      Buffer.from([0x62, 0xff]),
    );
  });

  test('are not made inside another mount', () => {
    expect(stubsOf(image(SYSTEM), [bind('/src'), directory('/src/node_modules')])).toEqual({
      src: 'directory 0755 0:0 @0',
    });
  });

  test("include what is lent, with the attributes of the image's file", () => {
    const entry = { ...(image({ 'etc/x': 'file 0600 1:2 @5' }).lookup('etc/x') as Entry & { type: 'file' }) };
    const lent = { entry, original: Buffer.from('own\n'), addition: Buffer.from('lent\n') };
    const stub = placeMounts(image({ ...SYSTEM, etc: 'dir 0755', 'etc/x': 'file' }), [], [lent]).stubs.at(-1);
    expect(stub).toMatchObject({
      path: 'etc/x',
      mode: 0o600,
      uid: 1,
      gid: 2,
      mtime: 5,
      content: { bytes: Buffer.from('own\nlent\n') },
    });
  });
});

describe('mounts', () => {
  test('come outer ones first, and the later one of two at a place', () => {
    const mounts = [directory('/a/b'), { ...directory('/a'), size: 1 }, { ...directory('/a'), size: 2 }];
    expect(placeMounts(EMPTY_IMAGE, mounts).mounts).toEqual([
      { type: 'tmpfs', target: 'a', size: 2 },
      { type: 'tmpfs', target: 'a/b' },
    ]);
  });

  test('have normal targets', () => {
    expect(placeMounts(EMPTY_IMAGE, [directory('//a/./b/../c/')]).mounts[0]?.target).toBe('a/c');
  });
});

test.each<[string, ImageView, Mount, string]>([
  ['the root', EMPTY_IMAGE, directory('/'), 'cannot mount at /: it is the root'],
  ['/proc', EMPTY_IMAGE, directory('/proc'), 'cannot mount at /proc: the system has its own files there'],
  [
    'below /proc, whose links lead to the host',
    EMPTY_IMAGE,
    file('/proc/self/cwd/x'),
    'cannot mount at /proc/self/cwd/x: the system has its own files there',
  ],
  [
    'below /dev',
    EMPTY_IMAGE,
    file('/dev/fd/3'),
    'cannot mount at /dev/fd/3: the system has its own files there',
  ],
  [
    'through a link to /proc',
    image({ x: '-> proc/self' }),
    file('/x/y'),
    'cannot mount at /x/y: the system has its own files there',
  ],
  [
    'a directory on a file',
    image({ a: 'file' }),
    directory('/a'),
    'cannot mount at /a: the image has something there that is not a directory',
  ],
  [
    'a file on a directory',
    image({ a: 'dir 0755' }),
    file('/a'),
    'cannot mount at /a: the image has a directory there',
  ],
  [
    'below a file',
    image({ a: 'file' }),
    directory('/a/b'),
    'cannot mount at /a/b: a is not a directory in the image',
  ],
  [
    '/proc as a link of the image',
    image({ proc: '-> etc' }),
    directory('/a'),
    'cannot mount at /proc: it is a symbolic link in the image',
  ],
])('refused: %s', (_, view, mount, message) => {
  expect(() => placeMounts(view, [mount])).toThrow(expect.objectContaining({ code: 'EXEC_FAILED', message }));
});

test.each<[string, Record<string, string>, boolean]>([
  ['nothing there', {}, true],
  ['a file there', { etc: 'dir 0755', 'etc/hosts': 'file' }, true],
  ['a directory there', { etc: 'dir 0755', 'etc/hosts': 'dir 0755' }, false],
  ['no directory on the way', { etc: 'file' }, false],
  ['a link to a device', { etc: 'dir 0755', 'etc/hosts': '-> dev/null' }, false],
])('whether /etc/hosts can be placed: %s', (_, tree, expected) => {
  expect(canPlaceFile(image(tree), 'etc/hosts')).toBe(expected);
});

test('a mount point inside a bound tree that the tree lacks is a stub of that tree', () => {
  const tree = {
    type: 'tree',
    lowers: [],
    source: 'in',
    directory: true,
    target: '/m',
    readOnly: true,
  } as const;
  const bound: Mount = {
    ...tree,
    image: image({ in: 'dir 0700', 'in/there': 'dir 0755', 'in/link': '-> there' }),
  };
  const { stubs, mounts, stubsOf } = placeMounts(EMPTY_IMAGE, [
    directory('/m/there'),
    file('/m/new/file'),
    bound,
  ]);
  expect(stubs.map(({ path }) => path)).toEqual(['dev', 'm', 'proc', 'sys']);
  const [outer] = mounts;
  const inside = (outer && stubsOf.get(outer)) ?? [];
  expect(inside.map(({ path, mode }) => [path, mode])).toEqual([
    ['in', 0o700],
    ['in/new', 0o755],
    ['in/new/file', 0o644],
  ]);
  expect(() => placeMounts(EMPTY_IMAGE, [bound, directory('/m/link')])).toThrow('it is a symbolic link');
});
