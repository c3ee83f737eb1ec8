/**
 * The syntax tree: what the lines of a Dockerfile say before anyone asks what the instructions mean. A flat list of
 * nodes, each an instruction word, its flags, its arguments and its heredocs.
 */

export type EscapeCharacter = '\\' | '`';

/** Lines of the source, counted from 1, both included. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

export interface Heredoc {
  /** The terminator, which is also the name of the file that COPY and ADD make of it. */
  readonly name: string;
  /** The number before `<<`, 0 when there is none. */
  readonly fileDescriptor: number;
  /** Whether variables in the body are expanded (COPY and ADD): no part of the delimiter was quoted. */
  readonly expand: boolean;
  /** `<<-`: tabs at the beginning of each line are no part of the content. */
  readonly chomp: boolean;
  /** The lines as written, without the terminator. */
  readonly raw: string;
  /** The lines with leading tabs removed where `chomp` says so. */
  readonly content: string;
}

export interface SyntaxNode {
  /** The instruction's name as written (`FROM`, `from`). */
  readonly keyword: string;
  /** Words beginning with `--` between name and arguments, quotes and escapes removed. */
  readonly flags: readonly string[];
  /** How many parts there are, and what they hold, depends on the instruction: see `arguments.ts`. */
  readonly args: readonly string[];
  /** The arguments were given as a JSON array of strings. */
  readonly json: boolean;
  /** The instruction that ONBUILD defers. */
  readonly trigger?: SyntaxNode;
  readonly heredocs: readonly Heredoc[];
  /** Continuations joined, comments between them left out, trimmed; without the bodies of heredocs. */
  readonly text: string;
  readonly lines: LineRange;
  /** The comments above, in order, without their `#`. An empty comment clears those before it. */
  readonly comments: readonly string[];
}

export interface SyntaxWarning {
  readonly line: number;
  readonly message: string;
  readonly rule: string;
}

export interface Directives {
  readonly syntax?: string;
  readonly escape: EscapeCharacter;
  readonly check?: string;
}

export interface SyntaxTree {
  readonly directives: Directives;
  readonly nodes: readonly SyntaxNode[];
  readonly warnings: readonly SyntaxWarning[];
}
