/**
 * What ldconfig(8) does when libc-bin is configured: finds the shared libraries in the loader's directories, links
 * their sonames where a package did not, and writes /etc/ld.so.cache. Programs look libraries up in it (Python's
 * ctypes), and only through it are those found that stand outside of the loader's own directories.
 */
import { compareNames, encodeLdCache, type LdCacheEntry } from '../../codec/ld-cache.ts';
import type { Entry } from '../../tree/entry.ts';
import { baseName, joinPath } from '../../tree/path.ts';
import { resolvePath } from '../../tree/tree.ts';
import { fileEntry, linkEntry } from './entries.ts';
import type { Hook, HookContext, InstalledPackage } from './hook.ts';
import { type Library, libraryOf } from './libraries.ts';

export const CACHE = 'etc/ld.so.cache';

export const ldCache: Hook = {
  name: 'ld-cache',
  reason: 'libc-bin runs ldconfig, for itself and whenever another package brings libraries',
  packages: ['libc6'],
  async apply(context) {
    const found: LdCacheEntry[] = [];
    const links: Entry[] = [];
    let littleEndian = true;
    for (const directory of await directoriesOf(context)) {
      for (const library of await librariesOf(context, directory)) {
        const { name, soname, capabilities, flags } = library;
        littleEndian = library.littleEndian;
        const here = capabilities === undefined ? directory : `${directory}/glibc-hwcaps/${capabilities}`;
        const shown = capabilities === undefined ? soname : name;
        const { tree, time } = context;
        const link = `${resolvePath(tree, here)}/${soname}`;
        if (soname !== name && !tree.get(link) && !soname.includes('/'))
          links.push(linkEntry(link, name, time));
        found.push({
          soname,
          path: `${here}/${shown}`,
          flags,
          ...(capabilities !== undefined && { capabilities }),
        });
      }
    }
    if (found.length === 0) return [];
    const generator = generatorOf(context.packages);
    return [...links, fileEntry(CACHE, encodeLdCache(found, { generator, littleEndian }), context.time)];
  },
};

interface NamedLibrary extends Library {
  readonly name: string;
  readonly soname: string;
  readonly isLink: boolean;
  readonly capabilities?: string;
}

/**
 * The directories of /etc/ld.so.conf, then the loader's own; a directory that was there under another name counts
 * once. Without ld.so.conf, which is libc-bin's, those that libc6 lists for its architecture, and /usr/local/lib.
 */
async function directoriesOf({ tree, read }: HookContext): Promise<readonly string[]> {
  const listed: string[] = [];
  const files = tree.get('etc/ld.so.conf') ? ['etc/ld.so.conf'] : await included('etc/ld.so.conf.d/*.conf');
  if (!tree.get('etc/ld.so.conf')) listed.push('/usr/local/lib');

  async function included(pattern: string): Promise<string[]> {
    const directory = pattern.slice(0, pattern.lastIndexOf('/'));
    const source = baseName(pattern).replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
    const name = new RegExp(`^${source.replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}$`);
    return tree
      .list(resolvePath(tree, directory))
      .filter((one) => name.test(one) && !one.startsWith('.'))
      .map((one) => joinPath(directory, one));
  }

  for (let index = 0; index < files.length && index < MAX_FILES; index++) {
    const text = Buffer.from((await read(files[index] ?? '')) ?? []).toString('utf8');
    const following: string[] = [];
    for (const raw of text.split('\n')) {
      const line = raw.replace(/#.*/, '').trim();
      const [, pattern] = /^include\s+(.*)$/.exec(line) ?? [];
      if (pattern !== undefined) {
        for (const one of pattern.split(/\s+/)) following.push(...(await included(one.replace(/^\/+/, ''))));
      } else if (line.startsWith('/')) listed.push(line.replace(/=.*/, '').replace(/(?<=.)\/+$/, ''));
    }
    files.splice(index + 1, 0, ...following);
  }
  const seen = new Set<string>();
  return [...listed, '/lib', '/usr/lib'].filter((path) => {
    const real = resolvePath(tree, path);
    if (seen.has(real) || tree.get(real)?.type !== 'directory') return false;
    seen.add(real);
    return true;
  });
}

const MAX_FILES = 1000;

/** The libraries of a directory by soname, and those of its `glibc-hwcaps`. */
async function librariesOf(context: HookContext, directory: string): Promise<readonly NamedLibrary[]> {
  const { tree } = context;
  const path = resolvePath(tree, directory);
  const libraries = [...(await librariesIn(context, path))];
  const variants = resolvePath(tree, `${path}/glibc-hwcaps`);
  for (const capabilities of tree.list(variants)) {
    const found = await librariesIn(context, resolvePath(tree, joinPath(variants, capabilities)));
    libraries.push(...found.map((library) => ({ ...library, capabilities })));
  }
  return libraries;
}

async function librariesIn(context: HookContext, directory: string): Promise<readonly NamedLibrary[]> {
  const { tree } = context;
  const libraries = new Map<string, NamedLibrary>();
  for (const name of tree.list(directory)) {
    const library = isLibraryName(name) ? await libraryAt(context, directory, name) : undefined;
    if (!library) continue;
    const other = libraries.get(library.soname);
    // A file rather than a link to one; of two alike, the one with the greater name.
    const better =
      !other ||
      (!library.isLink && other.isLink) ||
      (library.isLink === other.isLink && compareNames(other.name, name) < 0);
    if (better) libraries.set(library.soname, library);
  }
  return [...libraries.values()];
}

/** What may be a library by its name; not what package managers leave while they work, nor scripts of debuggers. */
function isLibraryName(name: string): boolean {
  return (
    /^(?:lib|ld-|ld\.so\.|ld64\.so\.).*\.so|^ld\.so\./.test(name) &&
    !/-gdb\.py$|\.dpkg-(?:new|tmp)$|^\.#prelink#|;/.test(name)
  );
}

async function libraryAt(
  { tree, read, libraries }: HookContext,
  directory: string,
  name: string,
): Promise<NamedLibrary | undefined> {
  const path = joinPath(directory, name);
  const real = resolvePath(tree, path);
  const node = tree.get(real);
  if (node?.type !== 'file' || node.size < MIN_ELF_BYTES) return undefined;
  let library = libraries?.get(node.content);
  if (library === undefined) {
    const bytes = await read(real);
    library = (bytes && libraryOf(bytes)) ?? 'none';
    libraries?.set(node.content, library);
  }
  if (library === 'none') return undefined;
  const { soname = name, flags, littleEndian } = library;
  const isLink = tree.get(path)?.type === 'symlink' && isSonameLink(name, soname);
  return { name, soname: isLink ? name : soname, isLink, flags, littleEndian };
}

const MIN_ELF_BYTES = 52;

/**
 * A link counts as one if its name is the soname, or the soname's beginning and ends in `.so`, as compilers look for
 * it; any other is taken as if it were the library.
 */
function isSonameLink(name: string, soname: string): boolean {
  return name === soname || (name.endsWith('.so') && soname.startsWith(name));
}

/** As Debian's own ldconfig of that version signs the cache. */
function generatorOf(packages: readonly InstalledPackage[]): string {
  const version = packages.find(({ name }) => name === 'libc6')?.version ?? '';
  return `ldconfig (Debian GLIBC ${version}) stable release version ${/^\d+\.\d+/.exec(version)?.[0] ?? ''}`;
}
