/**
 * Names of files as they are shown. Unlike a program's output, whose colours say nothing once they are not shown, a name
 * with a control sequence in it must not look like another: every control character becomes a picture of itself.
 */
import { cleanLine } from './clean.ts';

export function shownName(name: string): string {
  return cleanLine(name.replaceAll(/\p{Cc}/gu, picture));
}

/** Unicode has pictures for C0 and DEL (U+2400 on); those of C1 are told by their number. */
function picture(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : `\\x${code.toString(16)}`;
}
