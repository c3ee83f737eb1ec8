/**
 * What all text from outside goes through before it is shown: first made printable, so that no control sequence
 * hides in the middle of a credential, then freed of credentials.
 */
import { printable } from './printable.ts';
import { redact } from './redact.ts';

/** Text of one line or several. */
export function clean(text: string): string {
  return redact(printable(text));
}

/** Text on one line: line feeds become spaces. */
export function cleanLine(text: string): string {
  return clean(text).replaceAll('\n', ' ');
}
