import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layerOver } from './builder.ts';
import type { Entry } from './entry.ts';
import { makeLayer } from './layer.ts';
import { anyLayer, directory, file, layerText, link, treeOf, treeText } from './testing.ts';
import { stack } from './tree.ts';

const OWNER = { mode: 0o750, uid: 5, gid: 6 };

describe('layerOver', () => {
  it('lists the directories above its entries with the attributes that they have', () => {
    const builder = layerOver(
      treeOf(directory('etc', { mode: 0o700, uid: 3, opaque: true }), file('etc/x/y')),
    );
    builder.set(file('etc/x/z', 'new'));
    expect(layerText(builder.finish())).toEqual([
      '/etc directory 0700 3:0',
      '/etc/x directory 0755 0:0',
      '/etc/x/z file 0644 0:0 "new"',
    ]);
  });

  it('makes missing directories and leaves the others alone', () => {
    const builder = layerOver(treeOf(directory('srv', { mode: 0o711 })));
    builder.makeDirectories('srv/a/b', OWNER);
    builder.makeDirectories('srv/a', { mode: 0o700, uid: 0, gid: 0 });
    builder.makeDirectories('', OWNER);
    expect(layerText(builder.finish())).toEqual([
      '/srv directory 0711 0:0',
      '/srv/a directory 0750 5:6',
      '/srv/a/b directory 0750 5:6',
    ]);
  });

  it('gives nothing where nothing changed', () => {
    const builder = layerOver(treeOf(file('a/b')));
    builder.makeDirectories('a', OWNER);
    expect(builder.finish().entries).toEqual([]);
  });

  it('says so when something that is no directory is in the way', () => {
    const builder = layerOver(treeOf(file('a/b'), link('l', 'a')));
    for (const [path, what] of [
      ['a/b', 'a/b'],
      ['a/b/c/d', 'a/b'],
      ['l/x', 'l'],
    ]) {
      expect(() => builder.makeDirectories(path as string, OWNER)).toThrow(
        expect.objectContaining({
          code: 'COPY_FAILED',
          message: `cannot make the directory "/${path}": "/${what}" is not a directory`,
        }),
      );
    }
  });

  it('sees changes and base together', () => {
    const builder = layerOver(treeOf(file('a/x', 'base'), file('a/y'), file('b')));
    builder.set(file('a/x', 'changed'));
    builder.set(file('a/z'));
    expect(builder.list('a')).toEqual(['x', 'y', 'z']);
    expect(builder.list('')).toEqual(['a', 'b']);
    expect(builder.get('a/x')).toMatchObject({ size: 7 });
    expect(builder.get('nowhere')).toBeUndefined();
  });

  it('forgets what was below a directory that is replaced, in the base and among the changes', () => {
    const base = treeOf(file('d/old/x'), file('d-e'));
    const builder = layerOver(base);
    builder.set(file('d/new'));
    builder.set(link('d', 'd-e'));
    expect(builder.get('d/new')).toBeUndefined();
    expect(builder.get('d/old/x')).toBeUndefined();
    expect(builder.list('d')).toEqual([]);
    expect(layerText(builder.finish())).toEqual(['/d symlink 0777 0:0 -> d-e']);
  });

  it('does not bring it back when there is a directory again', () => {
    const base = treeOf(file('d/old/x'));
    const builder = layerOver(base);
    builder.set(file('d'));
    builder.set(directory('d', { mode: 0o700 }));
    builder.makeDirectories('d/old', OWNER);
    expect(builder.list('d')).toEqual(['old']);
    expect(builder.list('d/old')).toEqual([]);
    const layer = builder.finish();
    expect(layerText(layer)).toEqual(['/d directory 0700 0:0 opaque', '/d/old directory 0750 5:6']);
    expect(treeText(stack([makeLayer([file('d/old/x')]), layer]))).toEqual(layerText(layer));
  });

  it('shows while it is made what its layer shows over the base, whatever is set', () => {
    const changes = fc.array(anyLayer({ plain: true }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(anyLayer({ plain: true }), changes, (below, above) => {
        const base = stack([below]);
        const builder = layerOver(base);
        for (const entry of above.flatMap((layer) => layer.entries)) {
          if (entry.type === 'whiteout' || !canHave(builder, entry)) continue;
          builder.set(entry.type === 'directory' ? directory(entry.path) : entry);
        }
        const shown = treeText(builder);
        const whole = stack([below, builder.finish()]);
        expect(treeText(whole).map(withoutOpaque)).toEqual(shown.map(withoutOpaque));
      }),
    );
  });
});

/** Whether all that stands above the entry is a directory, made where there is nothing yet. */
function canHave(builder: ReturnType<typeof layerOver>, { path }: Entry): boolean {
  try {
    builder.makeDirectories(path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '', OWNER);
    return true;
  } catch {
    return false;
  }
}

function withoutOpaque(line: string): string {
  return line.replace(' opaque', '');
}
