/**
 * Image references by the grammar of the distribution project (`reference` package): what people type
 * (`debian:bookworm`), and the one canonical name it stands for (`docker.io/library/debian:bookworm`).
 */
import { DecantError } from '../errors.ts';
import { defined } from './json.ts';

export interface Reference {
  /** Registry host with its port: `docker.io`, `localhost:5000`, `[::1]:5000`. */
  readonly domain: string;
  /** Repository below the domain: `library/debian`. */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: string;
}

const DEFAULT_DOMAIN = 'docker.io';
const LEGACY_DEFAULT_DOMAIN = 'index.docker.io';
const OFFICIAL = 'library/';
const MAX_PATH_LENGTH = 255;
const MAX_LENGTH = 1024;

const DOMAIN_COMPONENT = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const DOMAIN = new RegExp(
  `^(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?$`,
);
const PATH_COMPONENT = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const HEX_64 = /^[0-9a-f]{64}$/;

/** Parses and normalises; no tag is made up (see `withDefaultTag`). Throws REFERENCE_INVALID. */
export function parseReference(text: string): Reference {
  if (text.length === 0) throw invalid(text, 'it is empty');
  if (text.length > MAX_LENGTH) throw invalid(text, 'it is too long');
  const scheme = /^[a-z]+:\/\//.exec(text)?.[0];
  if (scheme !== undefined) throw invalid(text, 'it is a URL', `leave out ${scheme}`);
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !DIGEST.test(digest)) {
    throw invalid(text, 'its digest is not sha256: and 64 lower-case hexadecimal digits');
  }
  const named = at < 0 ? text : text.slice(0, at);
  // A colon before the last slash belongs to the registry's port.
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  if (tag !== undefined && !TAG.test(tag)) {
    throw invalid(text, 'a tag is 1 to 128 letters, digits, _ . or -, and starts with neither . nor -');
  }
  const { domain, path } = splitDomain(colon < 0 ? named : named.slice(0, colon));
  checkName(text, domain, path);
  return defined<Reference>({ domain, path, tag, digest });
}

/** The reference with tag `latest`, if it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined
    ? { ...reference, tag: 'latest' }
    : reference;
}

/** In full: `docker.io/library/debian:bookworm`. */
export function canonical(reference: Reference): string {
  return `${reference.domain}/${reference.path}${suffix(reference)}`;
}

/** As people write it: `debian:bookworm`, `me/app:1`, `registry.example/app`. */
export function familiar(reference: Reference): string {
  return familiarRepository(reference) + suffix(reference);
}

/** The name without tag and digest, as people write it. */
export function familiarRepository({ domain, path }: Reference): string {
  if (domain !== DEFAULT_DOMAIN) return `${domain}/${path}`;
  const components = path.split('/');
  const [first = '', second = ''] = components;
  if (components.length === 2 && `${first}/` === OFFICIAL) return second;
  // `docker.io/a.b/c` without its domain would read as a repository of the registry a.b.
  return isDomain(first) ? `${domain}/${path}` : path;
}

/**
 * What an image is stored under: a name with a tag (`latest` where there is none), never a digest.
 * Throws REFERENCE_INVALID.
 */
export function parseImageName(text: string): Reference & { readonly tag: string } {
  const reference = parseReference(text);
  if (reference.digest !== undefined) {
    throw invalid(text, 'an image is named by a tag, not by a digest', 'leave out everything from the @ on');
  }
  return { domain: reference.domain, path: reference.path, tag: reference.tag ?? 'latest' };
}

function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const domain = isDomain(first) ? first : DEFAULT_DOMAIN;
  const path = isDomain(first) ? name.slice(slash + 1) : name;
  if (domain !== DEFAULT_DOMAIN && domain !== LEGACY_DEFAULT_DOMAIN) return { domain, path };
  return { domain: DEFAULT_DOMAIN, path: path.includes('/') ? path : OFFICIAL + path };
}

/** Without a dot, a port, `localhost` or a capital letter the first component is a path on the default registry. */
function isDomain(component: string): boolean {
  return /[.:]/.test(component) || component === 'localhost' || component !== component.toLowerCase();
}

function checkName(text: string, domain: string, path: string): void {
  if (!DOMAIN.test(domain)) throw invalid(text, `${JSON.stringify(domain)} is not a registry's name`);
  if (HEX_64.test(text)) throw invalid(text, '64 hexadecimal digits are an image id, not a name');
  if (path.length > MAX_PATH_LENGTH)
    throw invalid(text, `its name is longer than ${MAX_PATH_LENGTH} characters`);
  if (path.split('/').every((component) => PATH_COMPONENT.test(component))) return;
  if (path !== path.toLowerCase()) {
    const typed = text.includes(path) ? path : path.slice(OFFICIAL.length);
    throw invalid(text, 'its name has capital letters', `write ${text.replace(typed, typed.toLowerCase())}`);
  }
  throw invalid(text, 'a name is lower-case letters and digits, separated by . _ - or /');
}

function suffix({ tag, digest }: Reference): string {
  return (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
}

function invalid(
  text: string,
  why: string,
  hint = 'write NAME, NAME:TAG or NAME@sha256:…, like debian:bookworm',
): DecantError {
  return new DecantError(
    'REFERENCE_INVALID',
    `invalid image reference ${JSON.stringify(text.slice(0, 200))}: ${why}`,
    {
      hint,
    },
  );
}
