/** What breaking in answers. docs/audit.md describes it for users; these are the keys of the JSON too. */

export type AttemptKind =
  | 'shell'
  | 'look-around'
  | 'read'
  | 'environment'
  | 'interpreter'
  | 'package-manager'
  | 'download'
  | 'network'
  | 'drop';

/** Why something did not work. */
export type Refusal =
  /** There is no such file. */
  | 'not-there'
  /** It is no program, or not for this machine, or its own interpreter is not there. */
  | 'not-executable'
  /** The user may not. */
  | 'no-permission'
  /** It took too long. */
  | 'no-end'
  /** It ran, and did not do what was tried. */
  | 'failed'
  /** The time for all attempts was over. */
  | 'not-tried';

export interface Attempt {
  readonly kind: AttemptKind;
  /** The program, or the directory that a program of our own was dropped into. */
  readonly what: string;
  readonly args: readonly string[];
  readonly worked: boolean;
  readonly refusal?: Refusal;
  /** What it said, one line. */
  readonly detail: string;
  readonly status?: number;
}

export interface BreakInAs {
  /** As it was asked for; '' is what the image declares. */
  readonly user: string;
  readonly declared: boolean;
  readonly attempts: readonly Attempt[];
}

export interface BreakIn {
  readonly users: readonly BreakInAs[];
  readonly tried: number;
  readonly worked: number;
}
