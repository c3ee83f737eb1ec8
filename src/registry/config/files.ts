/**
 * Finding the rules about registries: the file that DECANT_REGISTRIES names, else decant's own, else Podman's; and the
 * certificates that Docker and Podman keep by host (containers-certs.d(5)).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { DecantError, systemCode } from '../../errors.ts';
import { parseRegistriesConf } from './conf-file.ts';
import type { HostSettings, Registries } from './registries.ts';
import { registriesOf, type Rule } from './rules.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const MAX_BYTES = 4 * 1024 * 1024;

/** Throws REGISTRIES_INVALID, FILE_UNREADABLE. */
export async function readRegistries(environment: Environment): Promise<Registries> {
  return registriesOf(await readRules(environment), (host) => certificatesOf(host, environment));
}

async function readRules(environment: Environment): Promise<readonly Rule[]> {
  const { DECANT_REGISTRIES: named } = environment;
  const settings = settingsFolder(environment);
  const own = named
    ? [named]
    : [...settings.map((folder) => join(folder, 'decant/registries.yaml')), '/etc/decant/registries.yaml'];
  for (const path of own) {
    const text = readText(path);
    if (text === undefined && named)
      throw new DecantError('FILE_UNREADABLE', `there is no file ${named}, which DECANT_REGISTRIES names`);
    if (text === undefined) continue;
    const { parseRegistriesYaml } = await import('./yaml-file.ts');
    return parseRegistriesYaml(text, path);
  }
  return podmanFiles(environment, settings).flatMap((path) => parseRegistriesConf(readText(path) ?? ''));
}

/** The first that is there, and what lies in the folder beside it. */
function podmanFiles(environment: Environment, settings: readonly string[]): readonly string[] {
  const { CONTAINERS_REGISTRIES_CONF: named } = environment;
  if (named) return [named];
  const places = [
    ...settings.map((folder) => join(folder, 'containers/registries.conf')),
    '/etc/containers/registries.conf',
  ];
  const main = places.find((path) => readText(path) !== undefined);
  const more = places.flatMap((path) =>
    list(`${path}.d`)
      .filter((name) => name.endsWith('.conf'))
      .map((name) => join(`${path}.d`, name)),
  );
  return [...(main === undefined ? [] : [main]), ...more];
}

function settingsFolder({ XDG_CONFIG_HOME: settings, HOME: home }: Environment): readonly string[] {
  if (settings) return [settings];
  return home ? [join(home, '.config')] : [];
}

/** `ca.crt`, `client.cert` and `client.key` in a folder that has the host's name. */
function certificatesOf(host: string, environment: Environment): HostSettings {
  const folders = [
    ...settingsFolder(environment).flatMap((folder) => [
      join(folder, 'containers/certs.d'),
      join(folder, 'docker/certs.d'),
    ]),
    '/etc/containers/certs.d',
    '/etc/docker/certs.d',
  ];
  const files = folders
    .map((folder) => join(folder, host))
    .flatMap((folder) => list(folder).map((name) => join(folder, name)));
  const cert = files.find((path) => path.endsWith('.cert'));
  const key = cert?.replace(/\.cert$/, '.key');
  const hasBoth = key !== undefined && files.includes(key);
  return { ca: files.filter((path) => path.endsWith('.crt')), ...(hasBoth ? { cert, key } : {}) };
}

function readText(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.length <= MAX_BYTES) return text;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw new DecantError('FILE_UNREADABLE', `cannot read ${path}`, { cause: error });
  }
  throw new DecantError('REGISTRIES_INVALID', `${path} is too large`);
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}
