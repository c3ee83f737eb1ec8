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

/** The error with the place, unless it has one already or is not meant for the user. */
export function placed(error: unknown, place: Place, prefix = ''): unknown {
  if (!(error instanceof DecantError) || error.place) return error;
  return new DecantError(error.code, prefix + error.message, { hint: error.hint, place, cause: error.cause });
}

/** Undefined where it fails: what is wrong is for others to say. */
export function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof DecantError) return undefined;
    throw error;
  }
}
