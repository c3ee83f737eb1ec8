/** What a server asks for: `WWW-Authenticate` (RFC 9110, section 11.6.1), one or several challenges in one header. */

export interface Challenge {
  /** Lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** More than this is not read: a server has no reason to say so much. */
const MAX_LENGTH = 8192;
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;

/** The challenges of one header or several, in their order. What cannot be understood is left out. */
export function parseChallenges(header: string | readonly string[] | undefined): readonly Challenge[] {
  const texts = typeof header === 'string' ? [header] : (header ?? []);
  return texts.flatMap((text) => parse(text.slice(0, MAX_LENGTH)));
}

function parse(text: string): readonly Challenge[] {
  const found: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const result = pattern.exec(text);
    if (result) at = pattern.lastIndex;
    return result;
  };
  const skip = (characters: string): void => {
    while (at < text.length && characters.includes(text.charAt(at))) at += 1;
  };
  for (;;) {
    skip(' \t,');
    const name = match(TOKEN)?.[0];
    if (name === undefined) return found;
    const before = at;
    skip(' \t');
    if (text[at] !== '=') {
      // A word without a value begins the next challenge.
      at = before;
      found.push({ scheme: name.toLowerCase(), parameters: new Map() });
      continue;
    }
    at += 1;
    skip(' \t');
    const quoted = match(QUOTED)?.[1];
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? match(TOKEN)?.[0];
    if (value === undefined) return found;
    found.at(-1)?.parameters.set(name.toLowerCase(), value);
  }
}
