import { describe, expect, it } from 'vitest';
import { copy, sourcePaths } from './copy.ts';
import type { CopyOptions } from './copy.ts';
import type { Entry } from './entry.ts';
import { makeLayer } from './layer.ts';
import { directory, file, from, layerText, link, matches, treeOf, treeText, whiteout } from './testing.ts';
import { stack } from './tree.ts';

type Options = Partial<CopyOptions>;

/** The layer's lines: one source tree, its patterns, the destination, what is there already. */
function copied(
  source: readonly Entry[],
  patterns: string | readonly string[],
  destination: string,
  target: readonly Entry[] = [],
  options: Options = {},
): string[] {
  const sources = from(treeOf(...source), ...[patterns].flat());
  return layerText(copy(sources, treeOf(...target), destination, { matches, ...options }));
}

const failing = (code: string, message: string | RegExp) =>
  expect.objectContaining({
    code,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });

const SOURCE = [
  file('one', '1', { mode: 0o600, uid: 3, gid: 4 }),
  directory('dir', { mode: 0o700, uid: 8, gid: 9 }),
  file('dir/two', '2'),
  directory('dir/sub', { mode: 0o711, uid: 1, gid: 2 }),
  file('dir/sub/three', '3'),
  link('dir/soft', 'two'),
  link('to-one', 'one'),
  link('to-dir', '/dir'),
];

describe('a file', () => {
  it.each<[string, string, Entry[], string[]]>([
    ['gets the name of a destination that is not there', '/new', [], ['/new file 0600 3:4 "1"']],
    [
      'goes into a destination with a slash, made root and 0755',
      '/a/b/',
      [],
      ['/a directory 0755 0:0', '/a/b directory 0755 0:0', '/a/b/one file 0600 3:4 "1"'],
    ],
    [
      'goes into a destination with a slash and a dot',
      '/a/.',
      [],
      ['/a directory 0755 0:0', '/a/one file 0600 3:4 "1"'],
    ],
    [
      'goes into a directory that is there, slash or not, which keeps what it is',
      '/srv',
      [directory('srv', { mode: 0o711, uid: 5 }), file('srv/x')],
      ['/srv directory 0711 5:0', '/srv/one file 0600 3:4 "1"'],
    ],
    ['goes into the root', '/', [], ['/one file 0600 3:4 "1"']],
    ['gets a new name in a new directory', '/a/b', [], ['/a directory 0755 0:0', '/a/b file 0600 3:4 "1"']],
    ['replaces a file', '/x', [file('x', 'old', { uid: 9 })], ['/x file 0600 3:4 "1"']],
    [
      'follows a link at the destination to a directory',
      '/l',
      [link('l', 'srv/app'), directory('srv/app')],
      ['/srv directory 0755 0:0', '/srv/app directory 0755 0:0', '/srv/app/one file 0600 3:4 "1"'],
    ],
    [
      'follows a link at the destination to a file, which it replaces',
      '/l',
      [link('l', '/x'), file('x', 'old')],
      ['/x file 0600 3:4 "1"'],
    ],
    [
      'follows a link at the destination to nothing, and makes what is missing',
      '/l/',
      [link('l', 'no/where')],
      ['/no directory 0755 0:0', '/no/where directory 0755 0:0', '/no/where/one file 0600 3:4 "1"'],
    ],
    [
      'follows links in parents, and cannot leave the tree by them',
      '/var/run/x',
      [link('var/run', '../../../../run')],
      ['/run directory 0755 0:0', '/run/x file 0600 3:4 "1"'],
    ],
    [
      'replaces a link in the destination directory',
      '/d/',
      [link('d/one', '/etc/passwd'), file('etc/passwd')],
      ['/d directory 0755 0:0', '/d/one file 0600 3:4 "1"'],
    ],
  ])('%s', (_, destination, target, lines) => {
    expect(copied(SOURCE, 'one', destination, target)).toEqual(lines);
  });

  it.each<[string, string, Entry[], string]>([
    [
      'that is a directory of its name',
      '/',
      [directory('one')],
      'cannot replace the directory "/one" with the file "/one"',
    ],
    ['below a file', '/x/', [file('x')], 'cannot make the directory "/x": "/x" is not a directory'],
    [
      'below a file, deeper',
      '/x/y/z',
      [file('x')],
      'cannot make the directory "/x/y": "/x" is not a directory',
    ],
    ['in a circle of links', '/l/', [link('l', 'l')], 'too many symbolic links in "/l"'],
  ])('is not put where there is something else in the way: %s', (_, destination, target, message) => {
    expect(() => copied(SOURCE, 'one', destination, target)).toThrow(failing('COPY_FAILED', message));
  });

  it('is what a link in a source leads to, under the name of the link', () => {
    expect(copied(SOURCE, 'to-one', '/d/')).toEqual(['/d directory 0755 0:0', '/d/to-one file 0600 3:4 "1"']);
  });

  it('keeps its time, its extended attributes, its digest and its special bits', () => {
    const special = { mode: 0o6755, mtime: 12.5, xattrs: { 'user.x': Buffer.from('y') }, digest: 'sha256:0' };
    const layer = copy(from(treeOf(file('a', 'x', special)), 'a'), treeOf(), '/b', { matches });
    expect(layer.entries).toEqual([file('b', 'x', special)]);
  });

  it.each<[string, Entry]>([
    ['pipe', { ...directory('p', { mode: 0o640 }), type: 'fifo' }],
    ['device', { ...directory('p', { mode: 0o640 }), type: 'char', major: 1, minor: 9 }],
  ])('may be a %s', (_, special) => {
    expect(copied([special], 'p', '/d/')[1]).toMatch(/^\/d\/p (?:fifo 0640 0:0|char 0640 0:0 1,9)$/);
  });
});

describe('a directory', () => {
  const CONTENTS = (at: string) => [
    `${at}/soft symlink 0777 0:0 -> two`,
    `${at}/sub directory 0711 1:2`,
    `${at}/sub/three file 0644 0:0 "3"`,
    `${at}/two file 0644 0:0 "2"`,
  ];
  it.each<[string, string, string, Entry[], string[]]>([
    [
      'gives its contents to a new directory, root and 0755',
      'dir',
      '/app',
      [],
      ['/app directory 0755 0:0', ...CONTENTS('/app')],
    ],
    ['does so with slashes too', 'dir/', '/app/', [], ['/app directory 0755 0:0', ...CONTENTS('/app')]],
    ['does so with a dot', 'dir/.', '/app/.', [], ['/app directory 0755 0:0', ...CONTENTS('/app')]],
    [
      'does so where a link leads to it',
      'to-dir',
      '/app',
      [],
      ['/app directory 0755 0:0', ...CONTENTS('/app')],
    ],
    [
      'leaves the directory that it goes into what it is',
      'dir',
      '/app',
      [directory('app', { mode: 0o1777, uid: 7 })],
      ['/app directory 1777 7:0', ...CONTENTS('/app')],
    ],
    ['may go into the root', 'dir', '/', [], CONTENTS('')],
    [
      'gives the directories below it its own attributes, there or not, and leaves other files alone',
      'dir',
      '/',
      [directory('sub', { mode: 0o700, uid: 7 }), file('sub/three', 'old'), file('sub/four')],
      CONTENTS(''),
    ],
    [
      'follows a link at the destination',
      'dir/sub',
      '/l',
      [link('l', 'srv'), directory('srv', { mode: 0o700 })],
      ['/srv directory 0700 0:0', '/srv/three file 0644 0:0 "3"'],
    ],
    [
      'is made where a dangling link leads',
      'dir/sub',
      '/l',
      [link('l', '/srv/app')],
      ['/srv directory 0755 0:0', '/srv/app directory 0755 0:0', '/srv/app/three file 0644 0:0 "3"'],
    ],
    ['is made when it is empty too', 'none', '/app', [], ['/app directory 0755 0:0']],
  ])('%s', (_, source, destination, target, lines) => {
    expect(copied([...SOURCE, directory('none')], source, destination, target)).toEqual(lines);
  });

  it('may be the whole tree', () => {
    const whole = copied(SOURCE, '.', '/', []);
    expect(whole).toEqual(treeText(treeOf(...SOURCE)));
    expect(copied(SOURCE, '/', '/', [])).toEqual(whole);
    expect(copied(SOURCE, '../..', '/', [])).toEqual(whole);
  });

  it.each<[string, string, Entry[], string]>([
    ['is a file', '/x', [file('x')], 'cannot copy the directory "/dir" to "/x", which is not a directory'],
    [
      'is a file below',
      '/',
      [file('sub')],
      'cannot copy the directory "/dir/sub" to "/sub", which is not a directory',
    ],
    [
      'is a link below, even to a directory',
      '/',
      [link('sub', 'd'), directory('d')],
      'cannot copy the directory "/dir/sub" to "/sub", which is not a directory',
    ],
    [
      'is a directory where the source has a file',
      '/',
      [directory('two')],
      'cannot replace the directory "/two" with the file "/dir/two"',
    ],
    [
      'is a directory where the source has a link',
      '/',
      [directory('soft')],
      'cannot replace the directory "/soft" with the file "/dir/soft"',
    ],
  ])('is refused where what is there %s', (_, destination, target, message) => {
    expect(() => copied(SOURCE, 'dir', destination, target)).toThrow(failing('COPY_FAILED', message));
  });

  it('replaces links by its files, wherever they lead', () => {
    const target = [link('two', '/etc/passwd'), link('soft', 'sub'), file('etc/passwd', 'kept')];
    const layer = copy(from(treeOf(...SOURCE), 'dir'), treeOf(...target), '/', { matches });
    const after = treeText(stack([makeLayer(target), layer]));
    expect(after).toContain('/etc/passwd file 0644 0:0 "kept"');
    expect(after).toContain('/two file 0644 0:0 "2"');
    expect(after).toContain('/soft symlink 0777 0:0 -> two');
  });

  it('hides nothing that is below, though it hid something where it comes from', () => {
    const source = stack([makeLayer([file('d/x/old')]), makeLayer([directory('d/x', { opaque: true })])]);
    expect(layerText(copy(from(source, 'd'), treeOf(file('x/kept')), '/', { matches }))).toEqual([
      '/x directory 0755 0:0',
    ]);
  });

  it('brings nothing along that a layer of its tree removed', () => {
    const source = stack([makeLayer([file('d/a'), file('d/b')]), makeLayer([whiteout('d/a')])]);
    expect(layerText(copy(from(source, 'd'), treeOf(), '/', { matches }))).toEqual(['/b file 0644 0:0 ""']);
  });
});

describe('several sources', () => {
  it('go into a directory one after another, the last on top', () => {
    const [left, right] = [treeOf(file('x', 'left'), file('y')), treeOf(file('x', 'right'))];
    const sources = [...from(left, 'x', 'y'), ...from(right, 'x')];
    expect(layerText(copy(sources, treeOf(), '/d/', { matches }))).toEqual([
      '/d directory 0755 0:0',
      '/d/x file 0644 0:0 "right"',
      '/d/y file 0644 0:0 ""',
    ]);
  });

  it('see what those before them made', () => {
    expect(copied([file('f/x', '1'), file('x', '2')], ['f', 'x'], '/new')).toEqual([
      '/new directory 0755 0:0',
      '/new/x file 0644 0:0 "2"',
    ]);
    expect(() => copied([file('f/x/y'), file('x')], ['f', 'x'], '/new')).toThrow(
      failing('COPY_FAILED', 'cannot replace the directory "/new/x" with the file "/x"'),
    );
  });

  it.each([
    ['plain paths', ['one', 'dir/two']],
    ['a path twice', ['one', 'one']],
    ['what a pattern names', ['*o*e']],
  ])('copied to one name that is no directory leave the last, which is told: %s', (_, patterns) => {
    for (const target of [[], [file('new')]]) {
      let told = 0;
      const onReplaced = (): void => void (told += 1);
      expect(copied(SOURCE, patterns, '/new', target, { onReplaced })).toHaveLength(1);
      expect(told).toBeGreaterThan(0);
    }
    expect(copied(SOURCE, patterns, '/new', [directory('new')]).length).toBeGreaterThan(1);
  });
});

describe('a pattern', () => {
  it('names what it matches, each as if it were written out', () => {
    expect(copied([file('a.go'), file('b.go'), file('c.rs')], '*.go', '/src/')).toEqual([
      '/src directory 0755 0:0',
      '/src/a.go file 0644 0:0 ""',
      '/src/b.go file 0644 0:0 ""',
    ]);
  });

  it('gives the contents of the directories that it matches', () => {
    expect(copied([file('p/a/x'), file('p/b/y/z'), file('p/c')], 'p/*', '/d/')).toEqual([
      '/d directory 0755 0:0',
      '/d/c file 0644 0:0 ""',
      '/d/x file 0644 0:0 ""',
      '/d/y directory 0755 0:0',
      '/d/y/z file 0644 0:0 ""',
    ]);
  });

  it('may name one file with a new name', () => {
    expect(copied([file('foo-1.2.jar')], 'foo-*.jar', '/app.jar')).toEqual(['/app.jar file 0644 0:0 ""']);
  });

  it('may name nothing, and then nothing is made', () => {
    expect(copied(SOURCE, '*.nothing', '/d/')).toEqual([]);
    expect(copied(SOURCE, ['*.nothing', 'one'], '/d/')).toHaveLength(2);
  });

  it('follows the links that it matches, under their names', () => {
    expect(copied(SOURCE, 'to-o*', '/d/')).toEqual(['/d directory 0755 0:0', '/d/to-one file 0600 3:4 "1"']);
    expect(copied(SOURCE, 'to-d*', '/d/')).toContain('/d/two file 0644 0:0 "2"');
  });

  it('is matched after it is cleaned', () => {
    expect(copied(SOURCE, 'nothing*/../one', '/x')).toEqual(['/x file 0600 3:4 "1"']);
    expect(copied(SOURCE, '/../../on*', '/x')).toEqual(['/x file 0600 3:4 "1"']);
  });

  it('may have its wildcards escaped, and a backslash in a name that is there is one', () => {
    const source = [file('a*b', 'star'), file(String.raw`a\*b`, 'backslash')];
    expect(copied(source.slice(0, 1), String.raw`a\*b`, '/x')).toEqual(['/x file 0644 0:0 "star"']);
    expect(copied(source, String.raw`a\*b`, '/x')).toEqual(['/x file 0644 0:0 "backslash"']);
  });
});

describe('a source that is not there', () => {
  it.each([
    ['missing', '"/missing": not found', undefined],
    ['/dir/missing/', '"/dir/missing": not found', undefined],
    ['../../missing', '"/missing": not found', undefined],
    ['one/below', '"/one/below": not found', undefined],
    ['ONE', '"/ONE": not found', 'did you mean "one"?'],
    ['dir/two.txt', '"/dir/two.txt": not found', 'did you mean "dir/two"?'],
    ['to-dir/TWO', '"/to-dir/TWO": not found', 'did you mean "dir/two"?'],
    [
      'dangling',
      '"/dangling" is a link to "/no/where", which is not there',
      'a link is followed inside its own tree only',
    ],
    ['missing/*', '"/missing": not found', undefined],
    [
      'dang*',
      '"/dangling" is a link to "/no/where", which is not there',
      'a link is followed inside its own tree only',
    ],
  ])('%s', (pattern, message, hint) => {
    const tree = treeOf(...SOURCE, link('dangling', 'no/where'));
    const error = expect.objectContaining({ code: 'COPY_SOURCE_MISSING', message, hint });
    expect(() => sourcePaths({ tree, pattern }, matches)).toThrow(error);
    expect(() => copy(from(tree, pattern), treeOf(), '/x/', { matches })).toThrow(error);
  });

  it('leads out of no tree', () => {
    const tree = treeOf(link('out', '../../../etc/passwd'), link('abs', '/etc/passwd'));
    for (const pattern of ['out', 'abs'])
      expect(() => sourcePaths({ tree, pattern }, matches)).toThrow(
        `"/${pattern}" is a link to "/etc/passwd", which is not there`,
      );
  });

  it('is a circle of links', () => {
    expect(() => sourcePaths({ tree: treeOf(link('l', 'l')), pattern: 'l' }, matches)).toThrow(
      failing('COPY_FAILED', 'too many symbolic links in "/l"'),
    );
  });
});

describe('--chown', () => {
  it('gives an owner to all that is copied, and to what is made on the way, and to nothing else', () => {
    const target = [
      directory('srv', { uid: 7 }),
      directory('srv/d/sub', { uid: 7 }),
      directory('srv/d', { uid: 7 }),
    ];
    expect(copied(SOURCE, 'dir', '/srv/d', target, { owner: { uid: 50, gid: 60 } })).toEqual([
      '/srv directory 0755 7:0',
      '/srv/d directory 0755 7:0',
      '/srv/d/soft symlink 0777 50:60 -> two',
      '/srv/d/sub directory 0711 50:60',
      '/srv/d/sub/three file 0644 50:60 "3"',
      '/srv/d/two file 0644 50:60 "2"',
    ]);
    expect(copied(SOURCE, 'one', '/a/b/', [], { owner: { uid: 50, gid: 60 } })).toEqual([
      '/a directory 0755 50:60',
      '/a/b directory 0755 50:60',
      '/a/b/one file 0600 50:60 "1"',
    ]);
  });
});

describe('--chmod', () => {
  it('sets one mode for files and directories, but not for links', () => {
    expect(copied(SOURCE, 'dir', '/d', [], { chmod: { all: 0o751 } })).toEqual([
      '/d directory 0751 0:0',
      '/d/soft symlink 0777 0:0 -> two',
      '/d/sub directory 0751 1:2',
      '/d/sub/three file 0751 0:0 "3"',
      '/d/two file 0751 0:0 "2"',
    ]);
  });

  it('gives special bits to what is copied, and none to what is made on the way', () => {
    expect(copied(SOURCE, 'one', '/d/', [], { chmod: { all: 0o4755 } })).toEqual([
      '/d directory 0755 0:0',
      '/d/one file 4755 3:4 "1"',
    ]);
  });

  it('leaves directories that are there alone, at the top', () => {
    expect(
      copied(SOURCE, 'one', '/d/', [directory('d', { mode: 0o700 })], { chmod: { all: 0o644 } }),
    ).toEqual(['/d directory 0700 0:0', '/d/one file 0644 3:4 "1"']);
  });

  it('makes a new mode from the old one, with 0755 for what is made on the way', () => {
    const chmod = (mode: number, isDirectory: boolean) => (mode & 0o700) | (isDirectory ? 0o005 : 0o004);
    expect(copied(SOURCE, 'dir', '/d', [], { chmod })).toEqual([
      '/d directory 0755 0:0',
      '/d/soft symlink 0777 0:0 -> two',
      '/d/sub directory 0705 1:2',
      '/d/sub/three file 0604 0:0 "3"',
      '/d/two file 0604 0:0 "2"',
    ]);
  });
});

describe('hard links', () => {
  const group = { link: 'g' };
  const linked = treeOf(file('d/a', 'x', group), file('d/b', 'x', group), file('d/c', 'x'));

  it('stay links to each other', () => {
    expect(layerText(copy(from(linked, 'd'), treeOf(), '/', { matches }))).toEqual([
      '/a file 0644 0:0 "x" link#1',
      '/b file 0644 0:0 "x" link#1',
      '/c file 0644 0:0 "x"',
    ]);
  });

  it('are none between files that are named one by one, or by one pattern', () => {
    for (const sources of [[...from(linked, 'd/a'), ...from(linked, 'd/b')], from(linked, 'd/[ab]')])
      expect(layerText(copy(sources, treeOf(), '/x/', { matches }))).toEqual([
        '/x directory 0755 0:0',
        '/x/a file 0644 0:0 "x" link#1',
        '/x/b file 0644 0:0 "x" link#2',
      ]);
  });

  it('are none to files of other trees, or of layers that they were copied from', () => {
    const other = treeOf(file('d/z', 'y', group));
    expect(layerText(copy([...from(linked, 'd'), ...from(other, 'd')], treeOf(), '/', { matches }))).toEqual([
      '/a file 0644 0:0 "x" link#1',
      '/b file 0644 0:0 "x" link#1',
      '/c file 0644 0:0 "x"',
      '/z file 0644 0:0 "y" link#2',
    ]);
    const base = makeLayer([file('a', 'x', group), file('b', 'x', group)]);
    const owner = { uid: 5, gid: 5 };
    const again = stack([base, copy(from(stack([base]), 'a'), stack([base]), '/c', { matches, owner })]);
    expect(layerText(copy(from(again, '.'), treeOf(), '/', { matches }))).toEqual([
      '/a file 0644 0:0 "x" link#1',
      '/b file 0644 0:0 "x" link#1',
      '/c file 0644 5:5 "x" link#2',
    ]);
  });
});
