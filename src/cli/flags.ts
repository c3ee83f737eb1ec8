/** Values of flags that several commands share. */
import { parseSize } from '../dockerfile/values.ts';
import { DecantError } from '../errors.ts';
import { formatPlatform, hostPlatform, parsePlatform } from '../oci/platform.ts';
import type { Platform } from '../oci/platform.ts';

/**
 * `NAME=VALUE` flags as a map, the last of a name counting. `NAME` alone takes the environment's value, and is not
 * there where the environment has none (as `docker build --build-arg` does).
 */
export function parseAssignments(
  texts: readonly string[] | undefined,
  flag: string,
  environment: (name: string) => string | undefined,
): Map<string, string> {
  const values = new Map<string, string>();
  for (const text of texts ?? []) {
    const equals = text.indexOf('=');
    const name = equals < 0 ? text : text.slice(0, equals);
    if (name === '')
      throw new DecantError('USAGE', `${flag} "${text}" has no name`, { hint: `write ${flag} NAME=VALUE` });
    const value = equals < 0 ? environment(name) : text.slice(equals + 1);
    if (value !== undefined) values.set(name, value);
  }
  return values;
}

/** SOURCE_DATE_EPOCH: seconds, a whole number (reproducible-builds.org, "SOURCE_DATE_EPOCH specification"). */
export function sourceDateEpoch(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const seconds = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= 253_402_300_799) return seconds;
  throw new DecantError('USAGE', `SOURCE_DATE_EPOCH is "${text}", not a number of seconds`, {
    hint: 'for a git checkout: SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)',
  });
}

/**
 * SOURCE_DATE_EPOCH of a build, which may also be `context`: the time of the context's commit or of its newest file in
 * an archive, and none for a directory, as its times are those of a checkout (BuildKit since Dockerfile 1.26).
 */
export function buildEpoch(text: string | undefined, contextTime: number | undefined): number | undefined {
  return text === 'context' ? contextTime : sourceDateEpoch(text);
}

/** `90s`, `30m`, `12h`, `7d` or `2w`, in milliseconds. */
export function parseDuration(text: string, flag: string): number {
  const match = /^(\d{1,6})(s|m|h|d|w)$/.exec(text);
  const unit =
    { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }[match?.[2] as 's'] ?? Number.NaN;
  const duration = Number(match?.[1]) * unit;
  if (duration >= 0) return duration;
  throw new DecantError('USAGE', `${flag} "${text}" is not a duration`, {
    hint: 'write a number and s, m, h, d or w, such as 12h',
  });
}

/** `10GB`, `512m`, in binary units as Docker has them. */
export function parseByteSize(text: string, flag: string): number {
  const size = parseSize(text);
  if (size !== undefined) return size;
  throw new DecantError('USAGE', `${flag} "${text}" is not a size`, { hint: `write ${flag} 10GB` });
}

/** `--platform linux/amd64,linux/arm64`, each platform once; `local` is this machine's. Undefined where the flag is not there. */
export function platformsFlag(texts: readonly string[] | undefined): readonly Platform[] | undefined {
  const platforms = texts?.flatMap((text) => text.split(',')).map((text) => text.trim());
  if (!platforms) return undefined;
  const parsed = platforms.map((text) => (text === 'local' ? hostPlatform() : platformOf(text)));
  return [...new Map(parsed.map((platform) => [formatPlatform(platform), platform])).values()];
}

/** `--platform os/architecture[/variant]`; undefined where the flag is not there. */
export function platformFlag(text: string | undefined): Platform | undefined {
  return text === undefined ? undefined : platformOf(text);
}

function platformOf(text: string): Platform {
  try {
    return parsePlatform(text);
  } catch (error) {
    if (!(error instanceof DecantError)) throw error;
    throw new DecantError('USAGE', `--platform "${text}" is not a platform`, { hint: error.hint });
  }
}

/** `100M`, `100Mbit`, `1Gbit/s`, `12MB/s`: bits per second; units are decimal, and bits without one. */
export function parseBandwidth(text: string): number {
  const [, digits = '', prefix = '', unit = ''] =
    /^(\d{1,9}(?:\.\d{1,6})?)\s?([kKMG]?)(bit|bps|B)?(?:\/s)?$/.exec(text) ?? [];
  const bits = Number(digits) * (PREFIXES[prefix.toUpperCase()] ?? 1) * (unit === 'B' ? 8 : 1);
  if (digits !== '' && bits > 0) return bits;
  throw new DecantError('USAGE', `--bandwidth "${text}" is no bandwidth`, {
    hint: 'write 100Mbit or 12MB/s; a number alone is bits per second',
  });
}

const PREFIXES: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, G: 1e9 };
