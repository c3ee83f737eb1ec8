import { describe, expect, test } from 'vitest';
import type { Event } from '../../events.ts';
import type { CopyAction, FileOperation } from '../../plan/operation.ts';
import { parseChmod } from '../../plan/chmod.ts';
import { copy } from '../../tree/copy.ts';
import { directory, file, from, matches, treeOf } from '../../tree/testing.ts';
import { copyNotices, tellNotices } from './copy-notices.ts';

const CONTEXT = treeOf(
  file('app.json', '{}'),
  directory('src'),
  file('src/main.js', ''),
  directory('src/lib'),
  file('src/lib/a.js', ''),
);

function notices(patterns: readonly string[], chmod?: string): readonly string[] {
  const sources = from(CONTEXT, ...patterns);
  const action: CopyAction = {
    type: 'copy',
    sources: [],
    destination: '/app/',
    owner: undefined,
    chmod,
    exclude: [],
    unpack: false,
  };
  const options = { matches, chmod: chmod === undefined ? undefined : parseChmod(chmod) };
  return copyNotices(action, sources, copy(sources, treeOf(directory('app')), action.destination, options));
}

describe('COPY', () => {
  test.each([[['src']], [['.']], [['app.json', 'src/main.js']], [['*.json']]])(
    'of %j is what everybody means by it',
    (patterns) => {
      expect(notices(patterns)).toEqual([]);
    },
  );

  test.each([[['app.json', 'src']], [['src/*']], [['src/*', 'app.json']]])(
    'of %j says that a folder gives its contents',
    (patterns) => {
      expect(notices(patterns)).toEqual([
        expect.stringContaining('is copied to /app/ itself; COPY --parents'),
      ]);
    },
  );

  test('says that a mode without x closes folders', () => {
    expect(notices(['src'], '644')).toEqual([
      expect.stringMatching(/^--chmod=644 .* only root can enter "[/]app[/]lib"; write --chmod=u=rwX,go=rX$/),
    ]);
    for (const mode of ['755', '0711', 'u=rwX,go=rX']) expect(notices(['src'], mode)).toEqual([]);
    expect(notices(['app.json'], '600')).toEqual([]);
  });

  test('says it once for each step, with its line', () => {
    const events: Event[] = [];
    const operation = { place: { file: 'Dockerfile', start: 3, end: 3 } } as unknown as FileOperation;
    for (const _ of [1, 2]) tellNotices((event) => events.push(event), operation, ['something']);
    expect(events).toMatchObject([{ type: 'warning', message: 'something', line: 3 }]);
  });
});
