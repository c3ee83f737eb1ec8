/**
 * What an intruder would find in an image: programs to live off, ways to more rights, secrets, and what was left behind.
 * The image is read once, nothing is run and nothing unpacked to disk.
 */
import { DEFAULT_PATH, environmentOf } from '../plan/scope.ts';
import { imagePlatform } from '../oci/image.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { FileEntry, Node } from '../tree/entry.ts';
import { cleanPath } from '../tree/path.ts';
import { resolvePath, stack, type Tree, walk } from '../tree/tree.ts';
import { checksOf } from './checks.ts';
import { accessFindings, configFindings, isAccessPath } from './findings/access.ts';
import { fileFindings } from './findings/files.ts';
import { found } from './findings/found.ts';
import { historyFindings, leftoverFindings } from './findings/leftovers.ts';
import { programFindings } from './findings/programs.ts';
import { configSecretFindings, fileSecretFindings } from './findings/secrets.ts';
import { needsOf, wantedOfNeeds } from './needs.ts';
import { findPrograms, wantedOfProgram } from './programs/find.ts';
import { type AuditImage, auditableImage } from './read/image.ts';
import type { ImageView } from '../inspect/image/image-view.ts';
import { type ReadImage, readLayers, type Wanted } from './read/read-layers.ts';
import { isRecord, recordsOf } from './records.ts';
import { countsOf, scoreOf } from './score.ts';
import { isCredentialsPath, MAX_CREDENTIALS_BYTES } from './secrets/files.ts';
import type { Audit, Finding, Level } from './types.ts';
import { auditUser } from './user.ts';

export interface AuditOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Throws IMAGE_DAMAGED, DIGEST_MISMATCH, ARCHIVE_TOO_LARGE, FILE_UNREADABLE, INTERRUPTED. */
export async function auditImage(source: ImageView, options: AuditOptions = {}): Promise<Audit> {
  return auditLayers(await auditableImage(source), options);
}

/** The same for an image whose layers are listed. */
export async function auditLayers(image: AuditImage, { signal }: AuditOptions = {}): Promise<Audit> {
  const view = viewOf(image);
  return analyse(image, view, await readLayers(image.layers, wantedOf(image, view), signal));
}

interface View {
  readonly tree: Tree;
  readonly nodes: readonly Node[];
  /** Of PATH, in tree form. */
  readonly path: readonly string[];
}

function viewOf({ layers, config }: AuditImage): View {
  const tree = stack(layers.map(({ layer }) => layer));
  const value = environmentOf(config.config?.Env).get('PATH') ?? DEFAULT_PATH;
  const path = [
    ...new Set(
      value
        .split(':')
        .filter((each) => each.startsWith('/'))
        .map((each) => cleanPath(each)),
    ),
  ];
  return { tree, nodes: [...walk(tree)], path };
}

/** Which files are kept while the layers are read: of executables the beginning, of few others everything. */
function wantedOf({ config }: AuditImage, { tree, path, nodes }: View): Wanted {
  const visible = new Set<Node>(nodes);
  const started = wantedOfNeeds({ tree, path, config: config.config ?? {} });
  return (entry) => {
    if (isCredentialsPath(entry.path)) return Math.min(entry.size, MAX_CREDENTIALS_BYTES);
    if (!visible.has(entry)) return 0;
    if (started.has(entry) || isRecord(entry)) return entry.size;
    if (isAccessPath(entry.path)) return Math.min(entry.size, MAX_CREDENTIALS_BYTES);
    return wantedOfProgram(entry);
  };
}

/** Pure: the same image and the same bytes give the same answer. */
async function analyse(image: AuditImage, { tree, nodes, path }: View, read: ReadImage): Promise<Audit> {
  const { contents, tokens, marks } = read;
  const config = image.config.config ?? {};
  const content = (entry: FileEntry): Uint8Array | undefined => contents.get(entry);
  const textOf = (entry: FileEntry): string => Buffer.from(content(entry) ?? []).toString('utf8');
  const text = (name: string): string | undefined => {
    const node = tree.get(name);
    return node?.type === 'file' && contents.has(node) ? textOf(node) : undefined;
  };
  const programs = findPrograms({ tree, nodes, path, content, marks });
  const needs = needsOf({ tree, config, path, content });
  const user = auditUser(config.User ?? '', text('etc/passwd'), text('etc/group'));
  const folders = new Set(path.map((folder) => real(tree, folder)));
  const notes = [...read.notes];
  const warn = (text: string): void => void notes.push(text);
  const records = await recordsOf({ tree, executables: programs.executables, content, warn });
  const findings: Finding[] = [
    ...(user.isRoot
      ? [
          found('root-user', config.User ? `USER ${config.User} is root` : 'no USER: it runs as root', {
            state: 'config',
          }),
        ]
      : []),
    ...programFindings(programs, needs),
    ...fileFindings(nodes, user, folders, needs.program),
    ...fileSecretFindings({ tree, layers: image.layers, tokens, contents }),
    ...configSecretFindings(image.config),
    ...accessFindings(nodes, text),
    ...configFindings(config),
    ...leftoverFindings(nodes),
    ...historyFindings(image.config),
    ...(records.unowned > 0
      ? [
          found(
            'records-missing',
            `${records.unowned} of ${records.executables} executables are in no package's list of files`,
          ),
        ]
      : []),
  ].sort(worstFirst);
  return {
    image: {
      name: image.name,
      digest: image.digest,
      id: image.id,
      platform: formatPlatform(imagePlatform(image.config)),
      layers: image.layers.length,
      files: nodes.filter(({ type }) => type !== 'directory').length,
    },
    user: { declared: user.declared, ...(user.uid !== undefined && { uid: user.uid }), isRoot: user.isRoot },
    entry: { args: needs.args, needs: needs.needs },
    score: scoreOf(findings),
    counts: countsOf(findings),
    findings,
    checks: checksOf(findings),
    records,
    notes,
  };
}

const LEVELS: readonly Level[] = ['error', 'warning', 'note'];

function worstFirst(a: Finding, b: Finding): number {
  return (
    LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) ||
    b.points - a.points ||
    compare(a.rule, b.rule) ||
    compare(a.path ?? '', b.path ?? '') ||
    compare(a.message, b.message)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function real(tree: Tree, path: string): string {
  try {
    return resolvePath(tree, path);
  } catch {
    return path;
  }
}
