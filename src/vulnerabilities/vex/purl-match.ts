/**
 * Whether one package URL speaks of what another names: type, namespace and name are the same, and version and
 * qualifiers where the first has them.
 */

interface Parts {
  readonly name: string;
  readonly version?: string;
  readonly qualifiers: ReadonlyMap<string, string>;
}

export function matchesPurl(pattern: string, purl: string): boolean {
  const [wanted, given] = [partsOf(pattern), partsOf(purl)];
  if (!wanted || !given || wanted.name !== given.name) return false;
  if (wanted.version !== undefined && wanted.version !== given.version) return false;
  return [...wanted.qualifiers].every(([key, value]) => given.qualifiers.get(key) === value);
}

function partsOf(purl: string): Parts | undefined {
  const [, rest, query] = /^pkg:\/*([^?#]+)(?:\?([^#]*))?/i.exec(purl) ?? [];
  if (rest === undefined) return undefined;
  // The version begins at the last `@`, which no name has unencoded.
  const at = rest.lastIndexOf('@');
  const slash = rest.lastIndexOf('/');
  const hasVersion = at > slash && at > 0;
  const name = hasVersion ? rest.slice(0, at) : rest;
  const version = hasVersion ? decoded(rest.slice(at + 1)) : undefined;
  const type = name.slice(0, name.indexOf('/')).toLowerCase();
  const qualifiers = new Map(
    (query ?? '').split('&').flatMap((pair) => {
      const [key = '', value = ''] = pair.split(/=(.*)/s);
      return value === '' ? [] : [[key.toLowerCase(), decoded(value)] as const];
    }),
  );
  return {
    name: `${type}${decoded(name.slice(type.length))}`,
    ...(version !== undefined && { version }),
    qualifiers,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
