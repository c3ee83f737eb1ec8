/** Quotes around spaces in COPY, ADD and VOLUME: the builder splits words first, and only their JSON form holds spaces. */
import type { Instruction } from '../dockerfile/instruction.ts';
import { DecantError } from '../errors.ts';

/** Expands words; where quotes reach over several of them, the error says what to write instead. */
export function expandSplit<T>(instruction: Instruction, words: readonly string[], expand: () => T): T {
  try {
    return expand();
  } catch (error) {
    if (!(error instanceof DecantError)) throw error;
    const [before = ''] = WITH_FLAGS.exec(instruction.text) ?? [];
    const meant = joined(instruction.text.slice(before.length).trim());
    if (meant === undefined || meant.length >= words.length) throw error;
    const { code, message, cause } = error;
    const form = `${before} [${meant.map((word) => JSON.stringify(word)).join(', ')}]`;
    throw new DecantError(code, message, {
      cause,
      hint: `quotes do not hold words together here: write ${form}`,
    });
  }
}

const WITH_FLAGS = /^\S+(?:[ \t]+--\S+)*/;

/** The words that a shell would make of it; undefined where a quote is never closed, and for what is JSON already. */
function joined(text: string): readonly string[] | undefined {
  if (text.startsWith('[') || !/^(?:"[^"]*"|'[^']*'|[^"'])*$/.test(text)) return undefined;
  const words = text.match(/(?:"[^"]*"|'[^']*'|[^"'\s])+/g) ?? [];
  return words.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}
