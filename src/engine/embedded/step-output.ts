/** A step's output as whole lines for the progress, with the last of them kept for the error message. */
import { StringDecoder } from 'node:string_decoder';

/** Lines of a failed step that its error shows. */
const KEPT_LINES = 60;
/** What a process prints without ever ending a line is cut here. */
const MAX_LINE = 64 * 1024;

export interface StepOutput {
  readonly write: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  /** Gives out what did not end in a newline. */
  end(): void;
  lastLines(): readonly string[];
}

/** @param clean Applied to every line: what it takes away is neither shown nor kept. */
export function stepOutput(
  tell: (stream: 'stdout' | 'stderr', text: string) => void,
  clean: (line: string) => string = (line) => line,
): StepOutput {
  const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  const partial = { stdout: '', stderr: '' };
  const kept: string[] = [];
  let dropped = 0;
  const give = (stream: 'stdout' | 'stderr', said: readonly string[]): void => {
    if (said.length === 0) return;
    const lines = said.map(clean);
    const first = Math.max(0, lines.length - KEPT_LINES);
    kept.push(...lines.slice(first));
    dropped += first + kept.splice(0, Math.max(0, kept.length - KEPT_LINES)).length;
    tell(stream, lines.map((line) => `${line}\n`).join(''));
  };
  return {
    write(stream, chunk) {
      const lines = (partial[stream] + decoders[stream].write(chunk)).split('\n');
      const rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE) lines.push(rest);
      partial[stream] = rest.length > MAX_LINE ? '' : rest;
      give(stream, lines);
    },
    end() {
      for (const stream of ['stdout', 'stderr'] as const) {
        const rest = partial[stream] + decoders[stream].end();
        partial[stream] = '';
        if (rest !== '') give(stream, [rest]);
      }
    },
    lastLines: () =>
      dropped > 0
        ? [`(${dropped} more before this: \`decant logs latest failed\` shows all)`, ...kept]
        : kept,
  };
}
