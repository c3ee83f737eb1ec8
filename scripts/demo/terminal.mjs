/** How the demo looks: titles, marks and columns. Colours only on a terminal. */
import { styleText } from 'node:util';

export function title(text) {
  say(`\n${style('bold', text)}`);
}

export function say(line) {
  process.stdout.write(`${line}\n`);
}

export const good = (text) => style('green', text);
export const bad = (text) => style('red', text);
export const dim = (text) => style('dim', text);

/** A line that begins with a mark: done, or not. */
export function check(isRight, text) {
  say(`  ${isRight ? good('✓') : bad('✗')} ${text}`);
  return isRight;
}

export function megabytes(bytes) {
  return bytes >= 10_000_000 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e6).toFixed(2)} MB`;
}

/** Whole numbers are rounded down, so that nothing is ever said to be more than it is. */
export function times(ratio) {
  return `${ratio < 10 ? (Math.floor(ratio * 10) / 10).toFixed(1) : Math.floor(ratio)} : 1`;
}

function style(format, text) {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(format, text) : text;
}
