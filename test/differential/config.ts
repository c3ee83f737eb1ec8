/**
 * The image config as lines: the fields of the OCI image-spec (config.md) and the three that Docker adds
 * (Healthcheck, Shell, OnBuild). Empty values, and the working directory `/`, are left out, since builders differ in
 * how they write "nothing".
 */
interface ImageConfig {
  readonly architecture?: string;
  readonly os?: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

const FIELDS = [
  'User',
  'ExposedPorts',
  'Env',
  'Entrypoint',
  'Cmd',
  'Volumes',
  'WorkingDir',
  'Labels',
  'StopSignal',
  'Healthcheck',
  'Shell',
  'OnBuild',
] as const;

/** Recorded results are for any machine: its own architecture is written as `host`. */
export function printConfig(json: string): Map<string, string> {
  const image = JSON.parse(json) as ImageConfig;
  const host = process.arch === 'x64' ? 'amd64' : process.arch;
  const lines = new Map<string, string>();
  lines.set('architecture', image.architecture === host ? 'host' : String(image.architecture));
  lines.set('os', String(image.os));
  for (const field of FIELDS) {
    const value = sortKeys(image.config?.[field]);
    if (!isEmpty(value) && !(field === 'WorkingDir' && value === '/'))
      lines.set(field, JSON.stringify(value));
  }
  return lines;
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function sortKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
