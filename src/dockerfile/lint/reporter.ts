/**
 * Collects findings, and leaves out those that a directive or a comment skips (BuildKit: `# check=skip=A,B;error=true`
 * at the top of the file, the same form in a comment above an instruction).
 */
import type { LineRange } from '../ast.ts';
import { parseCheckOptions, type CheckOptions } from '../directives.ts';
import { attempt } from '../failure.ts';
import type { Finding, Rule } from './rule.ts';

export interface Reporter {
  report(rule: Rule, lines: LineRange, message: string): void;
  /** The same list under what comments above an instruction say. */
  within(comments: readonly string[]): Reporter;
  readonly findings: Finding[];
}

export function createReporter(options: CheckOptions, findings: Finding[] = []): Reporter {
  return {
    findings,
    report(rule, lines, message) {
      if (isWanted(rule, options)) findings.push({ rule, lines, message });
    },
    within(comments) {
      const more = commentOptions(comments);
      return more ? createReporter(merge(options, more), findings) : this;
    },
  };
}

export function isWanted(rule: Rule, { skip, experimental }: CheckOptions): boolean {
  const names = rule.experimental ? experimental : skip;
  const isNamed = names === 'all' || names.includes(rule.name);
  return rule.experimental === true ? isNamed : !isNamed;
}

/** The first comment in the form of a directive counts; one that cannot be read is a comment like any other. */
function commentOptions(comments: readonly string[]): CheckOptions | undefined {
  for (const comment of comments) {
    const match = /^check\s*=\s*(\S+)/i.exec(comment);
    if (!match) continue;
    return attempt(() => parseCheckOptions(match[1] ?? ''));
  }
  return undefined;
}

function merge(outer: CheckOptions, inner: CheckOptions): CheckOptions {
  return {
    error: outer.error,
    skip: union(outer.skip, inner.skip),
    experimental: union(outer.experimental, inner.experimental),
  };
}

function union(one: readonly string[] | 'all', other: readonly string[] | 'all'): readonly string[] | 'all' {
  return one === 'all' || other === 'all' ? 'all' : [...one, ...other];
}
