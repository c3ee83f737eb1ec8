/**
 * Recipes in YAML. Everything is checked before anything is fetched, and what is wrong is shown where it stands.
 * docs/recipes.md describes the keys.
 */
import { DecantError } from '../errors.ts';
import { readYaml } from '../yaml/reader.ts';
import type { Reader } from '../yaml/reader.ts';
import { LEAN } from './catalogue/leave-out.ts';
import { certificateFault } from './hooks/certificates.ts';
import type { ExtraCertificate, Group, User } from './hooks/hook.ts';
import type { Excluded, Jlink, Recipe, RecipeFile, SuiteVersion } from './recipe.ts';
import { findSuite, isCatalogueSuite, suiteNames } from './suites.ts';

export interface RecipeSource {
  readonly text: string;
  /** The file's name for messages. */
  readonly file: string;
  /** A recipe of the catalogue, for `from`. */
  readonly lookUp: (name: string, suite: SuiteVersion) => Recipe | undefined;
  /** A file that the recipe names, by its path relative to the recipe. Throws where it cannot be read. */
  readonly readFile?: (path: string) => Uint8Array;
}

const KEYS = [
  'name',
  'description',
  'suite',
  'from',
  'packages',
  'exclude',
  'leave-out',
  'allow-scripts',
  'users',
  'groups',
  'home-mode',
  'certificates',
  'time-zone',
  'jlink',
  'files',
  'environment',
  'entrypoint',
  'command',
  'user',
  'working-directory',
];

/** @throws DecantError RECIPE_INVALID with the place */
export function parseRecipe(source: RecipeSource): Recipe {
  const { text, file, lookUp } = source;
  const recipe = readYaml({ text, file, what: 'a recipe', code: 'RECIPE_INVALID' }, KEYS);
  const version = recipe.text('suite') ?? '13';
  const suite = findSuite(version);
  if (!suite)
    throw recipe.wrong('suite', `there is no suite "${version}"`, `write one of ${suiteNames().join(', ')}`);
  const from = recipe.text('from');
  if (from !== undefined && !isCatalogueSuite(suite))
    throw recipe.wrong('from', `the bases to begin from are Debian's, and ${version} is not`);
  const base = from === undefined || !isCatalogueSuite(suite) ? undefined : lookUp(from, suite.version);
  if (from !== undefined && !base)
    throw recipe.wrong(
      'from',
      `there is no base "${from}" to begin from`,
      '`decant base ls` lists those that there are',
    );
  const own = recipe.texts('packages');
  const packages = [...(base?.packages ?? []), ...own];
  if (packages.length === 0)
    throw recipe.wrong(
      'packages',
      'a recipe needs packages',
      'name some under "packages:", or begin from another base with "from:"',
    );
  const asked = new Set(own.map((name) => /^[^\s=/(]*/.exec(name)?.[0]));
  const jlink = jlinkOf(recipe, base);
  const [homeMode, timeZone] = [modeOf(recipe, 'home-mode'), recipe.text('time-zone')];
  return {
    name: recipe.text('name') ?? file.replace(/^.*\//, '').replace(/\.ya?ml$/, ''),
    description: recipe.text('description') ?? '',
    suite,
    ...(base && { below: base }),
    packages,
    // What is asked for here is in, whatever the base leaves out.
    exclude: [
      ...(base?.exclude ?? []).filter((excluded) => !asked.has(excluded.package)),
      ...reasonsOf(recipe, 'exclude'),
    ],
    leaveOut: [...(base?.leaveOut ?? []), ...recipe.texts('leave-out')],
    lean: base?.lean ?? LEAN,
    allowScripts: [...(base?.allowScripts ?? []), ...reasonsOf(recipe, 'allow-scripts')],
    users: [
      ...(base?.users ?? []),
      ...recipe.maps('users', ['name', 'uid', 'gid', 'group', 'groups', 'home', 'shell']).map(userOf),
    ],
    ...ifAny('groups', recipe.maps('groups', ['name', 'gid']).map(groupOf)),
    ...ifAny('certificates', certificatesOf(recipe, source)),
    ...(homeMode === undefined ? {} : { homeMode }),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(jlink && { jlink }),
    files: [
      ...(base?.files ?? []),
      ...recipe.maps('files', ['path', 'text', 'link', 'directory', 'mode', 'uid', 'gid']).map(fileOf),
    ],
    environment: { ...base?.environment, ...Object.fromEntries(recipe.pairs('environment')) },
    ...(base?.versions && { versions: base.versions }),
    entrypoint: recipe.has('entrypoint') ? recipe.texts('entrypoint') : (base?.entrypoint ?? []),
    command: recipe.has('command') ? recipe.texts('command') : (base?.command ?? []),
    user: recipe.text('user') ?? base?.user ?? '0',
    workingDirectory: recipe.text('working-directory') ?? base?.workingDirectory ?? '/',
  };
}

function ifAny<Key extends string, Value>(
  key: Key,
  values: readonly Value[],
): { [K in Key]?: readonly Value[] } {
  return values.length === 0 ? {} : ({ [key]: values } as { [K in Key]: readonly Value[] });
}

function reasonsOf(recipe: Reader, key: string): readonly Excluded[] {
  return recipe.pairs(key).map(([name, reason]) => ({ package: name, reason }));
}

function userOf(user: Reader): User {
  const [name, uid] = [user.text('name'), user.number('uid')];
  if (name === undefined || uid === undefined) throw user.wrong(undefined, 'a user needs a name and a uid');
  checkName(user, 'user', name);
  const [group, shell, groups] = [user.text('group'), user.text('shell'), user.texts('groups')];
  return {
    name,
    uid,
    gid: user.number('gid') ?? uid,
    home: user.text('home') ?? '/nonexistent',
    ...(group === undefined ? {} : { group }),
    ...(shell === undefined ? {} : { shell }),
    ...ifAny('groups', groups),
  };
}

function groupOf(group: Reader): Group {
  const [name, gid] = [group.text('name'), group.number('gid')];
  if (name === undefined || gid === undefined) throw group.wrong(undefined, 'a group needs a name and a gid');
  checkName(group, 'group', name);
  return { name, gid };
}

function checkName(reader: Reader, kind: string, name: string): void {
  if (!/^[a-z_][a-z0-9_-]{0,30}$/.test(name)) throw reader.wrong('name', `"${name}" is no ${kind} name`);
}

/** Named in the image as the files are. */
function certificatesOf(recipe: Reader, { readFile }: RecipeSource): readonly ExtraCertificate[] {
  return recipe.texts('certificates').map((path) => {
    const name = path.replace(/^.*\//, '').replace(/\.(?:pem|crt|cer)$/, '');
    let pem: Uint8Array;
    try {
      if (!readFile) throw new DecantError('FILE_UNREADABLE', 'no files can be read here');
      pem = readFile(path);
    } catch (error) {
      const why =
        error instanceof Error ? `: ${error.message.replace(/^\w+: /, '').replace(/, .*$/, '')}` : '';
      throw recipe.wrong(
        'certificates',
        `cannot read the certificate "${path}"${why}`,
        'paths are relative to the recipe',
      );
    }
    const fault = certificateFault(name, pem);
    if (fault !== undefined)
      throw recipe.wrong('certificates', `the certificate "${path}" cannot be added: ${fault}`);
    return { name, pem };
  });
}

/** Of a base that jlink makes, other modules; or the package that they are from. */
function jlinkOf(recipe: Reader, base: Recipe | undefined): Jlink | undefined {
  const jlink = recipe.map('jlink', ['package', 'modules']);
  if (!jlink) return base?.jlink;
  const name = jlink.text('package') ?? base?.jlink?.package;
  const modules = jlink.has('modules') ? jlink.texts('modules') : (base?.jlink?.modules ?? []);
  if (name === undefined || modules.length === 0)
    throw jlink.wrong(
      undefined,
      'jlink needs modules, and the package that has them',
      'begin from a base that jlink makes, such as "from: java21-jlink", or name a package such as openjdk-21-jdk-headless',
    );
  const odd = modules.find((module) => !/^[A-Za-z][\w.]*$/.test(module));
  if (odd !== undefined) throw jlink.wrong('modules', `"${odd}" is no name of a module`);
  return { package: name, modules };
}

function modeOf(reader: Reader, key: string): number | undefined {
  const mode = reader.text(key);
  if (mode === undefined || /^0?[0-7]{3,4}$/.test(mode))
    return mode === undefined ? mode : Number.parseInt(mode, 8);
  throw reader.wrong(key, `"${mode}" is no mode`, 'write it in octal and in quotes, such as "0644"');
}

function fileOf(entry: Reader): RecipeFile {
  const path = entry.text('path');
  if (path === undefined || !path.startsWith('/') || path.split('/').includes('..'))
    throw entry.wrong('path', 'a file needs an absolute path');
  const kinds = ['text', 'link', ...(entry.flag('directory') ? ['directory'] : [])].filter(entry.has);
  if (kinds.length !== 1) throw entry.wrong(undefined, 'a file has one of text, link, directory');
  const [mode, uid, gid] = [modeOf(entry, 'mode'), entry.number('uid'), entry.number('gid')];
  return {
    path,
    type: kinds[0] === 'text' ? 'file' : kinds[0] === 'link' ? 'link' : 'directory',
    ...(kinds[0] === 'directory' ? {} : { content: entry.text(kinds[0] as string) ?? '' }),
    ...(mode === undefined ? {} : { mode }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
}
