/**
 * A release of a suite: what `InRelease` says (Debian repository format, "Release files"), and whether it is the one
 * that is wanted now.
 */
import { DecantError } from '../errors.ts';
import { type Fields, parseControl } from '../codec/control.ts';
import { CLOCK_SKEW_MS } from './signature.ts';

export interface IndexFile {
  /** Bytes. */
  readonly size: number;
  /** `sha256:…` */
  readonly digest: string;
}

export interface Release {
  readonly origin: string;
  readonly label: string;
  /** `oldstable-security`; '' where it is not said. */
  readonly suite: string;
  /** `bookworm-security`; '' where it is not said. */
  readonly codename: string;
  readonly version: string;
  readonly date: Date;
  readonly validUntil?: Date;
  readonly byHash: boolean;
  readonly architectures: readonly string[];
  readonly components: readonly string[];
  /** Packages of all architectures are listed with each architecture's, not only in an index of their own. */
  readonly allInEach: boolean;
  /** Index files by their path below the suite's folder. */
  readonly files: ReadonlyMap<string, IndexFile>;
}

const MAX_FILES = 200_000;

/** Reads the signed text. Throws ARCHIVE_INVALID. */
export function parseRelease(text: string, name: string): Release {
  const fields = parseControl(text, { name });
  const date = timeOf(fields, 'Date', name);
  if (!date) throw invalid(name, 'it has no Date');
  const validUntil = timeOf(fields, 'Valid-Until', name);
  const architectures = words(fields.get('Architectures'));
  return {
    origin: fields.get('Origin') ?? '',
    label: fields.get('Label') ?? '',
    suite: fields.get('Suite') ?? '',
    codename: fields.get('Codename') ?? '',
    version: fields.get('Version') ?? '',
    date,
    ...(validUntil ? { validUntil } : {}),
    byHash: fields.get('Acquire-By-Hash')?.toLowerCase() === 'yes',
    architectures,
    components: words(fields.get('Components')),
    allInEach:
      !architectures.includes('all') ||
      words(fields.get('No-Support-for-Architecture-all')).includes('Packages'),
    files: filesOf(fields, name),
  };
}

export interface ReleaseCheck {
  /** The suite that was asked for. */
  readonly wanted: string;
  readonly now: Date;
  readonly allowExpired?: boolean;
  readonly allowRollback?: boolean;
  /** The date of the newest release of this suite that was seen before. */
  readonly newest?: Date | undefined;
  readonly name: string;
}

/**
 * Throws ARCHIVE_SIGNATURE for another suite's release, ARCHIVE_EXPIRED for one past its Valid-Until or from the
 * future, ARCHIVE_ROLLBACK for one older than what was seen before.
 */
export function checkRelease(release: Release, check: ReleaseCheck): void {
  const { wanted, now, name } = check;
  const names = [...new Set([release.suite, release.codename])].filter((one) => one !== '');
  // A mirror could offer the well-signed release of another suite, whose holes are known.
  if (names.length > 0 && !names.includes(wanted)) {
    throw new DecantError(
      'ARCHIVE_SIGNATURE',
      `${name} is the release of ${names.join(', ')}, not of ${wanted}`,
      {
        hint: 'the mirror mixes up its suites, or wants to pass one for another',
      },
    );
  }
  if (release.date.getTime() > now.getTime() + CLOCK_SKEW_MS) {
    throw new DecantError('ARCHIVE_EXPIRED', `${name} is from the future: ${stamp(release.date)}`, {
      hint: `check the clock of this machine, which says ${stamp(now)}`,
    });
  }
  if (release.validUntil && release.validUntil.getTime() < now.getTime() && !check.allowExpired) {
    throw new DecantError(
      'ARCHIVE_EXPIRED',
      `${name} expired: it was valid until ${stamp(release.validUntil)}`,
      {
        hint: 'the mirror is not kept up to date; for a snapshot of an archive, use --allow-expired',
      },
    );
  }
  if (check.newest && release.date.getTime() < check.newest.getTime() && !check.allowRollback) {
    throw new DecantError(
      'ARCHIVE_ROLLBACK',
      `${name} is of ${stamp(release.date)}, older than one seen before, of ${stamp(check.newest)}`,
      { hint: 'the mirror may be behind, or hold back fixes; --allow-rollback accepts the older release' },
    );
  }
}

/** The listed files by path; only SHA-256 counts. */
function filesOf(fields: Fields, name: string): ReadonlyMap<string, IndexFile> {
  const lines = (fields.get('SHA256') ?? '').split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) throw invalid(name, 'it lists no files with SHA256');
  if (lines.length > MAX_FILES) throw invalid(name, `it lists ${lines.length} files`);
  const files = new Map<string, IndexFile>();
  for (const line of lines) {
    const [, hash, size, path] = /^\s*([0-9a-f]{64})\s+(\d{1,15})\s+(\S+)$/.exec(line) ?? [];
    if (hash === undefined || path === undefined) {
      throw invalid(name, `${JSON.stringify(line.slice(0, 200))} is no file with its SHA256`);
    }
    files.set(path, { size: Number(size), digest: `sha256:${hash}` });
  }
  return files;
}

/** Times are in RFC 1123's form, in UTC. */
function timeOf(fields: Fields, field: string, name: string): Date | undefined {
  const text = fields.get(field);
  if (text === undefined) return undefined;
  const form = /^[A-Za-z]{3}, +\d{1,2} [A-Za-z]{3} \d{4} +\d{1,2}:\d{2}:\d{2} (?:UTC|GMT|Z|\+0000)$/;
  const time = form.test(text) ? new Date(text) : undefined;
  if (time && !Number.isNaN(time.getTime())) return time;
  throw invalid(name, `its ${field} is no time: ${JSON.stringify(text.slice(0, 80))}`);
}

function words(text = ''): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function stamp(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function invalid(name: string, why: string): DecantError {
  return new DecantError('ARCHIVE_INVALID', `${name}: ${why}`);
}
