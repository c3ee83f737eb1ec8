/**
 * References to git repositories, as ADD and build contexts have them: `https://host/repo.git#ref:directory`, with a
 * query instead of the fragment (`?branch=main&subdir=app`), `git@host:path`, `ssh://`, `git://` and `file://`.
 * Dockerfile reference, "ADD from a Git repository"; Docker's "Build context: Git repositories".
 */
import { syntaxError } from './failure.ts';

export interface GitReference {
  /** What git is given, without fragment and query. */
  readonly remote: string;
  /** Branch, tag, full name or commit; the repository's own choice without it. */
  readonly ref?: string;
  /** Relative, cleaned; '' is all of it. */
  readonly directory: string;
  /** The commit that the reference has to lead to, or the beginning of its digest. */
  readonly checksum?: string;
  readonly keepGitDir?: boolean;
  readonly submodules?: boolean;
  /** Files have the time of the commit, instead of that of the checkout. */
  readonly commitTimes?: boolean;
}

type Mutable = { -readonly [K in keyof GitReference]: GitReference[K] };

const SCP_STYLE = /^[\w.-]+@[a-zA-Z0-9][\w.-]*:[^?#]+/;
const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;

/** @returns The reference, or undefined for what is a path or another kind of address. Throws DOCKERFILE_SYNTAX. */
export function parseGitReference(text: string): GitReference | undefined {
  const [, scheme] = SCHEME.exec(text) ?? [];
  if (scheme === undefined && !SCP_STYLE.test(text)) return undefined;
  const hash = text.indexOf('#');
  const fragment = hash < 0 ? '' : text.slice(hash + 1);
  const beforeHash = hash < 0 ? text : text.slice(0, hash);
  const mark = beforeHash.indexOf('?');
  const remote = mark < 0 ? beforeHash : beforeHash.slice(0, mark);
  if (!isRepository(scheme?.toLowerCase(), remote)) return undefined;
  checkCharacters(remote, text);
  const colon = fragment.indexOf(':');
  const ref = colon < 0 ? fragment : fragment.slice(0, colon);
  const reference: Mutable = { remote, directory: cleaned(colon < 0 ? '' : fragment.slice(colon + 1)) };
  if (ref !== '') reference.ref = ref;
  if (mark >= 0) readQuery(reference, beforeHash.slice(mark + 1));
  // A name that looks like a flag is none that git would allow.
  if (reference.ref !== undefined) checkCharacters(reference.ref, text);
  return reference;
}

function isRepository(scheme: string | undefined, remote: string): boolean {
  switch (scheme) {
    case undefined:
    case 'ssh':
    case 'git':
      return true;
    case 'http':
    case 'https':
    case 'file':
      return remote.endsWith('.git');
    default:
      return false;
  }
}

function checkCharacters(text: string, reference: string): void {
  const host = /^[a-z]+:\/\/(?:[^/@]*@)?(-)/i.test(text);
  if (text.startsWith('-') || host || /[\p{Cc}\s]/u.test(text))
    throw syntaxError(`${JSON.stringify(reference)} is not a reference to a git repository`);
}

function readQuery(reference: Mutable, query: string): void {
  const values = new Map<string, string>();
  for (const [key, value] of new URLSearchParams(query)) {
    if (values.has(key)) throw syntaxError(`query "${key}" has multiple values`);
    if (!KEYS.has(key)) throw syntaxError(`unexpected query "${key}"`);
    if (value === '' && !SWITCHES.has(key)) throw syntaxError(`query "${key}" has no value`);
    values.set(key, value);
  }
  const [tag, branch] = [values.get('tag'), values.get('branch')];
  if (tag !== undefined && branch !== undefined) throw syntaxError('branch conflicts with tag');
  setOnce(reference, 'ref', values.get('ref'));
  setOnce(reference, 'ref', tag && withPrefix('refs/tags/', tag));
  setOnce(reference, 'ref', branch && withPrefix('refs/heads/', branch));
  const directory = values.get('subdir');
  if (directory !== undefined) {
    if (reference.directory !== '' && reference.directory !== cleaned(directory))
      throw syntaxError(`subdir conflicts: "${reference.directory}" vs "${directory}"`);
    reference.directory = cleaned(directory);
  }
  setOnce(reference, 'checksum', values.get('checksum'));
  setOnce(reference, 'checksum', values.get('commit'));
  if (values.has('keep-git-dir')) reference.keepGitDir = isOn('keep-git-dir', values);
  if (values.has('submodules')) reference.submodules = isOn('submodules', values);
  const mtime = values.get('mtime');
  if (mtime !== undefined && mtime !== 'commit' && mtime !== 'checkout')
    throw syntaxError(`invalid mtime value: "${mtime}" (must be "checkout" or "commit")`);
  if (mtime === 'commit') reference.commitTimes = true;
}

const SWITCHES = new Set(['keep-git-dir', 'submodules', 'fetch-by-commit']);
const KEYS = new Set(['ref', 'tag', 'branch', 'subdir', 'checksum', 'commit', 'mtime', ...SWITCHES]);

function setOnce(reference: Mutable, key: 'ref' | 'checksum', value: string | undefined): void {
  if (value === undefined) return;
  const earlier = reference[key];
  if (earlier !== undefined && earlier !== value)
    throw syntaxError(`${key} conflicts: "${earlier}" vs "${value}"`);
  reference[key] = value;
}

function withPrefix(prefix: string, name: string): string {
  return name.startsWith(prefix) ? name : prefix + name;
}

function isOn(key: string, values: ReadonlyMap<string, string>): boolean {
  const value = values.get(key) ?? '';
  if (/^(|1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  throw syntaxError(`invalid ${key} value: "${value}"`);
}

function cleaned(directory: string): string {
  const parts: string[] = [];
  for (const part of directory.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}
