/**
 * Recipes in YAML. Everything is checked before anything is fetched, and what is wrong is shown where it stands.
 * docs/recipes.md describes the keys.
 */
import { LineCounter, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Node, YAMLMap } from 'yaml';
import { didYouMean } from '../suggest.ts';
import { DecantError } from '../errors.ts';
import { LEAN } from './catalogue/leave-out.ts';
import type { Excluded, Recipe, RecipeFile, RecipeUser, SuiteVersion } from './recipe.ts';
import { findSuite, isCatalogueSuite, suiteNames } from './suites.ts';

export interface RecipeSource {
  readonly text: string;
  /** The file's name for messages. */
  readonly file: string;
  /** A recipe of the catalogue, for `from`. */
  readonly lookUp: (name: string, suite: SuiteVersion) => Recipe | undefined;
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
  'files',
  'environment',
  'entrypoint',
  'command',
  'user',
  'working-directory',
];
const MAX_RECIPE = 1024 * 1024;

/** @throws DecantError RECIPE_INVALID with the place */
export function parseRecipe(source: RecipeSource): Recipe {
  const { text, file } = source;
  if (text.length > MAX_RECIPE) throw new DecantError('RECIPE_INVALID', `${file} is too large for a recipe`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const wrong: Wrong = (node, message, hint) => {
    const start = lines.linePos(node?.range?.[0] ?? 0).line;
    return new DecantError('RECIPE_INVALID', message, {
      hint,
      place: { file, start, end: start, source: text },
    });
  };
  const [syntax] = document.errors;
  if (syntax) {
    const line = syntax.linePos?.[0].line ?? 1;
    throw new DecantError('RECIPE_INVALID', syntax.message.split('\n')[0] ?? 'not YAML', {
      place: { file, start: line, end: line, source: text },
    });
  }
  if (!isMap(document.contents)) throw wrong(document.contents, 'a recipe is a map of keys and values');
  return decode(reader(document.contents, KEYS, wrong), source, wrong);
}

type Wrong = (node: Node | null | undefined, message: string, hint?: string) => DecantError;

function decode(recipe: Reader, { lookUp, file }: RecipeSource, wrong: Wrong): Recipe {
  const version = recipe.text('suite') ?? '13';
  const suite = findSuite(version);
  if (!suite)
    throw wrong(
      recipe.node('suite'),
      `there is no suite "${version}"`,
      `write one of ${suiteNames().join(', ')}`,
    );
  const from = recipe.text('from');
  if (from !== undefined && !isCatalogueSuite(suite))
    throw wrong(recipe.node('from'), `the bases to begin from are Debian's, and ${version} is not`);
  const base = from === undefined || !isCatalogueSuite(suite) ? undefined : lookUp(from, suite.version);
  if (from !== undefined && !base)
    throw wrong(
      recipe.node('from'),
      `there is no base "${from}" to begin from`,
      '`decant base ls` lists those that there are',
    );
  const packages = [...(base?.packages ?? []), ...recipe.texts('packages')];
  if (packages.length === 0)
    throw wrong(
      recipe.node('packages'),
      'a recipe needs packages',
      'name some under "packages:", or begin from another base with "from:"',
    );
  return {
    name: recipe.text('name') ?? file.replace(/^.*\//, '').replace(/\.ya?ml$/, ''),
    description: recipe.text('description') ?? '',
    suite,
    ...(base && { below: base }),
    packages,
    exclude: [...(base?.exclude ?? []), ...recipe.reasons('exclude')],
    leaveOut: [...(base?.leaveOut ?? []), ...recipe.texts('leave-out')],
    lean: base?.lean ?? LEAN,
    allowScripts: [...(base?.allowScripts ?? []), ...recipe.reasons('allow-scripts')],
    users: [
      ...(base?.users ?? []),
      ...recipe.maps('users', ['name', 'uid', 'gid', 'home']).map((user) => userOf(user, wrong)),
    ],
    files: [
      ...(base?.files ?? []),
      ...recipe
        .maps('files', ['path', 'text', 'link', 'directory', 'mode', 'uid', 'gid'])
        .map((entry) => fileOf(entry, wrong)),
    ],
    environment: { ...base?.environment, ...recipe.record('environment') },
    entrypoint: recipe.has('entrypoint') ? recipe.texts('entrypoint') : (base?.entrypoint ?? []),
    command: recipe.has('command') ? recipe.texts('command') : (base?.command ?? []),
    user: recipe.text('user') ?? base?.user ?? '0',
    workingDirectory: recipe.text('working-directory') ?? base?.workingDirectory ?? '/',
  };
}

function userOf(user: Reader, wrong: Wrong): RecipeUser {
  const name = user.text('name');
  const uid = user.number('uid');
  if (name === undefined || uid === undefined) throw wrong(user.self, 'a user needs a name and a uid');
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(name)) throw wrong(user.node('name'), `"${name}" is no user name`);
  return { name, uid, gid: user.number('gid') ?? uid, home: user.text('home') ?? '/nonexistent' };
}

function fileOf(entry: Reader, wrong: Wrong): RecipeFile {
  const path = entry.text('path');
  if (path === undefined || !path.startsWith('/') || path.split('/').includes('..'))
    throw wrong(entry.node('path') ?? entry.self, 'a file needs an absolute path');
  const kinds = ['text', 'link', 'directory'].filter((kind) => entry.has(kind));
  if (kinds.length !== 1) throw wrong(entry.self, 'a file has one of text, link, directory');
  const [mode, uid, gid] = [entry.text('mode'), entry.number('uid'), entry.number('gid')];
  if (mode !== undefined && !/^0?[0-7]{3,4}$/.test(mode))
    throw wrong(
      entry.node('mode'),
      `"${mode}" is no mode`,
      'write it in octal and in quotes, such as "0644"',
    );
  return {
    path,
    type: kinds[0] === 'text' ? 'file' : kinds[0] === 'link' ? 'link' : 'directory',
    ...(kinds[0] === 'directory' ? {} : { content: entry.text(kinds[0] as string) ?? '' }),
    ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
}

/** The values of a map by key, each of the kind that is asked for. */
interface Reader {
  readonly self: Node;
  readonly has: (key: string) => boolean;
  readonly node: (key: string) => Node | undefined;
  readonly text: (key: string) => string | undefined;
  readonly number: (key: string) => number | undefined;
  readonly texts: (key: string) => readonly string[];
  readonly record: (key: string) => Readonly<Record<string, string>>;
  readonly reasons: (key: string) => readonly Excluded[];
  readonly maps: (key: string, keys: readonly string[]) => readonly Reader[];
}

function reader(map: YAMLMap, keys: readonly string[], wrong: Wrong): Reader {
  const nodes = new Map<string, Node>();
  for (const { key, value } of map.items) {
    const name = isScalar(key) ? String(key.value) : '';
    if (!keys.includes(name))
      throw wrong(key as Node, `there is no key "${name}" here`, didYouMean(name, keys));
    if (value) nodes.set(name, value as Node);
  }
  const scalar = (node: Node, key: string): string => {
    if (isScalar(node) && ['string', 'number', 'boolean'].includes(typeof node.value))
      return node.source ?? String(node.value);
    throw wrong(node, `"${key}" is a text`);
  };
  const items = (key: string): readonly Node[] => {
    const node = nodes.get(key);
    if (node === undefined) return [];
    if (!isSeq(node)) throw wrong(node, `"${key}" is a list`);
    return node.items as Node[];
  };
  const pairs = (key: string): readonly (readonly [string, string])[] => {
    const node = nodes.get(key);
    if (node === undefined) return [];
    if (!isMap(node)) throw wrong(node, `"${key}" is a map of names and texts`);
    return node.items.map(
      (pair) => [scalar(pair.key as Node, key), scalar(pair.value as Node, key)] as const,
    );
  };
  return {
    self: map,
    has: (key) => nodes.has(key),
    node: (key) => nodes.get(key),
    text: (key) => {
      const node = nodes.get(key);
      return node && scalar(node, key);
    },
    number: (key) => {
      const node = nodes.get(key);
      if (node === undefined) return undefined;
      const value = Number(scalar(node, key));
      if (Number.isInteger(value) && value >= 0 && value <= 0xffff_fffe) return value;
      throw wrong(node, `"${key}" is a whole number`);
    },
    texts: (key) => items(key).map((item) => scalar(item, key)),
    record: (key) => Object.fromEntries(pairs(key)),
    reasons: (key) => pairs(key).map(([name, reason]) => ({ package: name, reason })),
    maps: (key, known) =>
      items(key).map((item) => {
        if (!isMap(item)) throw wrong(item, `"${key}" is a list of maps`);
        return reader(item, known, wrong);
      }),
  };
}
