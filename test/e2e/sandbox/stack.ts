/** The view of a stack of layers that the tests need: no whiteouts below links, no loops. */
import type { ImageView } from '../../../src/sandbox/mounts.ts';
import type { Entry } from '../../../src/tree/entry.ts';

export function stackOf(layers: readonly (readonly Entry[])[]): ImageView {
  const all = new Map<string, Entry>();
  for (const entry of layers.flat()) {
    if (entry.type === 'whiteout') all.delete(entry.path);
    else all.set(entry.path, entry);
  }
  const resolve = (path: string): string => {
    let done = '';
    for (const part of path.split('/')) {
      if (part === '' || part === '.') continue;
      if (part === '..') done = done.split('/').slice(0, -1).join('/');
      else done = done === '' ? part : `${done}/${part}`;
      const entry = all.get(done);
      if (entry?.type !== 'symlink') continue;
      const parent = done.split('/').slice(0, -1).join('/');
      done = resolve(entry.target.startsWith('/') ? entry.target.slice(1) : `${parent}/${entry.target}`);
    }
    return done;
  };
  return { lookup: (path) => all.get(path), resolve };
}
