/** `decant audit` */
import { auditImage } from '../../audit/audit.ts';
import {
  type Exception,
  type Policy,
  type Violation,
  violationsOf,
  withExceptions,
} from '../../audit/policy.ts';
import { AUDIT_RULES } from '../../audit/rules.ts';
import { type Audit, COUNTS, type CountName, type Level } from '../../audit/types.ts';
import { breakIn } from '../../audit/break-in/break-in.ts';
import type { BreakIn } from '../../audit/break-in/types.ts';
import { NamespaceNeeded } from '../../engine/embedded/namespace.ts';
import { DecantError } from '../../errors.ts';
import type { ImageView } from '../../inspect/image/image-view.ts';
import type { ReadMeans } from '../../transport/image.ts';
import { auditJunit } from '../../report/audit-junit.ts';
import { auditMarkdown } from '../../report/audit-markdown.ts';
import { auditSarif } from '../../report/audit-sarif.ts';
import { didYouMean } from '../../suggest.ts';
import { type AuditConfig, projectConfig } from '../config.ts';
import { formatAudit, formatAuditHeading } from '../format/audit.ts';
import { formatBreakIn } from '../format/break-in.ts';
import { formatJson } from '../../report/text/json.ts';
import { withImage } from '../image-input.ts';
import { print, printError, textOptions } from '../io.ts';
import { privileges, runInUserNamespace } from '../privileges.ts';
import { VERSION } from '../version.ts';

interface Flags {
  readonly format: 'text' | 'json' | 'sarif' | 'junit' | 'markdown';
  readonly all?: boolean;
  readonly platform?: string;
  readonly failOn?: Level;
  readonly minScore?: string;
  readonly max?: readonly string[];
  readonly breakIn?: boolean;
  /** Of `--no-worse-than`, which commander takes for the opposite of a flag: true without it. */
  readonly worseThan: string | true;
}

export async function command(name: string, flags: Flags): Promise<number> {
  try {
    return await auditCommand(name, flags);
  } catch (error) {
    if (error instanceof NamespaceNeeded) return runInUserNamespace();
    throw error;
  }
}

async function auditCommand(name: string, flags: Flags): Promise<number> {
  const { audit: config } = await projectConfig();
  const policy = policyOf(flags, config);
  const exceptions = config?.exceptions ?? [];
  checkRules(exceptions);
  const today = new Date().toISOString().slice(0, 10);
  const { audit, attempts } = await withImage(name, flags.platform, async (view, means) => {
    const found = withExceptions(await auditImage(view, means), exceptions, today);
    return { audit: found, attempts: flags.breakIn ? await attempt(view, means, found) : undefined };
  });
  const baseline =
    flags.worseThan === true
      ? undefined
      : await withImage(flags.worseThan, flags.platform, (view, means) => auditImage(view, means));
  const violations = violationsOf(audit, policy, baseline);
  print(formatted({ audit, attempts, policy, violations, baseline }, flags));
  if (violations.length === 0) return 0;
  printError(
    new DecantError('POLICY_UNMET', `${name} does not meet what is demanded of it`, {
      output: violations.map(({ demand, message }) => `${demand}: ${message}`),
      hint: 'docs/audit.md says what each finding is worth; accept one with an exception in decant.yaml',
    }),
  );
  return 1;
}

/** Only what the store has can be run. */
async function attempt(view: ImageView, { store, signal }: ReadMeans, audit: Audit): Promise<BreakIn> {
  const stored = await store.images.find(view.id);
  if (!stored) {
    throw new DecantError('IMAGE_UNKNOWN', `the image ${view.name} is not in the store, and cannot be run`, {
      hint: 'bring it there: `decant pull NAME`, `decant load -i FILE`, or `decant copy IMAGE store:NAME`',
    });
  }
  const { image } = await store.images.load(stored, view.platform);
  const release = await store.use();
  try {
    return await breakIn({
      store,
      image,
      privileges: privileges(),
      audit,
      signal: signal ?? new AbortController().signal,
    });
  } finally {
    release();
  }
}

interface Answer {
  readonly audit: Audit;
  readonly attempts: BreakIn | undefined;
  readonly policy: Policy;
  readonly violations: readonly Violation[];
  readonly baseline: Audit | undefined;
}

function formatted(
  { audit, attempts, policy, violations, baseline }: Answer,
  { format, all = false }: Flags,
): string {
  switch (format) {
    case 'json':
      return formatJson({ ...audit, violations, breakIn: attempts });
    case 'sarif':
      return formatJson(auditSarif(audit, VERSION, attempts));
    case 'junit':
      return auditJunit(audit, policy, violations, attempts);
    case 'markdown':
      return auditMarkdown({ audit, violations, baseline, attempts });
    case 'text':
      return attempts
        ? `${formatAuditHeading(audit, textOptions())}\n\n${formatBreakIn(attempts, textOptions())}`
        : formatAudit(audit, { ...textOptions(), all });
  }
}

/** Flags win over the project's settings, cap by cap. */
function policyOf(flags: Flags, config: AuditConfig | undefined): Policy {
  const { minScore } = flags;
  if (minScore !== undefined && !/^(?:100|\d{1,2})(?:\.\d)?$/.test(minScore))
    throw new DecantError('USAGE', `--min-score "${minScore}" is not a score`, {
      hint: 'write a number up to 100',
    });
  return {
    failOn: flags.failOn ?? config?.failOn,
    minScore: minScore === undefined ? config?.minScore : Number(minScore),
    max: { ...config?.max, ...Object.fromEntries((flags.max ?? []).map(parseCap)) },
  };
}

function parseCap(text: string): readonly [CountName, number] {
  const [, word = text, most] = /^([^=]*)=(\d{1,6})$/.exec(text) ?? [];
  const name = COUNTS.find((each) => each === word);
  if (name !== undefined && most !== undefined) return [name, Number(most)];
  throw new DecantError('USAGE', `--max "${text}" is not a name and a number`, {
    hint: didYouMean(word, COUNTS) ?? `write NAME=NUMBER; the names are ${COUNTS.join(', ')}`,
  });
}

/** A misspelt name would accept nothing, in silence. */
function checkRules(exceptions: readonly Exception[]): void {
  const names = AUDIT_RULES.map(({ name }) => name);
  for (const { rule } of exceptions) {
    if (names.includes(rule)) continue;
    throw new DecantError('CONFIG_INVALID', `audit.exceptions: there is no rule "${rule}"`, {
      hint: didYouMean(rule, names) ?? 'docs/audit.md lists them',
    });
  }
}
