/** What is going to be suggested: a base of the catalogue, what is added to it, and for which files. */
import type { SuiteVersion } from '../recipe.ts';

export interface Reason {
  /** A file of the application; with a leading slash, one of the base. */
  readonly path: string;
  /** `needs libpq.so.5` */
  readonly text: string;
}

export interface Extra {
  readonly package: string;
  readonly reasons: readonly Reason[];
}

export interface LinkedFile {
  /** Absolute. */
  readonly path: string;
  readonly target: string;
  readonly reason: Reason;
}

/** What the application needs and nothing provides. */
export interface Problem {
  readonly kind: 'library' | 'version' | 'loader' | 'runtime' | 'program';
  /** `libfoo.so.9`, `GLIBC_2.38`, `Node.js 22` */
  readonly name: string;
  readonly neededBy: readonly string[];
  /** `needs libfoo.so.9, which no package of Debian 13 has` */
  readonly text: string;
}

export interface Plan {
  readonly name: string;
  readonly suite: SuiteVersion;
  readonly family: string;
  /** Why this base: what it has that the application needs. */
  readonly reasons: readonly Reason[];
  readonly extras: readonly Extra[];
  readonly links: readonly LinkedFile[];
  readonly environment: Readonly<Record<string, string>>;
}
