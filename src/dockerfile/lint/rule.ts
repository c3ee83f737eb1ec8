/**
 * What a check is and what it finds. A rule is a value: its name is what `# check=skip=NAME` names, its texts are what
 * the command line and docs/checks.md show.
 */
import type { LineRange } from '../ast.ts';

/** `error`: the image will not work. `warning`: it should be mended. `note`: it could be better. */
export type Level = 'error' | 'warning' | 'note';

export interface Rule {
  readonly name: string;
  readonly level: Level;
  /** Who else has this rule, by this name and with these messages. */
  readonly origin: 'buildkit' | 'decant';
  /** One sentence without a full stop. */
  readonly description: string;
  readonly reason: string;
  readonly fix: string;
  /** A line or two that it finds. */
  readonly example: string;
  /** Runs only where `# check=experimental=NAME` asks for it. */
  readonly experimental?: boolean;
}

export interface Finding {
  readonly rule: Rule;
  /** About this place in particular. */
  readonly message: string;
  readonly lines: LineRange;
}

/** Where a rule is explained, from the root of the package. */
export function ruleDocumentation(rule: Rule): string {
  return `docs/checks.md#${rule.name.toLowerCase()}`;
}
