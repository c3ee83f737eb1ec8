/** What `decant base diff` and `decant base update` answer. */
import type { ListedPackage, PackageChange } from '../../distroless/changes.ts';
import { totalSize } from '../../distroless/changes.ts';
import type { Update } from '../../distroless/update.ts';
import type { Difference } from '../../tree/compare.ts';
import type { Node } from '../../tree/entry.ts';
import { formatBytes } from '../../report/text/bytes.ts';
import { formatCount } from '../../report/text/count.ts';
import { formatJson } from '../../report/text/json.ts';
import { formatTable, type TextOptions } from '../../report/text/table.ts';

export interface BaseFigures {
  /** As it was given. */
  readonly name: string;
  readonly kind: 'recipe' | 'lock' | 'image';
  readonly packages: readonly ListedPackage[];
  /** What is not a directory; absent where files were not looked at. */
  readonly files?: number;
  /** Bytes of all files. */
  readonly unpackedSize?: number;
}

export interface BaseDifference {
  readonly bases: readonly [BaseFigures, BaseFigures];
  readonly packages: readonly PackageChange[];
  readonly files?: readonly Difference[];
}

/** @param allFiles Every file, and not only how many there are. */
export function formatBaseDifference(
  { bases, packages, files }: BaseDifference,
  allFiles: boolean,
  options: TextOptions,
): string {
  const figure = (title: string, of: (base: BaseFigures) => string | undefined): readonly string[][] => {
    const [first, second] = bases.map(of);
    return first === undefined || second === undefined ? [] : [[title, first, second]];
  };
  const bytes = (size: number | undefined): string | undefined =>
    size === undefined ? undefined : formatBytes(size);
  const parts = [
    formatTable(
      [{ title: '' }, ...bases.map(({ name }) => ({ title: name, align: 'right' as const, least: 10 }))],
      [
        ...figure('packages', (base) => String(base.packages.length)),
        ...figure('to download', (base) => bytes(totalSize(base.packages))),
        ...figure('files', ({ files: count }) => count?.toString()),
        ...figure('unpacked', ({ unpackedSize }) => bytes(unpackedSize)),
      ],
      options,
    ),
    packages.length > 0 ? packageTable(packages, options) : 'the same packages',
  ];
  if (files) {
    const counts = ['added', 'removed', 'changed'].map(
      (kind) => `${files.filter((each) => kindOf(each) === kind).length} ${kind}`,
    );
    parts.push(files.length > 0 ? `files: ${counts.join(', ')}` : 'the same files');
    if (allFiles && files.length > 0) parts.push(fileTable(files, options));
  }
  return parts.join('\n\n');
}

export function packageTable(changes: readonly PackageChange[], options: TextOptions): string {
  return formatTable(
    [
      { title: 'PACKAGE' },
      { title: 'CHANGE' },
      { title: 'BEFORE', least: 12 },
      { title: 'AFTER', least: 12 },
    ],
    changes.map(({ name, kind, before, after }) => [name, kind, before?.version ?? '', after?.version ?? '']),
    options,
  );
}

function fileTable(files: readonly Difference[], options: TextOptions): string {
  return formatTable(
    [{ title: 'CHANGE' }, { title: 'FILE', least: 20 }, { title: 'WHAT' }],
    files.map((each) => [kindOf(each), `/${each.path}`, each.aspects.join(', ')]),
    options,
  );
}

export function baseDifferenceJson({ bases, packages, files }: BaseDifference): string {
  return formatJson({
    bases: bases.map(({ packages: all, ...base }) => ({
      ...base,
      packages: all.length,
      downloadSize: totalSize(all) ?? null,
    })),
    packages: packages.map(packageJson),
    files:
      files?.map((each) => ({
        path: `/${each.path}`,
        change: kindOf(each),
        ...(each.aspects.length > 0 && { differs: each.aspects }),
        before: each.before && nodeJson(each.before),
        after: each.after && nodeJson(each.after),
      })) ?? null,
  });
}

function kindOf({ before, after }: Difference): string {
  if (before && after) return 'changed';
  return before ? 'removed' : 'added';
}

function nodeJson(node: Node): object {
  return {
    type: node.type,
    mode: node.mode.toString(8).padStart(4, '0'),
    uid: node.uid,
    gid: node.gid,
    ...(node.type === 'file' && { size: node.size }),
    ...(node.type === 'symlink' && { target: node.target }),
  };
}

function packageJson({ name, kind, before, after }: PackageChange): object {
  const version = (one: ListedPackage | undefined): object | undefined =>
    one && {
      version: one.version,
      architecture: one.architecture,
      source: one.source,
      ...(one.size !== undefined && { size: one.size }),
    };
  return { name, change: kind, before: version(before), after: version(after) };
}

export interface BaseUpdate {
  /** As it was given. */
  readonly name: string;
  /** Of the recipe, where it is known. */
  readonly recipe?: string;
  readonly codename: string;
  readonly architectures: readonly ArchitectureUpdate[];
  /** Whether there was anything that advisories could be looked up in. */
  readonly isAdvised: boolean;
}

export interface ArchitectureUpdate extends Update {
  readonly architecture: string;
  readonly before: readonly ListedPackage[];
  readonly after: readonly ListedPackage[];
}

export function formatBaseUpdate(
  { recipe, architectures, isAdvised }: BaseUpdate,
  options: TextOptions,
): string {
  const several = architectures.length > 1;
  const rows = architectures.flatMap(({ architecture, changes }) =>
    changes.map((change) => ({ architecture, ...change })),
  );
  const lines: string[] = [];
  if (rows.length > 0) {
    lines.push(
      formatTable(
        [
          { title: 'PACKAGE' },
          ...(several ? [{ title: 'ARCHITECTURE' }] : []),
          { title: 'NOW', least: 12 },
          { title: 'ARCHIVE', least: 12 },
          ...(isAdvised ? [{ title: 'CLOSES' }] : []),
        ],
        rows.map(({ name, kind, architecture, before, after, closes }) => [
          name,
          ...(several ? [architecture] : []),
          before?.version ?? '',
          archiveText(kind, after),
          ...(isAdvised ? [closes.join(' ')] : []),
        ]),
        options,
      ),
      '',
    );
  }
  for (const each of architectures) {
    const size = [totalSize(each.before), totalSize(each.after)];
    const sizes = size.every((one) => one !== undefined)
      ? `, ${formatBytes(size[0] ?? 0)} of packages become ${formatBytes(size[1] ?? 0)}`
      : '';
    const count =
      each.changes.length === 0
        ? `all ${formatCount(each.before.length, 'package')} are as the archive has them`
        : `${each.changes.length} of ${formatCount(each.before.length, 'package')} change${sizes}`;
    const advice = isAdvised
      ? `; closes ${formatCount(each.closes.length, 'advisory', 'advisories')}, ${each.open.length} open after it`
      : '';
    lines.push(`${each.architecture}: ${count}${advice}`);
  }
  if (recipe === undefined)
    lines.push('its recipe is not known: what new versions depend on is not looked for');
  return lines.join('\n');
}

function archiveText(kind: PackageChange['kind'], after: ListedPackage | undefined): string {
  if (!after) return 'gone';
  const remark = { rebuilt: ' (rebuilt)', downgraded: ' (older)' }[kind as 'rebuilt'] ?? '';
  return `${after.version}${remark}`;
}

export function baseUpdateJson({ name, recipe, codename, architectures, isAdvised }: BaseUpdate): string {
  return formatJson({
    name,
    recipe: recipe ?? null,
    codename,
    architectures: architectures.map(({ architecture, changes, before, after, closes, open }) => ({
      architecture,
      packages: changes.map(({ closes: closed, opens, ...change }) => ({
        ...packageJson(change),
        ...(isAdvised && { closes: closed, opens }),
      })),
      downloadSize: { before: totalSize(before) ?? null, after: totalSize(after) ?? null },
      ...(isAdvised && { closes, open }),
    })),
  });
}
