/**
 * Versions of packages and their order (deb-version(7), Debian Policy 5.6.12): `[epoch:]upstream[-revision]`. A missing
 * epoch or revision counts as 0.
 */
import type { Relation } from './package.ts';

/** Negative where `a` is the lower version, positive where it is the higher one, 0 where neither is. */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const left = splitVersion(a);
  const right = splitVersion(b);
  return (
    compareNumbers(left.epoch, right.epoch) ||
    compareParts(left.upstream, right.upstream) ||
    compareParts(left.revision, right.revision)
  );
}

/** Whether a version is what a dependency asks for. */
export function satisfies(version: string, relation: Relation, wanted: string): boolean {
  const order = compareVersions(version, wanted);
  switch (relation) {
    case '<<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '=':
      return order === 0;
    case '>=':
      return order >= 0;
    case '>>':
      return order > 0;
  }
}

/** Whether the text is a version that dpkg accepts. */
export function isVersion(text: string): boolean {
  return /^(?:\d{1,10}:)?\d[A-Za-z0-9.+~:-]*$/.test(text) && !/[:-]$/.test(text);
}

interface VersionParts {
  readonly epoch: string;
  readonly upstream: string;
  readonly revision: string;
}

/** The epoch ends at the first colon, the revision begins after the last hyphen. */
export function splitVersion(version: string): VersionParts {
  const colon = version.indexOf(':');
  const hyphen = version.lastIndexOf('-');
  const end = hyphen > colon ? hyphen : version.length;
  return {
    epoch: colon < 0 ? '0' : version.slice(0, colon),
    upstream: version.slice(colon + 1, end),
    revision: end < version.length ? version.slice(end + 1) : '0',
  };
}

/** Runs of anything but digits and runs of digits in turn, the first that differs decides. */
function compareParts(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a, i)) || (j < b.length && !isDigit(b, j))) {
      const order = weight(a, i) - weight(b, j);
      if (order !== 0) return order;
      i += 1;
      j += 1;
    }
    const startA = i;
    const startB = j;
    while (isDigit(a, i)) i += 1;
    while (isDigit(b, j)) j += 1;
    const order = compareNumbers(a.slice(startA, i), b.slice(startB, j));
    if (order !== 0) return order;
  }
  return 0;
}

const ZERO = 48;
const NINE = 57;
const TILDE = 126;

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= ZERO && code <= NINE;
}

/** `~` before the end, the end (and a digit, which ends the run) before letters, letters before everything else. */
function weight(text: string, at: number): number {
  if (at >= text.length || isDigit(text, at)) return 0;
  const code = text.charCodeAt(at);
  if (code === TILDE) return -1;
  const letter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return letter ? code : code + 256;
}

/** Numbers of any length: dates with times as upstream versions are longer than a double is exact. */
function compareNumbers(a: string, b: string): number {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : Number(left > right);
}
