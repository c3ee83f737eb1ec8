/** What the checks know of a base image: from the store where it is there, from what is known of its name otherwise. */
import type { BaseFacts } from '../dockerfile/lint/options.ts';
import type { Platform } from '../oci/platform.ts';

export interface BaseKnowledge extends Omit<BaseFacts, 'env'> {
  /** Absent where only the image itself could tell. */
  readonly env?: readonly string[] | undefined;
  /** USER of its config; absent where it is not known, '' for root. */
  readonly user?: string | undefined;
  readonly inside: () => Promise<Inside>;
  /** Undefined where it is not known who is in it. */
  readonly accounts: () => Promise<Accounts | undefined>;
}

export interface Inside {
  /** Whether there is a program of this absolute path, links followed; undefined where it is not known. */
  readonly hasProgram: (path: string) => boolean | undefined;
  /** How the package manager and the compiler in it are called, where there are such. */
  readonly packageManager?: string | undefined;
  readonly compiler?: string | undefined;
}

/** Names in /etc/passwd and /etc/group. */
export interface Accounts {
  readonly users: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
}

/** Finds an image, or undefined where it is not there. */
export type FindBase = (name: string, platform: Platform) => Promise<BaseKnowledge | undefined>;

/** `root` needs no /etc/passwd: decant and BuildKit know it. */
export const SCRATCH: BaseKnowledge = {
  env: [],
  user: '',
  inside: () => Promise.resolve({ hasProgram: () => false }),
  accounts: () => Promise.resolve({ users: new Set(['root']), groups: new Set(['root']) }),
};
