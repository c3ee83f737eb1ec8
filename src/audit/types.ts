/** What an audit answers. docs/audit.md describes it for users; these are the keys of the JSON too. */
import type { Capability } from './programs/program.ts';

export type Level = 'error' | 'warning' | 'note';

/** Where something was found. */
export type State =
  /** In the file tree that a container sees. */
  | 'visible'
  /** In a layer below one that removes it: whoever has the image has it. */
  | 'deleted'
  /** In a layer below one that has another file in its place. */
  | 'replaced'
  /** In the image's config: variables, labels, user. */
  | 'config'
  /** In the history of the image's config. */
  | 'history';

export interface Finding {
  /** Name of a rule (rules.ts). */
  readonly rule: string;
  readonly level: Level;
  /** What this adds to the surface; 0 for what is only told. Never less than 0. */
  readonly points: number;
  /** One line that names the thing. Holds no secret. */
  readonly message: string;
  readonly state: State;
  /** In the image, without a leading slash. */
  readonly path?: string;
  readonly layer?: { readonly index: number; readonly createdBy?: string };
  readonly program?: {
    /** As the table of programs has it. */
    readonly name: string;
    readonly capabilities: readonly Capability[];
    readonly reason: string;
    /** The program that it is a part of, for one name of many. */
    readonly appletOf?: string;
  };
  /** Why the entry point cannot do without it; such findings are listed apart, and caps do not count them. */
  readonly neededBy?: string;
  /** The project has accepted it. */
  readonly exception?: { readonly reason: string; readonly until?: string };
}

/** What is counted, for caps and for comparing two images. */
export const COUNTS = [
  'shells',
  'interpreters',
  'package-managers',
  'download-tools',
  'network-tools',
  'debuggers',
  'compilers',
  'clients',
  'privilege-tools',
  'other-tools',
  'executables',
  'setuid',
  'file-capabilities',
  'world-writable',
  'writable',
  'root-user',
  'secrets',
  'source',
  'access',
] as const;

export type CountName = (typeof COUNTS)[number];

export interface Count {
  readonly found: number;
  /** Of these, what the entry point cannot do without. */
  readonly needed: number;
}

export interface Score {
  /** Of the rules and weights below; a change of them is another version. */
  readonly version: number;
  /** 0 to 100, higher is better: `100 × 100 / (100 + points)`, rounded down to a tenth. */
  readonly value: number;
  readonly grade: string;
  readonly points: number;
  /** Of the points, those of what the entry point cannot do without. */
  readonly neededPoints: number;
  /** The score where everything else is taken away. */
  readonly best: number;
  /** Points by rule, most first. */
  readonly parts: readonly { readonly rule: string; readonly count: number; readonly points: number }[];
}

export interface Check {
  /** `CIS-DI-0001` */
  readonly id: string;
  readonly title: string;
  readonly outcome: 'pass' | 'fail' | 'not-decidable';
  readonly detail: string;
}

export interface Records {
  /** Packages by the database that names them. */
  readonly packages: Readonly<Record<string, number>>;
  /** Executables, and those of them that no package's list of files has. */
  readonly executables: number;
  readonly unowned: number;
}

export interface Need {
  readonly path: string;
  readonly reason: string;
}

export interface Audit {
  readonly image: {
    readonly name: string;
    readonly digest: string;
    readonly id: string;
    readonly platform: string;
    readonly layers: number;
    readonly files: number;
  };
  readonly user: { readonly declared: string; readonly uid?: number; readonly isRoot: boolean };
  readonly entry: { readonly args: readonly string[]; readonly needs: readonly Need[] };
  readonly score: Score;
  readonly counts: Readonly<Record<CountName, Count>>;
  /** The worst first. */
  readonly findings: readonly Finding[];
  readonly checks: readonly Check[];
  readonly records: Records;
  readonly notes: readonly string[];
}
