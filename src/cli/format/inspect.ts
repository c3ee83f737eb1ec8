/**
 * What `decant inspect` answers about an image: where it is, how big it is, how it runs, which layers it has.
 */
import { formatBytes } from '../../report/text/bytes.ts';
import { cleanLine } from '../../report/text/clean.ts';
import { createPaint } from '../../report/text/color.ts';
import { formatCount } from '../../report/text/count.ts';
import { formatAge } from '../../report/text/duration.ts';
import { shortDigest, type DatedOptions } from './images.ts';
import type { WasteReport } from '../../inspect/waste/waste-report.ts';
import { diveLine, duplicatesLine, formatWaste, wasteJson, wasteLine } from '../../report/waste.ts';
import { formatJson } from '../../report/text/json.ts';
import { formatFacts, formatTable } from '../../report/text/table.ts';

/** Sizes are bytes; digests are whole (`sha256:…`). */
export interface ImageSummary {
  /** As it was asked for: what an image is called that the store has no name for. */
  readonly name?: string;
  readonly names: readonly string[];
  readonly id: string;
  readonly digest: string;
  readonly platform: string;
  readonly created?: string | undefined;
  readonly packedSize: number;
  /** Absent where layers would have to be fetched to know it. */
  readonly unpackedSize?: number | undefined;
  /** Entries of the whole tree that are not directories. */
  readonly files?: number | undefined;
  readonly packages?: PackageCount | undefined;
  readonly waste?: WasteReport | undefined;
  readonly config: RunSummary;
  readonly layers: readonly LayerSummary[];
}

export interface PackageCount {
  readonly count: number;
  /** How many of each manager: `{ dpkg: 92, npm: 3 }`. */
  readonly managers: Readonly<Record<string, number>>;
}

export interface RunSummary {
  readonly user?: string | undefined;
  readonly workingDirectory?: string | undefined;
  readonly entrypoint?: readonly string[] | undefined;
  readonly command?: readonly string[] | undefined;
  readonly environment?: readonly string[] | undefined;
  readonly ports?: readonly string[] | undefined;
  readonly volumes?: readonly string[] | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly stopSignal?: string | undefined;
  readonly shell?: readonly string[] | undefined;
  readonly healthcheck?: readonly string[] | undefined;
}

export interface LayerSummary {
  readonly digest: string;
  readonly diffId: string;
  readonly packedSize: number;
  readonly unpackedSize?: number | undefined;
  readonly createdBy?: string | undefined;
  /** The Dockerfile instruction that made it. */
  readonly instruction?: string | undefined;
}

export function formatInspect(image: ImageSummary, options: DatedOptions): string {
  const paint = createPaint(options.color);
  const title = image.names.length > 0 ? image.names.join(', ') : (image.name ?? image.digest);
  const files = image.files === undefined ? '' : `, ${formatCount(image.files, 'file')}`;
  const facts = formatFacts(
    [
      ['id', image.id],
      ['digest', image.digest],
      ['platform', image.platform],
      ['created', formatAge(image.created, options.now)],
      [
        'size',
        `${formatBytes(image.packedSize)} packed, ${formatBytes(image.unpackedSize ?? Number.NaN)} unpacked${files}`,
      ],
      ['packages', packagesLine(image.packages)],
      ['waste', image.waste && wasteLine(image.waste)],
      ['duplicates', image.waste && duplicatesLine(image.waste)],
      ['dive', image.waste && diveLine(image.waste)],
      ...runFacts(image.config),
    ],
    options,
  );
  const waste = image.waste ? formatWaste(image.waste, options) : '';
  const layers = layerTable(image, options);
  return [paint('bold', cleanLine(title)), facts, '', layers, ...(waste === '' ? [] : ['', waste])].join(
    '\n',
  );
}

function packagesLine(packages: PackageCount | undefined): string | undefined {
  if (!packages || packages.count === 0) return packages && 'none that decant knows of';
  const each = Object.entries(packages.managers).map(([manager, count]) => `${count} ${manager}`);
  return `${packages.count}: ${each.join(', ')}`;
}

export function inspectJson(image: ImageSummary): string {
  const { names, id, digest, platform, created, packedSize, unpackedSize, files, config, layers } = image;
  const { packages, waste } = image;
  return formatJson({
    names,
    id,
    digest,
    platform,
    created,
    packedSize,
    unpackedSize,
    files,
    packages,
    waste: waste && wasteJson(waste),
    config,
    layers,
  });
}

function runFacts(config: RunSummary): readonly (readonly [string, string | undefined])[] {
  return [
    ['user', config.user],
    ['workdir', config.workingDirectory],
    ['entrypoint', execForm(config.entrypoint)],
    ['cmd', execForm(config.command)],
    ['shell', execForm(config.shell)],
    ['healthcheck', execForm(config.healthcheck)],
    ['stopsignal', config.stopSignal],
    ['expose', config.ports?.join(', ')],
    ['volume', config.volumes?.join(', ')],
    ...(config.environment ?? []).map((variable) => ['env', variable] as const),
    ...Object.entries(config.labels ?? {}).map(([name, value]) => ['label', `${name}=${value}`] as const),
  ];
}

/** As a Dockerfile has it. */
function execForm(words: readonly string[] | undefined): string | undefined {
  return words === undefined || words.length === 0 ? undefined : JSON.stringify(words);
}

function layerTable({ layers, waste }: ImageSummary, options: DatedOptions): string {
  return formatTable(
    [
      { title: '#', align: 'right' },
      { title: 'LAYER' },
      { title: 'SIZE', align: 'right' },
      { title: 'UNPACKED', align: 'right' },
      ...(waste ? [{ title: 'WASTED', align: 'right' as const }] : []),
      { title: 'INSTRUCTION', least: 24 },
    ],
    layers.map(({ digest, packedSize, unpackedSize, createdBy, instruction }, index) => [
      String(index + 1),
      shortDigest(digest),
      formatBytes(packedSize),
      formatBytes(unpackedSize ?? Number.NaN),
      ...(waste ? [formatBytes(hiddenBytes(waste, index))] : []),
      instruction ?? createdBy ?? '',
    ]),
    options,
  );
}

function hiddenBytes({ layers }: WasteReport, index: number): number {
  const { shadowed = 0, deleted = 0 } = layers[index] ?? {};
  return shadowed + deleted;
}
