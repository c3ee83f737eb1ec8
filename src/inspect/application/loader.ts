/**
 * What the dynamic loader finds (ld.so(8); System V ABI, "Shared Object Dependencies"): for every program and every
 * library that is loaded by name, the libraries that they need, where each is found, and what is missing. Two trees
 * are looked into, the application's and the base's below it.
 */
import type { Elf } from '../../codec/elf.ts';
import { baseName, cleanPath, parentOf } from '../../tree/path.ts';
import type { NativeObject } from './facts.ts';
import { libraryFolders, type Machine } from './machine.ts';

/** A tree's ELF files by path, links followed. */
export type FindObject = (path: string) => Promise<FoundObject | undefined>;

export interface FoundObject {
  /** Where it really is. */
  readonly path: string;
  readonly elf: Elf;
}

export interface LoaderInput {
  readonly objects: ReadonlyMap<string, NativeObject>;
  readonly machine: Machine;
  /** In the application's tree. */
  readonly findOwn: FindObject;
  /** In the base. */
  readonly findBase: FindObject;
  /** Where the application's tree is in the image, in tree form. */
  readonly at: string;
}

export interface MissingLibrary {
  readonly name: string;
  /** Paths of what needs it, the application's or, with a leading slash, the base's. */
  readonly neededBy: readonly string[];
}

export interface MissingVersion {
  readonly library: string;
  /** `GLIBC_2.38` */
  readonly version: string;
  readonly neededBy: string;
  /** The highest of the same name that there is: `GLIBC_2.36`. */
  readonly highest?: string;
}

export interface Loaded {
  readonly missing: readonly MissingLibrary[];
  readonly missingVersions: readonly MissingVersion[];
  /** Loaders that programs name and the base does not have. */
  readonly missingLoaders: readonly MissingLibrary[];
  /** Folders of the application's that its programs find libraries in only when LD_LIBRARY_PATH names them. */
  readonly searchFolders: readonly string[];
  /** Whether anything is loaded at all: false for static programs. */
  readonly dynamic: boolean;
}

export async function loadAll(input: LoaderInput): Promise<Loaded> {
  const session = createSession(input);
  for (const object of input.objects.values()) await load(session, object);
  const { missing, versions, loaders, folders } = session;
  const rows = (from: ReadonlyMap<string, Set<string>>): readonly MissingLibrary[] =>
    [...from].map(([name, neededBy]) => ({ name, neededBy: [...neededBy] })).toSorted(byName);
  return {
    missing: rows(missing),
    missingLoaders: rows(loaders),
    missingVersions: [...versions.values()],
    searchFolders: [...folders].toSorted(),
    dynamic: [...input.objects.values()].some(({ elf }) => isDynamic(elf)),
  };
}

/** A static program may have a dynamic section, to be placed anywhere; it needs no library and no loader. */
export function isDynamic(elf: Elf): boolean {
  return elf.interpreter !== undefined || elf.needed.length > 0;
}

interface Session extends LoaderInput {
  readonly missing: Map<string, Set<string>>;
  readonly loaders: Map<string, Set<string>>;
  readonly versions: Map<string, MissingVersion>;
  readonly folders: Set<string>;
  /** The application's libraries by file name and by soname. */
  readonly bundled: ReadonlyMap<string, string>;
}

function createSession(input: LoaderInput): Session {
  const bundled = new Map<string, string>();
  for (const { path, elf, executable } of input.objects.values()) {
    if (executable) continue;
    for (const name of [baseName(path), elf.soname ?? baseName(path)])
      if (!bundled.has(name)) bundled.set(name, path);
  }
  return {
    ...input,
    missing: new Map(),
    loaders: new Map(),
    versions: new Map(),
    folders: new Set(),
    bundled,
  };
}

interface InMemory {
  /** As programs in the image see it, in tree form. */
  readonly path: string;
  /** How it is called in what is told. */
  readonly name: string;
  readonly elf: Elf;
  /** Where its loaders looked by DT_RPATH, which what they load inherits. */
  readonly inherited: readonly string[];
}

/** One program, or one library that a runtime loads, with all it needs, breadth first as the loader does it. */
async function load(session: Session, object: NativeObject): Promise<void> {
  const { elf, path } = object;
  const start = placed(session, path);
  if (elf.interpreter !== undefined && !(await find(session, elf.interpreter)))
    add(session.loaders, elf.interpreter, path);
  const isMusl = elf.interpreter?.includes('ld-musl') ?? false;
  const queue: InMemory[] = [{ path: start, name: path, elf, inherited: [] }];
  const loaded = new Map<string, InMemory | undefined>();
  for (let one = queue.shift(); one; one = queue.shift()) {
    const folders = searched(session, one);
    for (const name of one.elf.needed) {
      if (!loaded.has(name)) {
        // musl's loader is its C library, whatever name that is asked for by.
        const isLoader = isMusl && /^lib(?:c|m|pthread|rt|dl|util|xnet)\./.test(name);
        const found = isLoader ? undefined : await locate(session, object, one, name, folders);
        loaded.set(name, found);
        if (found) queue.push(found);
      }
      const library = loaded.get(name);
      if (library) compareVersions(session, one, library, name);
    }
  }
}

interface Searched {
  readonly first: readonly string[];
  readonly inherited: readonly string[];
}

/** DT_RUNPATH is for the library's own needs; without it DT_RPATH counts, also for what is loaded in turn. */
function searched({ machine }: Session, { path, elf, inherited }: InMemory): Searched {
  const expand = (text: string | undefined): readonly string[] =>
    (text ?? '')
      .split(':')
      .filter((folder) => folder !== '')
      .map((folder) => expanded(folder, parentOf(path), machine));
  if (elf.runpath !== undefined) return { first: expand(elf.runpath), inherited };
  const own = [...expand(elf.rpath), ...inherited];
  return { first: own, inherited: own };
}

/** ld.so(8), "Dynamic string tokens". */
function expanded(folder: string, origin: string, { triplet }: Machine): string {
  const text = folder
    .replaceAll(/\$(?:ORIGIN\b|\{ORIGIN\})/g, `/${origin}`)
    .replaceAll(/\$(?:LIB\b|\{LIB\})/g, `lib/${triplet}`)
    .replaceAll(/\$(?:PLATFORM\b|\{PLATFORM\})/g, triplet.split('-')[0] ?? '');
  return cleanPath(text);
}

async function locate(
  session: Session,
  root: NativeObject,
  { name: by, path }: InMemory,
  name: string,
  { first, inherited }: Searched,
): Promise<InMemory | undefined> {
  if (name.includes('/')) {
    const found = await find(session, expanded(name, parentOf(path), session.machine));
    if (found) return { ...found, inherited };
    add(session.missing, name, by);
    return undefined;
  }
  const matches = async (folder: string): Promise<InMemory | undefined> => {
    const found = await find(session, `${folder}/${name}`);
    const same = found && found.elf.machine === root.elf.machine && found.elf.class === root.elf.class;
    return same ? { ...found, inherited } : undefined;
  };
  for (const folder of [...first, ...libraryFolders(session.machine)]) {
    const found = await matches(folder);
    if (found) return found;
  }
  const bundled = session.bundled.get(name);
  if (bundled === undefined) {
    add(session.missing, name, by);
    return undefined;
  }
  // A runtime has loaded it before, or unpacks both to one place; a program has to be told where it is.
  const folder = parentOf(placed(session, bundled));
  if (root.executable) session.folders.add(folder);
  return { ...((await find(session, placed(session, bundled))) as FoundNamed), inherited };
}

interface FoundNamed extends FoundObject {
  readonly name: string;
}

/** The application's files hide the base's. */
async function find(session: Session, path: string): Promise<FoundNamed | undefined> {
  const { at } = session;
  const clean = cleanPath(path);
  if (at === '' || clean.startsWith(`${at}/`)) {
    const own = await session.findOwn(at === '' ? clean : clean.slice(at.length + 1));
    if (own) return { ...own, path: clean, name: own.path };
  }
  const found = await session.findBase(clean);
  return found && { ...found, path: clean, name: `/${found.path}` };
}

function placed({ at }: LoaderInput, path: string): string {
  return at === '' ? path : `${at}/${path}`;
}

/** As the loader does: what defines no versions at all is taken as it is. */
function compareVersions({ versions }: Session, by: InMemory, library: InMemory, name: string): void {
  const defined = library.elf.versionsDefined;
  if (defined.length === 0) return;
  for (const version of by.elf.versionsNeeded.get(name) ?? []) {
    if (defined.includes(version) || versions.has(`${name} ${version}`)) continue;
    const family = version.replace(/_[\d.]+$/, '_');
    const highest = defined
      .filter((one) => one.startsWith(family) && /_[\d.]+$/.test(one))
      .toSorted(byNumbers)
      .at(-1);
    versions.set(`${name} ${version}`, {
      library: name,
      version,
      neededBy: by.name,
      ...(highest !== undefined && { highest }),
    });
  }
}

const collator = new Intl.Collator('en', { numeric: true });

function byNumbers(a: string, b: string): number {
  return collator.compare(a, b);
}

function byName(a: MissingLibrary, b: MissingLibrary): number {
  return a.name < b.name ? -1 : Number(a.name > b.name);
}

function add(to: Map<string, Set<string>>, name: string, by: string): void {
  to.set(name, (to.get(name) ?? new Set()).add(by));
}
