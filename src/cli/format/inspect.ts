/**
 * What `decant inspect` answers about an image: where it is, how big it is, how it runs, which layers it has.
 */
import { formatBytes } from './bytes.ts';
import { cleanLine } from './clean.ts';
import { createPaint } from './color.ts';
import { formatCount } from './count.ts';
import { formatAge } from './duration.ts';
import { shortDigest, type DatedOptions } from './images.ts';
import { formatJson } from './json.ts';
import { formatFacts, formatTable } from './table.ts';

/** Sizes are bytes; digests are whole (`sha256:…`). */
export interface ImageSummary {
  readonly names: readonly string[];
  readonly id: string;
  readonly digest: string;
  readonly platform: string;
  readonly created?: string | undefined;
  readonly packedSize: number;
  readonly unpackedSize: number;
  /** Entries of the whole tree that are not directories. */
  readonly files?: number | undefined;
  readonly config: RunSummary;
  readonly layers: readonly LayerSummary[];
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
  readonly unpackedSize: number;
  readonly createdBy?: string | undefined;
}

export function formatInspect(image: ImageSummary, options: DatedOptions): string {
  const paint = createPaint(options.color);
  const title = image.names.length > 0 ? image.names.join(', ') : image.digest;
  const files = image.files === undefined ? '' : `, ${formatCount(image.files, 'file')}`;
  const facts = formatFacts(
    [
      ['id', image.id],
      ['digest', image.digest],
      ['platform', image.platform],
      ['created', formatAge(image.created, options.now)],
      [
        'size',
        `${formatBytes(image.packedSize)} packed, ${formatBytes(image.unpackedSize)} unpacked${files}`,
      ],
      ...runFacts(image.config),
    ],
    options,
  );
  return [paint('bold', cleanLine(title)), facts, '', layerTable(image.layers, options)].join('\n');
}

export function inspectJson(image: ImageSummary): string {
  const { names, id, digest, platform, created, packedSize, unpackedSize, files, config, layers } = image;
  return formatJson({
    names,
    id,
    digest,
    platform,
    created,
    packedSize,
    unpackedSize,
    files,
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

function layerTable(layers: readonly LayerSummary[], options: DatedOptions): string {
  return formatTable(
    [
      { title: 'LAYER' },
      { title: 'SIZE', align: 'right' },
      { title: 'UNPACKED', align: 'right' },
      { title: 'CREATED BY', least: 24 },
    ],
    layers.map(({ digest, packedSize, unpackedSize, createdBy }) => [
      shortDigest(digest),
      formatBytes(packedSize),
      formatBytes(unpackedSize),
      createdBy ?? '',
    ]),
    options,
  );
}
