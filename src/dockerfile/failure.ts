/** Errors with the place they are about: the part of the error that every stage of the pipeline needs. */

import { DecantError, type Place } from '../errors.ts';
import type { LineRange } from './ast.ts';

/** The text that line numbers refer to. */
export interface SourceText {
  readonly file: string;
  readonly source: string;
}

export function syntaxError(message: string, hint?: string): DecantError {
  return new DecantError('DOCKERFILE_SYNTAX', message, { hint });
}

export function placeOf(text: SourceText, lines: LineRange): Place {
  return { file: text.file, start: lines.start, end: lines.end, source: text.source };
}

/** Runs a step and gives its error the place, unless the error knows a better one. */
export function within<T>(text: SourceText, lines: LineRange, step: () => T, prefix = ''): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof DecantError) || error.place) throw error;
    const place = placeOf(text, lines);
    throw new DecantError(error.code, prefix + error.message, {
      hint: error.hint,
      place,
      cause: error.cause,
    });
  }
}
