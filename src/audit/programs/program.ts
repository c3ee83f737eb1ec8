/** What a program gives to whoever gets a foothold in a container: the form of the tables in this folder. */

/** What an intruder can do with it, the words that reports and settings use. docs/audit.md says what each is worth. */
export const CAPABILITIES = [
  'shell',
  'interpreter',
  'package-manager',
  'download',
  'transfer',
  'remote',
  'network',
  'debugger',
  'compiler',
  'container',
  'cloud',
  'privilege',
  'persistence',
  'database',
  'execute',
  'editor',
  'view',
  'search',
  'edit',
  'archive',
  'crypto',
  'account',
  'system',
] as const;

export type Capability = (typeof CAPABILITIES)[number];

/** A row: the name, what it can do (what it is foremost, and counted as, first), and the reason that it is listed. */
export type ProgramRow = readonly [name: string, capabilities: readonly Capability[], reason: string];
