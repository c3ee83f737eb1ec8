/**
 * Whose files are looked into, and what in them is meant for a registry: the file that REGISTRY_AUTH_FILE or
 * DOCKER_CONFIG names, else Docker's own and then Podman's (containers-auth.json(5)).
 */
import { join } from 'node:path';

import type { ConfigFile } from './config-file.ts';
import { credentialOf, readConfigFile } from './config-file.ts';
import type { Credential, Credentials } from './credential.ts';
import { helperGet } from './helper.ts';
import type { HelperOptions } from './helper.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What Docker calls its hub. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

/** The first is where logging in writes. */
export function configPaths(environment: Environment): readonly string[] {
  const { REGISTRY_AUTH_FILE: named, DOCKER_CONFIG: docker, HOME: home } = environment;
  if (named) return [named];
  if (docker) return [join(docker, 'config.json')];
  const { XDG_RUNTIME_DIR: runtime, XDG_CONFIG_HOME: settings } = environment;
  return [
    ...(home ? [join(home, '.docker/config.json')] : []),
    ...(runtime ? [join(runtime, 'containers/auth.json')] : []),
    ...(settings
      ? [join(settings, 'containers/auth.json')]
      : home
        ? [join(home, '.config/containers/auth.json')]
        : []),
  ];
}

/** Throws CREDENTIALS_UNUSABLE. Files are read once, when the first registry asks. */
export function findCredentials(options: HelperOptions): Credentials {
  let files: Promise<readonly ConfigFile[]> | undefined;
  const read = async (): Promise<readonly ConfigFile[]> => {
    const found = await Promise.all(configPaths(options.environment).map(readConfigFile));
    return found.filter((file) => file !== undefined);
  };
  return {
    find: async (domain, path) => {
      for (const file of await (files ??= read())) {
        const found = await lookIn(file, domain, path, options);
        if (found) return found;
      }
      return undefined;
    },
  };
}

/** What helpers and files call a registry. */
export function serverKey(domain: string): string {
  return domain === 'docker.io' ? DOCKER_HUB_KEY : domain;
}

/** The helper that keeps a registry's secret, if one does. */
export function helperOf(file: ConfigFile | undefined, domain: string): string | undefined {
  const own = keysOf(domain).flatMap((key) => file?.credHelpers.get(key) ?? [])[0];
  return own ?? file?.credsStore;
}

async function lookIn(
  file: ConfigFile,
  domain: string,
  path: string,
  options: HelperOptions,
): Promise<Credential | undefined> {
  const helper = helperOf(file, domain);
  const kept = helper === undefined ? undefined : await helperGet(helper, serverKey(domain), options);
  if (kept) return kept;
  for (const key of [...namespacesOf(domain, path), ...keysOf(domain)]) {
    const entry = file.auths.get(key);
    const found = entry && credentialOf(entry);
    if (found) return found;
  }
  // Docker before 1.0 wrote addresses, and so do some who write these files by hand.
  for (const [key, entry] of file.auths) {
    const found = hostOf(key) === domain ? credentialOf(entry) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** `localhost:5000/team/app`, `localhost:5000/team`: Podman keeps credentials for parts of a registry too. */
function namespacesOf(domain: string, path: string): readonly string[] {
  const parts = path === '' ? [] : path.split('/');
  return parts.map((_, index) => `${domain}/${parts.slice(0, parts.length - index).join('/')}`);
}

export function keysOf(domain: string): readonly string[] {
  return domain === 'docker.io'
    ? [DOCKER_HUB_KEY, 'docker.io', 'index.docker.io', 'registry-1.docker.io']
    : [domain];
}

function hostOf(key: string): string | undefined {
  const match = /^https?:\/\/([^/]+)(?:\/(?:v1\/?|v2\/?)?)?$/.exec(key);
  return match?.[1];
}
