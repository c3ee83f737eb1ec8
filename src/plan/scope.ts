/**
 * Variables: who sees what, and which value wins (Dockerfile reference, "ARG" and "Environment replacement"; BuildKit:
 * the later of ARG and ENV wins for what follows).
 */
import type { Platform } from '../oci/platform.ts';

/** Proxy variables reach RUN without ARG and never count for the cache (BuildKit's predefined arguments). */
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'];
const PROXY_NAMES: ReadonlySet<string> = new Set([...PROXIES, ...PROXIES.map((name) => name.toLowerCase())]);

export function isProxyName(name: string): boolean {
  return PROXY_NAMES.has(name);
}

/** Where commands are looked for in an image that does not say. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export type BuildArguments = ReadonlyMap<string, string>;

/** The automatic arguments of the global scope: usable in FROM, and in a stage once ARG names them. */
export function automaticArguments(
  platform: Platform,
  buildPlatform: Platform,
  target: string,
): Map<string, string> {
  const values = new Map<string, string>([['TARGETSTAGE', target]]);
  for (const [prefix, of] of [
    ['TARGET', platform],
    ['BUILD', buildPlatform],
  ] as const) {
    values.set(`${prefix}PLATFORM`, [of.os, of.architecture, of.variant].filter(Boolean).join('/'));
    values.set(`${prefix}OS`, of.os);
    values.set(`${prefix}OSVERSION`, of['os.version'] ?? '');
    values.set(`${prefix}ARCH`, of.architecture);
    values.set(`${prefix}VARIANT`, of.variant ?? '');
  }
  return values;
}

/** The proxies among the build arguments. */
export function proxyArguments(buildArguments: BuildArguments): Record<string, string> {
  return Object.fromEntries([...buildArguments].filter(([name]) => isProxyName(name)));
}

/** The variables of one stage. */
export interface Scope {
  readonly get: (name: string) => string | undefined;
  /** Everything that a RUN step gets as its environment. */
  readonly variables: ReadonlyMap<string, string>;
  /** Names of ARG so far, in order, for the history. */
  readonly declared: ReadonlySet<string>;
  setEnv(name: string, value: string): void;
  setArg(name: string, value: string | undefined): void;
}

export function createScope(
  variables: ReadonlyMap<string, string>,
  declared: ReadonlySet<string> = new Set(),
): Scope {
  const values = new Map(variables);
  const args = new Set(declared);
  return {
    get: (name) => values.get(name),
    variables: values,
    declared: args,
    setEnv(name, value) {
      values.set(name, value);
    },
    setArg(name, value) {
      args.add(name);
      if (value !== undefined) values.set(name, value);
    },
  };
}

/** `NAME=value` lines of an image config as a map, and back. */
export function environmentOf(env: readonly string[] | undefined): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of env ?? []) {
    const equals = line.indexOf('=');
    values.set(equals < 0 ? line : line.slice(0, equals), equals < 0 ? '' : line.slice(equals + 1));
  }
  return values;
}

export function environmentLines(values: ReadonlyMap<string, string>): string[] {
  return [...values].map(([name, value]) => `${name}=${value}`);
}
