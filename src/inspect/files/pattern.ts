/**
 * Shell patterns as find(1) has them (fnmatch(3) without FNM_PATHNAME: `*` and `?` also match a slash). Matched with two
 * pointers that go back to the last star only, so that no pattern makes a name slow.
 */

export type Matcher = (text: string) => boolean;

type Token =
  | { readonly kind: 'star' }
  | { readonly kind: 'any' }
  | { readonly kind: 'character'; readonly value: string }
  | {
      readonly kind: 'class';
      readonly negated: boolean;
      readonly ranges: readonly (readonly [string, string])[];
    };

export function shellPattern(pattern: string, ignoreCase = false): Matcher {
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  const tokens = tokensOf(fold(pattern));
  return (text) => matches(tokens, Array.from(fold(text)));
}

function matches(tokens: readonly Token[], text: readonly string[]): boolean {
  let [token, at] = [0, 0];
  let [star, starAt] = [-1, 0];
  while (at < text.length) {
    const current = tokens[token];
    if (current?.kind === 'star') {
      star = token++;
      starAt = at;
    } else if (current && matchesOne(current, text[at] ?? '')) {
      token += 1;
      at += 1;
    } else if (star >= 0) {
      token = star + 1;
      at = ++starAt;
    } else return false;
  }
  while (tokens[token]?.kind === 'star') token += 1;
  return token === tokens.length;
}

function matchesOne(token: Token, character: string): boolean {
  switch (token.kind) {
    case 'any':
      return true;
    case 'character':
      return token.value === character;
    case 'class':
      return token.negated !== token.ranges.some(([low, high]) => low <= character && character <= high);
    case 'star':
      return false;
  }
}

function tokensOf(pattern: string): readonly Token[] {
  const characters = Array.from(pattern);
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    if (character === '*') {
      if (tokens.at(-1)?.kind !== 'star') tokens.push({ kind: 'star' });
    } else if (character === '?') tokens.push({ kind: 'any' });
    else if (character === '\\' && at + 1 < characters.length)
      tokens.push({ kind: 'character', value: characters[++at] ?? '' });
    else if (character === '[') {
      const found = classAt(characters, at);
      tokens.push(found?.token ?? { kind: 'character', value: '[' });
      if (found) at = found.end;
    } else tokens.push({ kind: 'character', value: character });
  }
  return tokens;
}

/** A class that is not closed is a bracket like any other character. */
function classAt(characters: readonly string[], start: number) {
  let at = start + 1;
  const negated = characters[at] === '!' || characters[at] === '^';
  if (negated) at += 1;
  const first = at;
  const ranges: [string, string][] = [];
  for (; at < characters.length; at += 1) {
    const low = characters[at] ?? '';
    if (low === ']' && at > first) return { token: { kind: 'class', negated, ranges } as const, end: at };
    const isRange = characters[at + 1] === '-' && at + 2 < characters.length && characters[at + 2] !== ']';
    ranges.push([low, isRange ? (characters[at + 2] ?? low) : low]);
    if (isRange) at += 2;
  }
  return undefined;
}
