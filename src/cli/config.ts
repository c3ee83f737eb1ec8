/**
 * `decant.yaml`, the project's own settings: what everyone who works on it would otherwise have to put into flags.
 * It lies in the current folder, or above it inside the same git work tree. docs/configuration.md describes the keys.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Exception } from '../audit/policy.ts';
import { COUNTS, type CountName } from '../audit/types.ts';
import type { MirrorChoice } from '../debian/sources.ts';
import { parseSize } from '../dockerfile/values.ts';
import { DecantError, systemCode } from '../errors.ts';
import type { Reader, YamlSource } from '../yaml/reader.ts';
import { currentFolder } from './io.ts';

export const CONFIG_FILE = 'decant.yaml';

/** Where the packages of a distribution come from, and whose signatures count. */
export interface ArchiveConfig extends MirrorChoice {
  /** An absolute path. */
  readonly keyring?: string | undefined;
}

export interface Config {
  /** Where it was read from. */
  readonly file?: string;
  readonly debian?: ArchiveConfig | undefined;
  readonly ubuntu?: ArchiveConfig | undefined;
  /** As `--bases`. */
  readonly bases?: 'registry' | 'compose' | 'store' | undefined;
  readonly check?: CheckConfig | undefined;
  /** The most that the build cache may take, in bytes; 0 for no limit. */
  readonly cacheMaxSize?: number | undefined;
  readonly audit?: AuditConfig | undefined;
}

/** What `decant check` looks at. */
export interface CheckConfig {
  /** Names of checks to leave out. */
  readonly skip: readonly string[];
  readonly failOn?: 'error' | 'warning' | 'note' | undefined;
}

/** What `decant audit` demands. */
export interface AuditConfig {
  readonly failOn?: 'error' | 'warning' | 'note' | undefined;
  readonly minScore?: number | undefined;
  readonly max: Readonly<Partial<Record<CountName, number>>>;
  readonly exceptions: readonly Exception[];
}

const KEYS = ['debian', 'ubuntu', 'bases', 'check', 'cache', 'audit'];
const ARCHIVE_KEYS = ['mirror', 'security-mirror', 'keyring'];
/** Far more than the depth of any project. */
const MAX_DEPTH = 64;

/** What is said here gives way to flags and to the environment. @throws DecantError CONFIG_INVALID, FILE_UNREADABLE */
export async function projectConfig(): Promise<Config> {
  const folder = currentFolder();
  const found = folder === undefined ? undefined : findConfig(folder);
  if (!found) return {};
  // Most projects have none, and a build that is cached has no time to spare.
  const { readYaml } = await import('../yaml/reader.ts');
  return decodeConfig(found, readYaml);
}

export function decodeConfig(
  found: { readonly text: string; readonly file: string },
  readYaml: (source: YamlSource, keys: readonly string[]) => Reader,
): Config {
  const config = readYaml({ ...found, what: CONFIG_FILE, code: 'CONFIG_INVALID' }, KEYS);
  const archive = (key: string): ArchiveConfig | undefined => {
    const map = config.map(key, ARCHIVE_KEYS);
    const keyring = map?.text('keyring');
    return (
      map && {
        mirror: map.text('mirror'),
        securityMirror: map.text('security-mirror'),
        keyring: keyring === undefined ? undefined : resolve(dirname(found.file), keyring),
      }
    );
  };
  const check = config.map('check', ['skip', 'fail-on']);
  const cache = config.map('cache', ['max-size']);
  return {
    file: found.file,
    check: check && {
      skip: check.texts('skip'),
      failOn: check.word('fail-on', ['error', 'warning', 'note']),
    },
    cacheMaxSize: cache && maxSizeOf(cache),
    audit: auditConfig(config),
    debian: archive('debian'),
    ubuntu: archive('ubuntu'),
    bases: config.word('bases', ['registry', 'compose', 'store']),
  };
}

/** `20GB`, or `none`. */
function maxSizeOf(cache: Reader): number | undefined {
  const text = cache.text('max-size');
  if (text === undefined) return undefined;
  if (text === 'none') return 0;
  const size = parseSize(text);
  if (size !== undefined && size > 0) return size;
  throw cache.wrong('max-size', `"max-size" cannot be "${text}"`, 'write a size such as 20GB, or none');
}

function auditConfig(config: Reader): AuditConfig | undefined {
  const audit = config.map('audit', ['fail-on', 'min-score', 'max', 'exceptions']);
  if (!audit) return undefined;
  const max = audit.map('max', COUNTS);
  return {
    failOn: audit.word('fail-on', ['error', 'warning', 'note']),
    minScore: audit.number('min-score'),
    max: Object.fromEntries(
      COUNTS.flatMap((name) => {
        const most = max?.number(name);
        return most === undefined ? [] : [[name, most]];
      }),
    ),
    exceptions: audit.maps('exceptions', ['rule', 'path', 'reason', 'until']).map((each): Exception => {
      const [rule, reason, until] = [each.text('rule'), each.text('reason'), each.text('until')];
      if (rule === undefined) throw each.wrong(undefined, 'an exception names its "rule"');
      if (reason === undefined) throw each.wrong(undefined, 'an exception has a "reason"');
      if (until !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(until))
        throw each.wrong('until', `"until" cannot be "${until}"`, 'write a day, such as 2027-01-31');
      return { rule, reason, path: each.text('path'), until };
    }),
  };
}

/** The nearest one. What lies above a project is not its own: a search that ends at no work tree stays where it began. */
export function findConfig(folder: string): { readonly text: string; readonly file: string } | undefined {
  const passed: string[] = [];
  for (let at = folder; passed.length < MAX_DEPTH; at = dirname(at)) {
    passed.push(at);
    if (exists(join(at, '.git'))) return firstIn(passed);
    if (dirname(at) === at) break;
  }
  return firstIn([folder]);
}

function firstIn(folders: readonly string[]): { readonly text: string; readonly file: string } | undefined {
  for (const folder of folders) {
    const file = join(folder, CONFIG_FILE);
    try {
      return { file, text: readFileSync(file, 'utf8') };
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) continue;
      throw new DecantError('FILE_UNREADABLE', `cannot read ${file}`, { cause: error });
    }
  }
  return undefined;
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
