/**
 * Trees as text, for tests: short builders for entries on one side, one line an entry on the other
 * (`/etc/passwd file 0644 0:0 "root:x:0:0"`), so that a test states what a tree holds and nothing else. Also layers
 * at random, for what has to hold for every one of them.
 */
import * as fc from 'fast-check';
import type {
  Content,
  DirectoryEntry,
  Entry,
  FileEntry,
  Layer,
  SymlinkEntry,
  WhiteoutEntry,
} from './entry.ts';
import { makeLayer } from './layer.ts';
import type { CopySource } from './copy.ts';
import { parentOf } from './path.ts';
import type { Tree } from './tree.ts';
import { stack, walk } from './tree.ts';

type Attributes = Partial<Pick<FileEntry, 'mode' | 'uid' | 'gid' | 'mtime' | 'clock' | 'xattrs'>>;

const DEFAULTS = { uid: 0, gid: 0, mtime: 0 };

export function file(
  path: string,
  text: string | Uint8Array = '',
  attributes: Attributes & Pick<Partial<FileEntry>, 'link' | 'digest'> = {},
): FileEntry {
  const bytes = Buffer.from(text);
  const content: Content = { kind: 'inline', bytes };
  return { ...DEFAULTS, mode: 0o644, type: 'file', path, size: bytes.length, content, ...attributes };
}

export function directory(
  path: string,
  attributes: Attributes & Pick<DirectoryEntry, 'opaque'> = {},
): DirectoryEntry {
  return { ...DEFAULTS, mode: 0o755, type: 'directory', path, ...attributes };
}

/** A symbolic link. */
export function link(path: string, target: string, attributes: Attributes = {}): SymlinkEntry {
  return { ...DEFAULTS, mode: 0o777, type: 'symlink', path, target, ...attributes };
}

export function whiteout(path: string): WhiteoutEntry {
  return { ...DEFAULTS, mode: 0, type: 'whiteout', path };
}

export function treeOf(...entries: readonly Entry[]): Tree {
  return stack([makeLayer(entries)]);
}

/** Sources as COPY has them: patterns of one tree. */
export function from(tree: Tree, ...patterns: readonly string[]): CopySource[] {
  return patterns.map((pattern) => ({ tree, pattern }));
}

/** Everything below the root, a line an entry. */
export function treeText(tree: Tree): string[] {
  return entriesText([...walk(tree)].filter((node) => node.path !== ''));
}

/** What the layer lists, the root included, a line an entry. */
export function layerText(layer: Layer): string[] {
  return entriesText(layer.entries);
}

function entriesText(entries: readonly Entry[]): string[] {
  const groups = new Map<string, number>();
  return entries.map((entry) => {
    if (entry.type === 'whiteout') return `/${entry.path} whiteout`;
    const words = [`/${entry.path}`, entry.type, entry.mode.toString(8).padStart(4, '0')];
    words.push(`${entry.uid}:${entry.gid}`);
    if (entry.type === 'file') words.push(contentText(entry));
    if (entry.type === 'symlink') words.push('->', entry.target);
    if (entry.type === 'char' || entry.type === 'block') words.push(`${entry.major},${entry.minor}`);
    if (entry.type === 'directory' && entry.opaque) words.push('opaque');
    for (const [name, value] of Object.entries(entry.xattrs ?? {}))
      words.push(`${name}=${Buffer.from(value).toString('hex')}`);
    if (entry.type === 'file' && entry.link !== undefined) {
      if (!groups.has(entry.link)) groups.set(entry.link, groups.size + 1);
      words.push(`link#${groups.get(entry.link)}`);
    }
    return words.join(' ');
  });
}

function contentText({ content, size }: FileEntry): string {
  if (content.kind === 'inline') return JSON.stringify(Buffer.from(content.bytes).toString('utf8'));
  return `${content.kind === 'blob' ? content.blob : content.path}@${content.offset ?? 0}+${size}`;
}

/** The bytes of a file whose content is inline, as all are that are made here. */
export function bytesOf({ content }: FileEntry): Uint8Array {
  if (content.kind !== 'inline') throw new TypeError(`the content is a ${content.kind}`);
  return content.bytes;
}

/** Go's `filepath.Match` for one component, by way of a regular expression. */
export function matches(pattern: string, name: string): boolean {
  const parts = pattern.matchAll(/\\(.)|\[(\^?)((?:\\.|[^\\\]])+)\]|(\*)|(\?)|(.)/gsu);
  const source = [...parts].map(([all, escaped, not, set, star, one]) => {
    if (star !== undefined) return '.*';
    if (one !== undefined) return '.';
    if (set !== undefined) return `[${not ?? ''}${set.replaceAll(/[[&~|^]/g, String.raw`\$&`)}]`;
    return (escaped ?? all).replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
  });
  return new RegExp(`^(?:${source.join('')})$`, 'su').test(name);
}

/** Names that other names are easily mistaken for, and names that sort around the slash. */
const plainName = fc.constantFrom('a', 'b', 'a-b', 'a.b', 'a b', 'ab');
const anyName = fc.oneof(
  { weight: 4, arbitrary: plainName },
  fc.constantFrom(
    'é',
    '\u{1f600}',
    '\uFFFD',
    'caf\uDCE9',
    '\uDCFF',
    'n'.repeat(101),
    '__proto__',
    '-',
    ' ',
    '\n',
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((name) => !/[/\0]|^\.{1,2}$/.test(name)),
);

const anyAttributes = fc.record({
  mode: fc.nat(0o7777),
  uid: fc.oneof(fc.nat(0xffff_ffff), fc.constantFrom(0, 0xffff_ffff)),
  gid: fc.oneof(fc.nat(0xffff_ffff), fc.constantFrom(0, 2_097_152)),
  mtime: fc.oneof(fc.nat(), fc.integer({ min: -(2 ** 31), max: 2 ** 40 })),
});
const anyXattrs = fc.dictionary(
  fc.constantFrom('security.capability', 'user.x', 'user.a=b', 'user.é', '__proto__', 'user. \n'),
  fc.uint8Array({ maxLength: 24 }),
  { minKeys: 1, maxKeys: 3, noNullPrototype: true },
);

function anyEntry(path: string): fc.Arbitrary<Entry> {
  const variant: fc.Arbitrary<Entry> = fc.oneof(
    { weight: 4, arbitrary: fc.uint8Array({ maxLength: 600 }).map((bytes): Entry => file(path, bytes)) },
    { weight: 4, arbitrary: fc.boolean().map((opaque): Entry => directory(path, opaque ? { opaque } : {})) },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom('x', '/etc', '../..', 'é', 't'.repeat(120))
        .map((target) => link(path, target)),
    },
    fc
      .record({
        type: fc.constantFrom('char' as const, 'block' as const),
        major: fc.nat(4095),
        minor: fc.nat(0o7777777),
      })
      .map((device): Entry => ({ ...directory(path), ...device })),
    fc.constant<Entry>({ ...directory(path), type: 'fifo' }),
  );
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant(whiteout(path)) },
    {
      weight: 6,
      arbitrary: fc
        .tuple(variant, anyAttributes, fc.option(anyXattrs, { nil: undefined }))
        .map(([entry, attributes, xattrs]) => {
          const mode = entry.type === 'symlink' ? entry.mode : attributes.mode;
          return { ...entry, ...attributes, mode, ...(xattrs && { xattrs }) };
        }),
    },
  );
}

/** Layers with every kind of entry, hard links among them. `plain` keeps to few names, so that layers overlap. */
export function anyLayer(options: { readonly plain?: boolean } = {}): fc.Arbitrary<Layer> {
  const name = options.plain ? fc.constantFrom('a', 'b', 'a-b') : anyName;
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
  const paths = fc.uniqueArray(path, { maxLength: 12 });
  return paths
    .chain((all) => fc.tuple(fc.tuple(...all.map(anyEntry)), fc.uniqueArray(path, { maxLength: 2 })))
    .map(([entries, links]) => makeLayer(withLinks(withoutUnsafe(entries), links)));
}

/** Drops what stands below something that is not a directory. */
function withoutUnsafe(entries: readonly Entry[]): Entry[] {
  const types = new Map(entries.map((entry) => [entry.path, entry.type]));
  return entries.filter(({ path }) => {
    for (let above = parentOf(path); above !== ''; above = parentOf(above))
      if ((types.get(above) ?? 'directory') !== 'directory') return false;
    return true;
  });
}

function withLinks(entries: readonly Entry[], paths: readonly string[]): Entry[] {
  const first = entries.find((entry) => entry.type === 'file');
  if (!first || paths.length === 0) return [...entries];
  const group = { ...first, link: 'group' };
  const free = paths.filter((path) => !entries.some((entry) => entry.path === path));
  return withoutUnsafe([
    ...entries.map((entry) => (entry === first ? group : entry)),
    ...free.map((path) => ({ ...group, path })),
  ]);
}
