/**
 * Programs in a tree that the table knows: by name in the directories that PATH names and those where programs are, by
 * name and content elsewhere, and by content alone where that tells. A program counts once, however many names it has,
 * but one that is many programs counts as each of them.
 */
import { appletsOf, namesInside } from '../../inspect/applets.ts';
import { isElf } from '../../codec/elf.ts';
import type { FileEntry, Node } from '../../tree/entry.ts';
import { baseName, parentOf } from '../../tree/path.ts';
import { resolvePath, type Tree } from '../../tree/tree.ts';
import { auditRule } from '../rules.ts';
import { knownProgram, type KnownProgram } from './table.ts';

export interface FoundProgram {
  readonly path: string;
  readonly entry: FileEntry;
  readonly known: KnownProgram;
  /** Other names of the same file. */
  readonly names: readonly string[];
  readonly appletOf?: string;
}

export interface Programs {
  readonly found: readonly FoundProgram[];
  /** Executables of the image that no row of the table is about. */
  readonly others: readonly FileEntry[];
  /** All executables, each once. */
  readonly executables: readonly FileEntry[];
}

export interface ProgramInput {
  readonly tree: Tree;
  readonly nodes: readonly Node[];
  /** In tree form. */
  readonly path: readonly string[];
  readonly content: (entry: FileEntry) => Uint8Array | undefined;
  /** Programs told by content: the table's name, and the bytes that tell. */
  readonly marks: ReadonlyMap<FileEntry, { readonly program: string; readonly text: string }>;
}

/** Where programs are, whatever PATH says. */
const PROGRAM_FOLDERS = [
  ['bin', 'sbin', 'usr/bin', 'usr/sbin', 'usr/local/bin', 'usr/local/sbin', 'usr/games', 'busybox'],
  ['opt/bin', 'usr/libexec', 'usr/lib/apt', 'usr/lib/openssh', 'usr/lib/git-core'],
].flat();
/** Scripts that are called as a program is, and are something else: services, completions, examples. */
const NOT_PROGRAMS = /^(?:etc|usr\/share)\//;
const LIBRARY = /\.so(?:\.[\w.]+)?$|\.node$/;
/** Scripts of packages are a part of their records: an image without them is no smaller for that. */
const RECORDS = /^var\/lib\/dpkg\//;
const MULTI_CALL = new Set(['busybox', 'toybox', 'coreutils']);

/** The content of a file that a program's kind is told from. */
export const HEAD_BYTES = 256;
const MAX_MULTI_CALL_BYTES = 16 * 1024 * 1024;

/** How much of an executable has to be read for `findPrograms`. */
export function wantedOfProgram(entry: FileEntry): number {
  if (!isExecutable(entry)) return 0;
  const name = knownProgram(baseName(entry.path))?.name ?? '';
  return ['toybox', 'coreutils'].includes(name) && entry.size <= MAX_MULTI_CALL_BYTES
    ? entry.size
    : HEAD_BYTES;
}

export function isExecutable(node: Node): node is FileEntry {
  return (
    node.type === 'file' &&
    (node.mode & 0o111) !== 0 &&
    node.size > 0 &&
    !LIBRARY.test(node.path) &&
    !RECORDS.test(node.path)
  );
}

export function findPrograms(input: ProgramInput): Programs {
  const folders = new Set([...PROGRAM_FOLDERS, ...input.path].map((folder) => real(input.tree, folder)));
  const names = linkNames(input);
  const found: FoundProgram[] = [];
  const others: FileEntry[] = [];
  const executables: FileEntry[] = [];
  for (const files of filesOnce(input.nodes)) {
    const [entry] = files;
    if (!entry) continue;
    const head = input.content(entry);
    const kind = kindOf(head);
    const isPlaced = files.some(({ path }) => folders.has(parentOf(path)));
    if (kind !== 'other') executables.push(entry);
    if (kind === 'other' && !isPlaced) continue;
    const isScriptElsewhere = kind === 'script' && !isPlaced && NOT_PROGRAMS.test(entry.path);
    const all = [...new Set(files.flatMap(({ path }) => [baseName(path), ...(names.get(path) ?? [])]))];
    const mark = files.map((file) => input.marks.get(file)).find(Boolean);
    const known = isScriptElsewhere ? undefined : strongest([...all, ...(mark ? [mark.program] : [])]);
    if (!known) {
      if (kind !== 'other') others.push(entry);
      continue;
    }
    const multiCall =
      mark && MULTI_CALL.has(mark.program) ? mark.program : all.find((name) => MULTI_CALL.has(name));
    const self = (multiCall !== undefined && knownProgram(multiCall)) || known;
    found.push({
      path: entry.path,
      entry,
      known: self,
      names: all.filter((name) => name !== baseName(entry.path)),
    });
    if (multiCall === undefined) continue;
    for (const applet of appletNames(multiCall, mark?.text, head, all)) {
      const row = knownProgram(applet);
      if (row && !MULTI_CALL.has(row.name))
        found.push({
          path: entry.path,
          entry,
          known: { ...row, name: applet },
          names: [],
          appletOf: multiCall,
        });
    }
  }
  return { found, others, executables };
}

function appletNames(
  program: string,
  table: string | undefined,
  content: Uint8Array | undefined,
  links: readonly string[],
): readonly string[] {
  const inside =
    program === 'busybox'
      ? appletsOf(Buffer.from(table ?? '', 'latin1'))
      : namesInside(content ?? new Uint8Array(), (name) => knownProgram(name)?.name === name);
  return [...new Set([...inside, ...links])].sort();
}

/** Points of a program: those of what it is foremost. */
export function strengthOf({ capabilities: [first] }: KnownProgram): number {
  return first === undefined ? 0 : auditRule(first).points;
}

function strongest(names: readonly string[]): KnownProgram | undefined {
  return names
    .flatMap((name) => knownProgram(name) ?? [])
    .reduce<KnownProgram | undefined>(
      (best, each) => (best && strengthOf(best) >= strengthOf(each) ? best : each),
      undefined,
    );
}

function kindOf(head: Uint8Array | undefined): 'elf' | 'script' | 'other' {
  if (!head || head.length < 2) return 'other';
  if (isElf(head)) return 'elf';
  return head[0] === 0x23 && head[1] === 0x21 ? 'script' : 'other';
}

/** Executable files, hard links to one of them together. */
function filesOnce(nodes: readonly Node[]): readonly (readonly FileEntry[])[] {
  const groups = new Map<string, FileEntry[]>();
  for (const node of nodes) {
    if (!isExecutable(node)) continue;
    const key = node.link ?? `/${node.path}`;
    const group = groups.get(key);
    if (group) group.push(node);
    else groups.set(key, [node]);
  }
  return [...groups.values()];
}

/** Names of the links that lead to each file. */
function linkNames({ tree, nodes }: ProgramInput): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const node of nodes) {
    if (node.type !== 'symlink') continue;
    const name = baseName(node.path);
    if (!knownProgram(name)) continue;
    const target = real(tree, node.path);
    const there = names.get(target);
    if (there) there.push(name);
    else names.set(target, [name]);
  }
  return names;
}

/** Links that lead in a circle lead nowhere. */
function real(tree: Tree, path: string): string {
  try {
    return resolvePath(tree, path);
  } catch {
    return path;
  }
}
