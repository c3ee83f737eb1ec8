import { describe, expect, it } from 'vitest';
import { copy } from './copy.ts';
import type { CopyOptions } from './copy.ts';
import type { Entry } from './entry.ts';
import { makeLayer } from './layer.ts';
import { directory, file, from, layerText, link, matches, treeOf, treeText } from './testing.ts';
import type { Tree } from './tree.ts';
import { stack } from './tree.ts';

type Options = Partial<CopyOptions>;

describe('an archive that ADD takes apart', () => {
  const ADDED: Tree = treeOf(file('x.tar', 'packed'), file('y.txt', 'plain'), file('d/x.tar', 'packed'));
  function added(
    archive: readonly Entry[],
    destination: string,
    target: Entry[] = [],
    options: Options = {},
  ) {
    const layer = makeLayer(archive);
    const expand: CopyOptions['expand'] = ({ path }) => (path.endsWith('.tar') ? layer : undefined);
    return copy(from(ADDED, 'x.tar'), treeOf(...target), destination, { matches, expand, ...options });
  }

  it.each<[string, Entry[], string, Entry[], string[]]>([
    [
      'is laid down in the destination, slash or not',
      [directory('bin', { mode: 0o700 }), file('bin/sh', 's', { uid: 4 })],
      '/opt',
      [],
      ['/opt directory 0755 0:0', '/opt/bin directory 0700 0:0', '/opt/bin/sh file 0644 4:0 "s"'],
    ],
    [
      'leaves the destination what it is, whatever it says about its root',
      [directory('', { mode: 0o777, uid: 9 }), file('x')],
      '/opt/',
      [directory('opt', { mode: 0o711 })],
      ['/opt directory 0711 0:0', '/opt/x file 0644 0:0 ""'],
    ],
    [
      'makes the directories that it implies',
      [file('a/x')],
      '/',
      [],
      ['/a directory 0755 0:0', '/a/x file 0644 0:0 ""'],
    ],
    [
      'gives directories that are there its attributes, and keeps what is in them',
      [directory('etc', { mode: 0o711, uid: 2 }), file('etc/new')],
      '/',
      [directory('etc', { mode: 0o700 }), file('etc/old')],
      ['/etc directory 0711 2:0', '/etc/new file 0644 0:0 ""'],
    ],
    [
      'leaves directories alone that it only implies',
      [file('etc/new')],
      '/',
      [directory('etc', { mode: 0o700, uid: 2 })],
      ['/etc directory 0700 2:0', '/etc/new file 0644 0:0 ""'],
    ],
    [
      'replaces a file by a directory',
      [directory('x'), file('x/y')],
      '/',
      [file('x')],
      ['/x directory 0755 0:0', '/x/y file 0644 0:0 ""'],
    ],
    ['replaces a directory by a file', [file('x', 'new')], '/', [file('x/y')], ['/x file 0644 0:0 "new"']],
    [
      'replaces a link by its own directory',
      [directory('lib'), file('lib/y')],
      '/',
      [link('lib', 'usr/lib'), file('usr/lib/z')],
      ['/lib directory 0755 0:0', '/lib/y file 0644 0:0 ""'],
    ],
    [
      'goes through links of the tree that it does not replace',
      [file('var/run/pid')],
      '/',
      [link('var/run', '/run'), directory('run', { mode: 0o711 })],
      ['/run directory 0711 0:0', '/run/pid file 0644 0:0 ""'],
    ],
    [
      'takes the destination for the root when it follows links',
      [file('a/x'), file('b/y')],
      '/opt/',
      [link('opt/a', '/etc'), link('opt/b', '../../../usr'), directory('etc'), directory('usr')],
      [
        '/opt directory 0755 0:0',
        '/opt/etc directory 0755 0:0',
        '/opt/etc/x file 0644 0:0 ""',
        '/opt/usr directory 0755 0:0',
        '/opt/usr/y file 0644 0:0 ""',
      ],
    ],
    [
      'brings its own links, wherever they lead',
      [link('out', '../../etc/passwd')],
      '/opt/',
      [],
      ['/opt directory 0755 0:0', '/opt/out symlink 0777 0:0 -> ../../etc/passwd'],
    ],
  ])('%s', (_, archive, destination, target, lines) => {
    expect(layerText(added(archive, destination, target))).toEqual(lines);
  });

  it('belongs to --chown but for folders it only implies, and keeps its modes under --chmod', () => {
    const options = { owner: { uid: 5, gid: 6 }, chmod: { all: 0o600 } };
    expect(layerText(added([file('a/x', '', { mode: 0o755 })], '/opt/', [], options))).toEqual([
      '/opt directory 0755 5:6',
      '/opt/a directory 0755 0:0',
      '/opt/a/x file 0755 5:6 ""',
    ]);
  });

  it('keeps its hard links', () => {
    const archive = [file('a', 'x', { link: 'g' }), file('b', 'x', { link: 'g' })];
    expect(layerText(added(archive, '/'))).toEqual([
      '/a file 0644 0:0 "x" link#1',
      '/b file 0644 0:0 "x" link#1',
    ]);
  });

  it('is taken apart where it is the source itself, and copied where it is only in one', () => {
    const expand: CopyOptions['expand'] = () => makeLayer([file('inside')]);
    const lines = (pattern: string) =>
      layerText(copy(from(ADDED, pattern), treeOf(), '/', { matches, expand }));
    expect(lines('x.tar')).toEqual(['/inside file 0644 0:0 ""']);
    expect(lines('d')).toEqual(['/x.tar file 0644 0:0 "packed"']);
  });

  it('brings nothing back that an archive before it removed', () => {
    const archives = new Map([
      ['x.tar', makeLayer([file('d', 'a file for a moment')])],
      ['y.txt', makeLayer([file('d/new')])],
    ]);
    const base = makeLayer([file('d/old')]);
    const expand: CopyOptions['expand'] = ({ path }) => archives.get(path);
    expect(() => copy(from(ADDED, 'x.tar', 'y.txt'), stack([base]), '/', { matches, expand })).toThrow(
      expect.objectContaining({
        code: 'COPY_FAILED',
        message: 'cannot make the directory "/d": "/d" is not a directory',
      }),
    );
    archives.set('y.txt', makeLayer([directory('d'), file('d/new')]));
    const layer = copy(from(ADDED, 'x.tar', 'y.txt'), stack([base]), '/', { matches, expand });
    expect(treeText(stack([base, layer]))).toEqual([
      '/d directory 0755 0:0 opaque',
      '/d/new file 0644 0:0 ""',
    ]);
  });
});
