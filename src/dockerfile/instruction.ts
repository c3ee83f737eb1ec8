/**
 * The instructions of a Dockerfile, typed. Words are as written: quotes, escapes and `$variables` are still in them
 * and are expanded with `words.ts` when the instruction is carried out, because only then their values are known.
 */

import type { Directives, Heredoc, LineRange, SyntaxWarning } from './ast.ts';
import type { Device, RunMount } from './mounts.ts';

interface Common {
  /** The instruction's name as written. */
  readonly keyword: string;
  readonly lines: LineRange;
  /** The whole instruction on one line, continuations joined, without heredoc bodies: what the history shows. */
  readonly text: string;
  /** The comments right above it. */
  readonly comments: readonly string[];
  /** The description in a comment `# NAME description` above it (FROM with its stage's name, ARG with its own). */
  readonly doc?: string;
}

export interface FromInstruction extends Common {
  readonly kind: 'from';
  /** Image reference, stage name or `scratch`, unexpanded. */
  readonly image: string;
  readonly platform?: string;
  /** `AS name` as written. */
  readonly as?: { readonly keyword: string; readonly name: string };
}

export interface NameValue {
  /** Expanded for ENV and LABEL, literal for ARG. */
  readonly name: string;
  /** With its quotes. */
  readonly value: string;
}

export interface ArgDeclaration {
  readonly name: string;
  /** The default with its quotes; undefined when there is none, which is not the same as an empty one. */
  readonly value?: string;
  readonly doc?: string;
}

export interface ArgInstruction extends Common {
  readonly kind: 'arg';
  readonly args: readonly ArgDeclaration[];
}

export interface EnvInstruction extends Common {
  readonly kind: 'env';
  readonly pairs: readonly NameValue[];
  /** Written in the old form `ENV name value`. */
  readonly legacy: boolean;
}

export interface LabelInstruction extends Common {
  readonly kind: 'label';
  readonly pairs: readonly NameValue[];
  readonly legacy: boolean;
}

/** A command: arguments to execute, or a text for the shell. */
export type Command =
  | { readonly form: 'shell'; readonly command: string }
  | { readonly form: 'exec'; readonly args: readonly string[] };

export type RunInstruction = Common &
  Command & {
    readonly kind: 'run';
    readonly heredocs: readonly Heredoc[];
    readonly mounts: readonly RunMount[];
    readonly network: 'default' | 'none' | 'host';
    readonly security: 'sandbox' | 'insecure';
    readonly devices: readonly Device[];
  };

interface Transfer extends Common {
  /** Paths, patterns and (ADD) URLs; heredocs are not among them. */
  readonly sources: readonly string[];
  readonly destination: string;
  /** Sources given in place, each a file with the heredoc's name. */
  readonly heredocs: readonly Heredoc[];
  readonly chown?: string;
  readonly chmod?: string;
  readonly link: boolean;
  readonly exclude: readonly string[];
}

export interface CopyInstruction extends Transfer {
  readonly kind: 'copy';
  /** Stage, stage index, named context or image; never expanded. */
  readonly from?: string;
  readonly parents: boolean;
}

export interface AddInstruction extends Transfer {
  readonly kind: 'add';
  readonly checksum?: string;
  /** Undefined when the flag was not given: the default then depends on the source. */
  readonly keepGitDir?: boolean;
  readonly unpack?: boolean;
}

export interface WorkdirInstruction extends Common {
  readonly kind: 'workdir';
  readonly path: string;
}

export interface UserInstruction extends Common {
  readonly kind: 'user';
  readonly user: string;
}

export interface VolumeInstruction extends Common {
  readonly kind: 'volume';
  readonly paths: readonly string[];
}

export interface ExposeInstruction extends Common {
  readonly kind: 'expose';
  /** Sorted. Each may expand to several ports. */
  readonly ports: readonly string[];
}

export interface StopsignalInstruction extends Common {
  readonly kind: 'stopsignal';
  readonly signal: string;
}

export interface ShellInstruction extends Common {
  readonly kind: 'shell';
  readonly shell: readonly string[];
}

export type CmdInstruction = Common & Command & { readonly kind: 'cmd' };

export type EntrypointInstruction = Common & Command & { readonly kind: 'entrypoint' };

export interface HealthcheckInstruction extends Common {
  readonly kind: 'healthcheck';
  /** `none` switches off the check that a base image brings. */
  readonly test: 'none' | Command;
  /** Nanoseconds; 0 means the default. */
  readonly interval: number;
  readonly timeout: number;
  readonly startPeriod: number;
  readonly startInterval: number;
  readonly retries: number;
}

export interface OnbuildInstruction extends Common {
  readonly kind: 'onbuild';
  /** The text kept in the image's config, heredoc bodies appended. `parseTrigger` reads it. */
  readonly trigger: string;
}

export interface MaintainerInstruction extends Common {
  readonly kind: 'maintainer';
  readonly maintainer: string;
}

/** Everything that can stand in a stage after its FROM. */
export type Instruction =
  | ArgInstruction
  | EnvInstruction
  | LabelInstruction
  | RunInstruction
  | CopyInstruction
  | AddInstruction
  | WorkdirInstruction
  | UserInstruction
  | VolumeInstruction
  | ExposeInstruction
  | StopsignalInstruction
  | ShellInstruction
  | CmdInstruction
  | EntrypointInstruction
  | HealthcheckInstruction
  | OnbuildInstruction
  | MaintainerInstruction;

export interface Stage {
  readonly index: number;
  /** In lower case. */
  readonly name?: string;
  readonly from: FromInstruction;
  readonly instructions: readonly Instruction[];
  readonly lines: LineRange;
  readonly doc?: string;
}

export interface Dockerfile {
  readonly source: string;
  readonly file: string;
  readonly directives: Directives;
  /** The ARG instructions before the first FROM. */
  readonly globalArgs: readonly ArgInstruction[];
  readonly stages: readonly Stage[];
  readonly warnings: readonly SyntaxWarning[];
}
