/**
 * Paths inside a tree: slash-separated, relative to the root, which is ''. Paths that come from outside (a Dockerfile,
 * a tar header, a link) are turned into this form here and nowhere else.
 */

/** The directory that a path stands in; the root's parent is the root. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

/** The last component; '' for the root. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function joinPath(directory: string, name: string): string {
  if (directory === '') return name;
  return name === '' ? directory : `${directory}/${name}`;
}

/**
 * A path as written by a user, relative to `base`, in tree form. `.` and empty components vanish and `..` stops at
 * the root, as in `filepath.Join("/", base, path)`.
 */
export function cleanPath(path: string, base = ''): string {
  const components = path.startsWith('/') || base === '' ? [] : base.split('/');
  for (const component of path.split('/')) {
    if (component === '' || component === '.') continue;
    if (component === '..') components.pop();
    else components.push(component);
  }
  return components.join('/');
}

/** Every directory above a path, outermost first, without the root: `a/b/c` gives `a`, `a/b`. */
export function* ancestors(path: string): Generator<string> {
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1))
    yield path.slice(0, slash);
}

/** Whether `path` is `directory` or stands below it. */
export function isWithin(path: string, directory: string): boolean {
  return directory === '' || path === directory || path.startsWith(`${directory}/`);
}
