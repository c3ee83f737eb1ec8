/**
 * Which package to take for a library or a program: one whose name says so and that has it, else one that the
 * archive's list of files names.
 */
import type { Contents, FileOwner } from '../../debian/contents.ts';
import type { PackageIndex } from '../../debian/package.ts';
import { libraryFolders, type Machine } from '../../inspect/application/machine.ts';
import { parentOf } from '../../tree/path.ts';
import { packagesByLibrary, packagesByProgram } from './by-name.ts';

export interface Provider {
  readonly package: string;
  /** Where the file is, absolute, when it is where nobody looks of their own accord. */
  readonly elsewhere?: string;
}

export interface ProviderOptions {
  readonly index: PackageIndex;
  readonly machine: Machine;
  /** The list of files is large, and asked for only where names do not tell. */
  readonly contents: () => Promise<Contents>;
  /** Paths that a package installs, in tree form. */
  readonly filesOf: (name: string) => Promise<readonly string[]>;
  /** Packages that are in anyway. */
  readonly present: (name: string) => boolean;
  /** A name is enough for a package that is in anyway: what is composed in the end shows whether it was right. */
  readonly trustNames: boolean;
}

/** Undefined where no package has it. Throws what fetching packages and lists throws. */
export async function libraryProvider(name: string, options: ProviderOptions): Promise<Provider | undefined> {
  const { index, present, trustNames, filesOf } = options;
  const place = placeOfLibrary(options.machine);
  for (const guess of packagesByLibrary(name, (one) => index.versions(one).length > 0)) {
    if (trustNames && present(guess)) return { package: guess };
    const paths = (await filesOf(guess)).filter((path) => path.endsWith(`/${name}`));
    const found = providerOf(
      paths.map((path) => ({ path, packages: [guess] })),
      options,
      place,
    );
    if (found) return found;
  }
  return providerOf((await options.contents()).named(name), options, place);
}

/** A program or a loader by its absolute path; the folder may be another that is the same once /usr is merged. */
export async function programProvider(path: string, options: ProviderOptions): Promise<Provider | undefined> {
  const { index, present, trustNames, filesOf } = options;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const place = placeOfProgram(path);
  for (const guess of packagesByProgram(path, (one) => index.versions(one).length > 0)) {
    if (trustNames && present(guess)) return { package: guess };
    const paths = (await filesOf(guess)).filter((one) => one.endsWith(`/${name}`));
    const found = providerOf(
      paths.map((one) => ({ path: one, packages: [guess] })),
      options,
      place,
    );
    if (found) return found;
  }
  return providerOf((await options.contents()).named(name), options, place);
}

/** Whether a file is where it is looked for, is where a link can lead to, or is of no use. */
type PlaceOf = (path: string) => 'usual' | 'elsewhere' | 'useless';

function placeOfLibrary(machine: Machine): PlaceOf {
  const folders = libraryFolders(machine);
  return (path) => {
    if (folders.includes(parentOf(path))) return 'usual';
    // BLAS and the like are chosen between by links, which are made when a package is configured.
    const below = folders.slice(0, 2).some((folder) => path.startsWith(`${folder}/`));
    return below && !/\/(?:debug|glibc-hwcaps|i386|x32)\//.test(path) ? 'elsewhere' : 'useless';
  };
}

function placeOfProgram(wanted: string): PlaceOf {
  const merged = (path: string): string => path.replace(/^\/?(?:usr\/)?/, '');
  return (path) => {
    if (merged(path) === merged(wanted)) return 'usual';
    return /^(?:usr\/)?s?bin\//.test(path) ? 'elsewhere' : 'useless';
  };
}

function providerOf(
  owners: readonly FileOwner[],
  options: ProviderOptions,
  place: PlaceOf,
): Provider | undefined {
  const usual = best(
    owners.filter(({ path }) => place(path) === 'usual'),
    options,
  );
  if (usual) return { package: usual.package };
  const hidden = best(
    owners.filter(({ path }) => place(path) === 'elsewhere'),
    options,
  );
  return hidden && { package: hidden.package, elsewhere: `/${hidden.path}` };
}

interface Choice {
  readonly path: string;
  readonly package: string;
}

/** Packages in, then current libraries before old and special ones, then small ones. */
function best(owners: readonly FileOwner[], { index, present }: ProviderOptions): Choice | undefined {
  const rank = ({ package: name }: Choice): readonly number[] => {
    const [newest] = index.versions(name);
    const odd = /(?:oldlibs|debug)$/.test(newest?.section ?? '') || /-(?:dbg|dev|cross|udeb)\b/.test(name);
    return [present(name) ? 0 : 1, odd ? 1 : 0, newest?.installedSize ?? 0];
  };
  return owners
    .flatMap(({ path, packages }) => packages.map((name) => ({ path, package: name })))
    .filter(({ package: name }) => index.versions(name).length > 0)
    .toSorted((a, b) => compare(rank(a), rank(b)) || (a.package < b.package ? -1 : 1))[0];
}

function compare(a: readonly number[], b: readonly number[]): number {
  return a.map((value, index) => value - (b[index] ?? 0)).find((difference) => difference !== 0) ?? 0;
}
