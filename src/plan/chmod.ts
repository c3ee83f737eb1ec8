/** `--chmod`: octal, or symbolic as chmod(1) has it (POSIX, "chmod": clauses with who, operator, permissions). */
import { DecantError } from '../errors.ts';

/** A new mode from an old one. */
export type ChangeMode = { readonly all: number } | ((mode: number, isDirectory: boolean) => number);

/** @throws DecantError DOCKERFILE_SYNTAX */
export function parseChmod(text: string): ChangeMode {
  if (/^[0-9]+$/.test(text)) {
    const mode = /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
    if (!(mode <= 0o7777)) throw invalid(text);
    return { all: mode };
  }
  const clauses = text.split(',').map((clause) => parseClause(clause, text));
  return (mode, isDirectory) => clauses.reduce((current, clause) => clause(current, isDirectory), mode);
}

const WHO_MASKS: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o1007, a: 0o7777 };

function parseClause(clause: string, text: string): (mode: number, isDirectory: boolean) => number {
  const match = /^([ugoa]*)((?:[-+=][rwxXst]*|[-+=][ugo])+)$/.exec(clause);
  if (!match) throw invalid(text);
  const who = match[1] || 'a';
  const mask = who.split('').reduce((bits, letter) => bits | (WHO_MASKS[letter] ?? 0), 0);
  const actions = [...(match[2] ?? '').matchAll(/([-+=])([rwxXstugo]*)/g)];
  return (mode, isDirectory) =>
    actions.reduce((current, [, operator, permissions]) => {
      const bits = permissionBits(permissions ?? '', current, isDirectory) & mask;
      if (operator === '+') return current | bits;
      if (operator === '-') return current & ~bits;
      // "=" clears the set-id bits too, of directories as well, and leaves the sticky bit, as BuildKit does.
      return (current & ~(mask & 0o6777)) | bits;
    }, mode);
}

function permissionBits(permissions: string, mode: number, isDirectory: boolean): number {
  let bits = 0;
  for (const letter of permissions) {
    if (letter === 'r') bits |= 0o444;
    else if (letter === 'w') bits |= 0o222;
    else if (letter === 'x') bits |= 0o111;
    else if (letter === 'X') bits |= isDirectory || mode & 0o111 ? 0o111 : 0;
    else if (letter === 's') bits |= 0o6000;
    else if (letter === 't') bits |= 0o1000;
    else bits |= spread(mode >> (letter === 'u' ? 6 : letter === 'g' ? 3 : 0));
  }
  return bits;
}

/** One class's three bits for all three classes. */
function spread(bits: number): number {
  const three = bits & 0o7;
  return (three << 6) | (three << 3) | three;
}

function invalid(text: string): DecantError {
  return new DecantError(
    'DOCKERFILE_SYNTAX',
    `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`,
    { hint: 'symbolic modes work too, such as --chmod=u=rwX,go=rX' },
  );
}
