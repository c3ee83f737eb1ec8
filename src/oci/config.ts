/**
 * The image config (OCI image-spec, config.md) with Docker's extensions to it (moby image-spec v1.2: Healthcheck,
 * OnBuild, Shell, ArgsEscaped). Field names are those of the document itself. The config's digest is the image id.
 */
import { checkDigest } from './digest.ts';
import { damaged, canonicalJson, defined, parseObject, sorted } from './json.ts';
import type { Fields } from './json.ts';

export interface ImageConfig {
  /** RFC 3339. */
  readonly created?: string;
  readonly author?: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly os: string;
  readonly 'os.version'?: string;
  readonly 'os.features'?: readonly string[];
  readonly config?: ContainerConfig;
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly string[] };
  readonly history?: readonly HistoryEntry[];
  /** A build cache (build-cache.ts), written and, as a part of the image, not read. */
  readonly 'moby.buildkit.cache.v0'?: string;
}

export interface ContainerConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, Readonly<Record<string, never>>>>;
  /** `NAME=value`. */
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Volumes?: Readonly<Record<string, Readonly<Record<string, never>>>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly StopTimeout?: number;
  /** On Windows: the command is one string already. Docker also sets it on Linux, where it means nothing. */
  readonly ArgsEscaped?: boolean;
  readonly Healthcheck?: Healthcheck;
  readonly OnBuild?: readonly string[];
  readonly Shell?: readonly string[];
}

/** Durations in nanoseconds; 0 or absent means inherited. */
export interface Healthcheck {
  /** `[]` inherits, `['NONE']` switches off, else `['CMD', …]` or `['CMD-SHELL', command]`. */
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

export interface HistoryEntry {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  /** The step made no layer. */
  readonly empty_layer?: boolean;
}

/** Configs are a few kilobytes; what build tools put into labels can make them large. */
export const MAX_CONFIG_BYTES = 8 * 1024 * 1024;

/** Reads a config from anywhere. Fields that are none of the above are dropped. Throws IMAGE_DAMAGED. */
export function decodeConfig(bytes: Uint8Array, what = 'image config'): ImageConfig {
  const fields = parseObject(bytes, what, MAX_CONFIG_BYTES);
  const rootfs = fields.required('rootfs', fields.object('rootfs'));
  const type = rootfs.string('type') ?? 'layers';
  if (type !== 'layers')
    throw damaged(`${what}: root file system of type ${JSON.stringify(type)}, not "layers"`);
  const diffIds = rootfs.strings('diff_ids') ?? [];
  const config = fields.object('config');
  return defined<ImageConfig>({
    created: fields.string('created'),
    author: fields.string('author'),
    architecture: fields.required('architecture', fields.string('architecture')),
    variant: fields.string('variant'),
    os: fields.required('os', fields.string('os')),
    'os.version': fields.string('os.version'),
    'os.features': fields.strings('os.features'),
    config: config && decodeContainerConfig(config),
    rootfs: { type: 'layers', diff_ids: diffIds.map((id) => checkDigest(id, `${what}: diff_ids`)) },
    history: fields.objects('history')?.map(decodeHistory),
  });
}

/** The document's bytes: the same for the same value, keys in the order of the specification's own type. */
export function encodeConfig(image: ImageConfig): Uint8Array {
  return canonicalJson({
    created: image.created,
    author: image.author,
    architecture: image.architecture,
    variant: image.variant,
    os: image.os,
    'os.version': image['os.version'],
    'os.features': image['os.features'],
    config: image.config && orderContainerConfig(image.config),
    rootfs: { type: 'layers', diff_ids: image.rootfs.diff_ids },
    history: image.history?.map(({ created, created_by, author, comment, empty_layer }) => ({
      created,
      created_by,
      author,
      comment,
      // Absent and false mean the same; one form keeps the bytes the same.
      empty_layer: empty_layer === true ? true : undefined,
    })),
    'moby.buildkit.cache.v0': image['moby.buildkit.cache.v0'],
  });
}

function decodeContainerConfig(fields: Fields): ContainerConfig {
  const health = fields.object('Healthcheck');
  return defined<ContainerConfig>({
    User: fields.string('User'),
    ExposedPorts: fields.set('ExposedPorts'),
    Env: fields.strings('Env'),
    Entrypoint: fields.strings('Entrypoint'),
    Cmd: fields.strings('Cmd'),
    Volumes: fields.set('Volumes'),
    WorkingDir: fields.string('WorkingDir'),
    Labels: fields.stringMap('Labels'),
    StopSignal: fields.string('StopSignal'),
    StopTimeout: fields.integer('StopTimeout'),
    ArgsEscaped: fields.boolean('ArgsEscaped'),
    Healthcheck:
      health &&
      defined<Healthcheck>({
        Test: health.strings('Test'),
        Interval: health.integer('Interval'),
        Timeout: health.integer('Timeout'),
        StartPeriod: health.integer('StartPeriod'),
        StartInterval: health.integer('StartInterval'),
        Retries: health.integer('Retries'),
      }),
    OnBuild: fields.strings('OnBuild'),
    Shell: fields.strings('Shell'),
  });
}

function decodeHistory(fields: Fields): HistoryEntry {
  return defined<HistoryEntry>({
    created: fields.string('created'),
    created_by: fields.string('created_by'),
    author: fields.string('author'),
    comment: fields.string('comment'),
    empty_layer: fields.boolean('empty_layer'),
  });
}

function orderContainerConfig(config: ContainerConfig): object {
  const health = config.Healthcheck;
  return {
    User: config.User,
    ExposedPorts: sorted(config.ExposedPorts),
    Env: config.Env,
    Entrypoint: config.Entrypoint,
    Cmd: config.Cmd,
    Volumes: sorted(config.Volumes),
    WorkingDir: config.WorkingDir,
    Labels: sorted(config.Labels),
    StopSignal: config.StopSignal,
    StopTimeout: config.StopTimeout,
    ArgsEscaped: config.ArgsEscaped,
    Healthcheck: health && {
      Test: health.Test,
      Interval: health.Interval,
      Timeout: health.Timeout,
      StartPeriod: health.StartPeriod,
      StartInterval: health.StartInterval,
      Retries: health.Retries,
    },
    OnBuild: config.OnBuild,
    Shell: config.Shell,
  };
}
