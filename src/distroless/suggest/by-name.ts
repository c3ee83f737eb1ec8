/**
 * Names of packages that a library is probably in: Debian names packages after sonames (Debian Policy 8.1), so
 * `libpq.so.5` is in `libpq5`. What does not follow the rule and is widely used is in a table. These are guesses:
 * whoever asks looks into the package before believing one.
 */

const T64 = ['', 't64'];

/** Sonames, and the packages to look into; each also with the suffix of packages rebuilt for 64-bit times. */
const EXCEPTIONS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(?:ld-linux|ld64\.so|libc\.|libm\.|libmvec\.|libdl\.|libpthread\.|librt\.|libutil\.)/, ['libc6']],
  [/^(?:libresolv|libanl|libthread_db|libBrokenLocale|libnss_(?:dns|files|compat|hesiod))\./, ['libc6']],
  [/^ld-musl-/, ['musl']],
  [/^libz\.so\.1$/, ['zlib1g']],
  [/^libbz2\.so\.1/, ['libbz2-1.0']],
  [/^libcrypto\.so\.3$/, ['libssl3']],
  [/^lib(?:glib|gobject|gio|gmodule|gthread)-2\.0\.so\.0$/, ['libglib2.0-0']],
  [/^libjpeg\.so\.62$/, ['libjpeg62-turbo']],
  [/^lib(?:panel|form|menu)w\.so\.6$/, ['libncursesw6']],
  [/^liblber\.so\.2$/, ['libldap2']],
  [/^liblber-2\.5\.so\.0$/, ['libldap-2.5-0']],
  [/^libdb-5\.3\.so$/, ['libdb5.3']],
  [/^libe?xslt\.so/, ['libxslt1.1']],
  [/^libpython(3\.\d+)\.so/, ['libpython$1']],
  [/^lib(?:ogg|vorbis)(?:enc|file)\.so/, ['libvorbisenc2', 'libvorbisfile3']],
];

const PROGRAMS: ReadonlyMap<string, string> = new Map([
  ['sh', 'dash'],
  ['env', 'coreutils'],
  ['awk', 'mawk'],
  ['lua', 'lua5.4'],
  ['tclsh', 'tcl'],
]);

const SUFFIXES = [...T64, 'g', 'v5', 'debian'];
/** Shorter beginnings say less: `libicu` of `libicuuc` is still a name. */
const MIN_STEM = 6;

/** Names that `exists` knows, the likeliest first. */
export function packagesByLibrary(soname: string, exists: (name: string) => boolean): readonly string[] {
  const listed = EXCEPTIONS.flatMap(([pattern, names]) => {
    const match = pattern.exec(soname);
    return match ? names.map((name) => name.replace('$1', match[1] ?? '')) : [];
  }).flatMap((name) => T64.map((suffix) => `${name}${suffix}`));
  const [, library = soname, version = ''] = /^(.+?)\.so(?:\.(.+))?$/.exec(soname) ?? [];
  const stem = library.toLowerCase().replaceAll('_', '-');
  const versions = [...new Set([version, version.split('.')[0] ?? ''])];
  const named = [
    ...versions.flatMap((one) => numbered(stem, one)),
    stem,
    // One package may have a family of libraries of one version.
    ...Array.from({ length: Math.max(0, stem.length - MIN_STEM) }, (_, cut) =>
      stem.slice(0, -1 - cut),
    ).flatMap((short) => versions.filter((one) => one !== '').flatMap((one) => numbered(short, one))),
  ].flatMap((name) => SUFFIXES.map((suffix) => `${name}${suffix}`));
  return [...new Set([...listed, ...named])].filter(exists).slice(0, MAX_GUESSES);
}

const MAX_GUESSES = 4;

/** A hyphen keeps two numbers apart: `libpng16.so.16` is in `libpng16-16`. */
function numbered(stem: string, version: string): readonly string[] {
  return [/\d$/.test(stem) && version !== '' ? `${stem}-${version}` : `${stem}${version}`];
}

/** Programs are mostly in packages of their name. */
export function packagesByProgram(path: string, exists: (name: string) => boolean): readonly string[] {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (/^ld[-.0-9]/.test(name)) return packagesByLibrary(name, exists);
  const known = PROGRAMS.get(name);
  return [...(known === undefined ? [] : [known]), name].filter(exists);
}
