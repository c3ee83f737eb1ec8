/** What driver.ts takes and gives, as JSON. */

export interface ScenarioEntry {
  readonly path: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'whiteout' | 'char' | 'fifo';
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly mtime?: number;
  readonly target?: string;
  readonly text?: string;
  /** A file of this machine as the content. */
  readonly from?: string;
  readonly opaque?: boolean;
  readonly link?: string;
  readonly major?: number;
  readonly minor?: number;
  /** Values in hexadecimal. */
  readonly xattrs?: Readonly<Record<string, string>>;
}

export interface Scenario {
  /** Lowest first. */
  readonly layers: readonly (readonly ScenarioEntry[])[];
  /** A tar archive below the layers. */
  readonly archive?: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly user?: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] };
  readonly network?: 'host' | 'none';
  readonly readOnly?: boolean;
  readonly certificates?: string;
  readonly cache?: boolean;
  readonly mounts?: readonly {
    readonly type: 'data';
    readonly target: string;
    readonly bytes: string;
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
  }[];
  /** Abort the run when its output has this. */
  readonly abortOn?: string;
  /** Send the process a signal when its output has the text. */
  readonly signalOn?: { readonly text: string; readonly signal: NodeJS.Signals };
  /** The process has the driver's own terminal. */
  readonly terminal?: boolean;
  /** A file to copy the output to as it comes. */
  readonly log?: string;
}

export interface ScenarioResult {
  readonly status?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly written?: Readonly<Record<string, string>>;
  readonly error?: string;
  readonly message?: string;
}
