/**
 * An error as people see it: what failed with its code, where in the Dockerfile, what the failing step printed last
 * (in full: it was clipped while the step ran), why, and what to do. Everything in an error may come from outside,
 * so all of it is made printable and free of credentials here.
 */
import { DecantError, type Place } from '../../errors.ts';
import { createPaint, type Paint } from '../../report/text/color.ts';
import { clean, cleanLine } from '../../report/text/clean.ts';
import { clip } from '../../report/text/width.ts';

export interface ErrorFormat {
  readonly color: boolean;
  /** Show stack traces (DECANT_DEBUG=1). */
  readonly debug: boolean;
}

/** Lines of text without a line feed at the end. */
export function formatError(error: unknown, { color, debug }: ErrorFormat): string {
  const paint = createPaint(color);
  const known = asDecantError(error);
  const chain = causeChain(known);
  const place = firstOf(chain, (link) => link.place);
  const output = firstOf(chain, (link) => link.output);
  const hint = firstOf(chain, (link) => link.hint);
  return [
    `${paint('red', 'error:')} ${paint('bold', message(known.message))} [${known.code}]`,
    ...(place === undefined ? [] : excerpt(place, paint)),
    ...(output === undefined || output.length === 0 ? [] : outputBlock(output, paint)),
    ...causes(chain).map((text) => `${paint('yellow', 'cause:')} ${text}`),
    ...(hint === undefined ? [] : [`${paint('cyan', 'hint:')} ${message(hint)}`]),
    ...(debug ? stacks(chain) : []),
  ].join('\n');
}

/** Any value that was thrown as an error with a code: what is not one of ours is a fault of the program. */
export function asDecantError(error: unknown): DecantError {
  if (error instanceof DecantError) return error;
  if (error instanceof Error && error.name === 'AbortError') {
    return new DecantError('INTERRUPTED', 'interrupted', { cause: error });
  }
  return new DecantError('INTERNAL', textOf(error) || 'an error without a message', {
    cause: error,
    hint: 'this is a fault in decant; run the command again with DECANT_DEBUG=1 to see where, and report it',
  });
}

// Lines shown before and after the place, the longest excerpt of the place itself, and the widest line of it.
const AROUND = 2;
const LONGEST_EXCERPT = 12;
const WIDEST_LINE = 200;

/** The lines of the place, marked with `>>>`, and two lines before and after. */
export function excerpt(place: Place, paint: Paint): readonly string[] {
  const range = place.end > place.start ? `${place.start}-${place.end}` : `${place.start}`;
  const title = `${cleanLine(place.file)}:${range}`;
  if (place.source === undefined) return [`  ${paint('dim', 'at')} ${title}`];
  const lines = place.source.split('\n');
  const first = Math.max(1, place.start - AROUND);
  const last = Math.min(lines.length, place.end + AROUND);
  const digits = String(last).length;
  const shown: string[] = [];
  const cutFrom = place.start + LONGEST_EXCERPT;
  for (let number = first; number <= last; number += 1) {
    const isPlace = number >= place.start && number <= place.end;
    if (isPlace && number >= cutFrom && number < place.end) {
      if (number === cutFrom) shown.push(paint('dim', `      ${' '.repeat(digits)} …`));
      continue;
    }
    const text = `${String(number).padStart(digits)} | ${sourceLine(lines[number - 1] ?? '')}`.trimEnd();
    shown.push(isPlace ? `${paint('red', '  >>>')} ${text}` : `      ${paint('dim', text)}`);
  }
  return ['', title, ...shown, ''];
}

function sourceLine(line: string): string {
  return clip(cleanLine(line).replaceAll('\t', '    '), WIDEST_LINE);
}

function outputBlock(output: readonly string[], paint: Paint): readonly string[] {
  return ['last output:', ...output.map((line) => `  ${paint('dim', '|')} ${cleanLine(line)}`.trimEnd()), ''];
}

/** The messages below the first one, each once: a wrapping error often repeats what it wraps. */
function causes(chain: readonly Link[]): readonly string[] {
  const [top, ...rest] = chain.map((link) => link.message);
  const said = [top ?? ''];
  const texts: string[] = [];
  for (const text of rest) {
    if (text === '' || said.some((earlier) => earlier.includes(text))) continue;
    said.push(text);
    texts.push(message(text));
  }
  return texts;
}

interface Link {
  readonly message: string;
  readonly stack: string | undefined;
  readonly place?: Place | undefined;
  readonly hint?: string | undefined;
  readonly output?: readonly string[] | undefined;
}

const LONGEST_CHAIN = 16;

/** The error and its causes, outermost first. A chain that bites its own tail ends there. */
function causeChain(error: DecantError): readonly Link[] {
  const seen = new Set<unknown>();
  const chain: Link[] = [];
  let current: unknown = error;
  while (current !== undefined && current !== null && !seen.has(current) && chain.length < LONGEST_CHAIN) {
    seen.add(current);
    chain.push(linkOf(current));
    current = causeOf(current);
  }
  return chain;
}

function linkOf(error: unknown): Link {
  const stack = error instanceof Error ? error.stack : undefined;
  if (!(error instanceof DecantError)) return { message: textOf(error), stack };
  const { message, place, hint, output } = error;
  return { message, stack, place, hint, output };
}

/** Connecting to a host of several addresses fails with an AggregateError: its first error stands for all. */
function causeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  if (error.cause !== undefined) return error.cause;
  return error instanceof AggregateError ? error.errors[0] : undefined;
}

function textOf(error: unknown): string {
  if (!(error instanceof Error))
    return typeof error === 'string' ? error : 'something that is not an error was thrown';
  if (error.message !== '') return error.message;
  return error instanceof AggregateError ? '' : error.name;
}

function stacks(chain: readonly Link[]): readonly string[] {
  return chain.flatMap(({ stack }) => (stack === undefined ? [] : ['', clean(stack)]));
}

function firstOf<T>(chain: readonly Link[], read: (link: Link) => T | undefined): T | undefined {
  return chain.map(read).find((value) => value !== undefined);
}

/** A message of several lines keeps them, indented, so that no line of it passes for one of ours. */
function message(text: string): string {
  return clean(text.trim()).replaceAll('\n', '\n  ');
}
