/** What single packages install, looked up in the packages themselves: fetched and verified, each once. */
import type { Archive } from '../../debian/archive.ts';
import { readDeb } from '../../debian/deb/read-deb.ts';
import type { Store } from '../../store/store.ts';

export function packageFiles(
  { index, fetch }: Pick<Archive, 'index' | 'fetch'>,
  store: Store,
  temporary: string,
  signal: AbortSignal,
): (name: string) => Promise<readonly string[]> {
  const known = new Map<string, Promise<readonly string[]>>();
  const list = async (name: string): Promise<readonly string[]> => {
    const [newest] = index.versions(name);
    if (!newest) return [];
    const { digest } = await fetch(newest);
    const deb = await readDeb(store.blobs.path(digest), {
      temporary: () => Promise.resolve(temporary),
      signal,
    });
    return deb.layer.entries
      .filter(({ type }) => type === 'file' || type === 'symlink')
      .map(({ path }) => path);
  };
  return (name) => {
    const listed = known.get(name) ?? list(name);
    known.set(name, listed);
    return listed;
  };
}
