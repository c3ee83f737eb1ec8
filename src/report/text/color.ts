/**
 * The one place that knows about colours: when they are wanted, and which escape sequences make them.
 * The sequences are ECMA-48's SGR; https://no-color.org says when to leave them out.
 */

const SGR = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export type Style = keyof typeof SGR;

export type Paint = (style: Style | undefined, text: string) => string;

/** A painter that does nothing where `color` is false. Give it text that has been made printable already. */
export function createPaint(color: boolean): Paint {
  return (style, text) => {
    if (!color || style === undefined || text === '') return text;
    const [on, off] = SGR[style];
    return `\u001B[${on}m${text}\u001B[${off}m`;
  };
}

/**
 * Whether colours are wanted on a stream. NO_COLOR wins over FORCE_COLOR: of two contradicting wishes the one
 * that cannot spoil a log file. FORCE_COLOR=0 (or `false`) asks for none.
 */
export function wantsColor(
  environment: Readonly<Record<string, string | undefined>>,
  isTTY: boolean,
): boolean {
  if (environment['NO_COLOR']) return false;
  const force = environment['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return isTTY && environment['TERM'] !== 'dumb';
}
