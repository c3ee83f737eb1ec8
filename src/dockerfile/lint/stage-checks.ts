/** One stage, instruction by instruction, with the variables that each of them sees. */
import type { LineRange } from '../ast.ts';
import type { AddInstruction, CopyInstruction, Dockerfile, Instruction } from '../instruction.ts';
import { resolveMount } from '../mounts.ts';
import { nearestExactly } from '../../suggest.ts';
import { quote } from '../text.ts';
import { expandTracked, expandWords } from '../words.ts';
import { cleanPath } from '../ignore.ts';
import type { Environment } from './environment.ts';
import type { LintOptions } from './options.ts';
import { checkPort } from './ports.ts';
import type { Reporter } from './reporter.ts';
import { BUILDKIT_RULES as RULES } from './rules.ts';
import { isSecretName } from './secrets.ts';
import { located, type Globals } from './variables.ts';

export interface StageState {
  readonly env: Environment;
  /** Everything that ARG has named in this stage or in those it stands on. */
  readonly declared: Environment;
  /** Whether `env` holds all that the base image sets. */
  isEnvKnown: boolean;
  hasShell: boolean;
  hasWorkdir: boolean;
  /** Where CMD, ENTRYPOINT and HEALTHCHECK stood last. */
  readonly last: Map<string, LineRange>;
}

export interface StageContext {
  readonly dockerfile: Dockerfile;
  readonly globals: Globals;
  readonly options: LintOptions;
}

/** With more variables than anyone has, searching all of them for a similar name would take its time. */
const MOST_SUGGESTED = 1000;

/** BuildKit's own arguments that are never variables of a stage. */
const NEVER_SET: ReadonlySet<string> = new Set(['BUILDKIT_SBOM_SCAN_CONTEXT', 'BUILDKIT_SBOM_SCAN_STAGE']);

/** Reports what the instruction does wrong and takes its effect into the state. */
export function checkInstruction(
  state: StageState,
  instruction: Instruction,
  context: StageContext,
  outer: Reporter,
): void {
  const reporter = outer.within(instruction.comments);
  const { dockerfile } = context;
  const { lines, keyword } = instruction;
  const word = (text: string, heredoc = false): string => {
    const options = heredoc
      ? ({ escape: '\\', ignoreQuotes: true } as const)
      : { escape: dockerfile.directives.escape };
    const { text: expanded, unset } = located(dockerfile, lines, () =>
      expandTracked(text, (name) => state.env.get(name), options),
    );
    for (const name of unset) reportUnset(state, name, lines, reporter);
    return expanded;
  };
  const once = (): void => {
    const earlier = state.last.get(instruction.kind);
    if (earlier) {
      const message = `Multiple ${keyword} instructions should not be used in the same stage because only the last one will be used`;
      reporter.report(RULES.MultipleInstructionsDisallowed, earlier, message);
    }
    state.last.set(instruction.kind, lines);
  };

  switch (instruction.kind) {
    case 'arg':
      for (const { name, value } of instruction.args) {
        checkSecret('ARG', name, lines, reporter);
        const given = context.options.buildArguments.get(name);
        const chosen = given ?? (value === undefined ? context.globals.values.get(name) : word(value));
        if (chosen !== undefined && !NEVER_SET.has(name)) state.env.set(name, chosen);
        state.declared.set(name, '');
      }
      return;
    case 'env': {
      const pairs = instruction.pairs.map(({ name, value }) => [word(name), word(value)] as const);
      if (instruction.legacy) reportLegacy(keyword, lines, reporter);
      for (const [name, value] of pairs) {
        checkSecret('ENV', name, lines, reporter);
        state.env.set(name, value);
      }
      return;
    }
    case 'label':
      for (const { name, value } of instruction.pairs) [name, value].forEach((each) => word(each));
      if (instruction.legacy) reportLegacy(keyword, lines, reporter);
      return;
    case 'run':
      for (const mount of instruction.mounts) located(dockerfile, lines, () => resolveMount(mount, word));
      return;
    case 'copy':
    case 'add':
      checkTransfer(instruction, context, word, reporter);
      return;
    case 'workdir': {
      const path = word(instruction.path);
      if (!state.hasWorkdir && !path.startsWith('/')) {
        const message = `Relative workdir ${quote(path)} can have unexpected results if the base image changes`;
        reporter.report(RULES.WorkdirRelativePath, lines, message);
      }
      state.hasWorkdir = true;
      return;
    }
    case 'user':
      word(instruction.user);
      return;
    case 'volume':
      instruction.paths.forEach((path) => word(path));
      return;
    case 'stopsignal':
      word(instruction.signal);
      return;
    case 'expose':
      for (const port of instruction.ports) {
        const { escape } = dockerfile.directives;
        const words = located(dockerfile, lines, () =>
          expandWords(port, (name) => state.env.get(name), { escape }),
        );
        for (const each of words) checkPort(each, lines, reporter);
      }
      return;
    case 'shell':
      state.hasShell = instruction.shell.length > 0;
      return;
    case 'cmd':
    case 'entrypoint':
      once();
      if (instruction.form === 'shell' && !state.hasShell) {
        const message = `JSON arguments recommended for ${keyword} to prevent unintended behavior related to OS signals`;
        reporter.report(RULES.JSONArgsRecommended, lines, message);
      }
      return;
    case 'healthcheck':
      once();
      return;
    case 'onbuild':
    case 'maintainer':
  }
}

/** Where the base's variables are not known, one that is not set here may be set there. */
function reportUnset(state: StageState, name: string, lines: LineRange, reporter: Reporter): void {
  if (!state.isEnvKnown || state.declared.get(name) !== undefined || NEVER_SET.has(name)) return;
  const names = state.env.names();
  const near = names.length > MOST_SUGGESTED ? undefined : nearestExactly(name, names);
  const hint = near === undefined ? '' : ` (did you mean $${near}?)`;
  reporter.report(RULES.UndefinedVar, lines, `Usage of undefined variable '$${name}'${hint}`);
}

function checkSecret(instruction: string, name: string, lines: LineRange, reporter: Reporter): void {
  if (!isSecretName(name)) return;
  const message = `Do not use ARG or ENV instructions for sensitive data (${instruction} ${quote(name)})`;
  reporter.report(RULES.SecretsUsedInArgOrEnv, lines, message);
}

function reportLegacy(keyword: string, lines: LineRange, reporter: Reporter): void {
  const message = `"${keyword} key=value" should be used instead of legacy "${keyword} key value" format`;
  reporter.report(RULES.LegacyKeyValueFormat, lines, message);
}

function checkTransfer(
  instruction: CopyInstruction | AddInstruction,
  { options }: StageContext,
  word: (text: string, heredoc?: boolean) => string,
  reporter: Reporter,
): void {
  const { kind, lines, sources, destination, heredocs, chown, chmod } = instruction;
  for (const text of [chown, chmod, kind === 'add' ? instruction.checksum : undefined]) if (text) word(text);
  const paths = sources.map((source) => word(source));
  word(destination);
  for (const { content, expand } of heredocs) if (expand) word(content, true);
  const { isIgnored } = options;
  if (!isIgnored || (kind === 'copy' && instruction.from !== undefined)) return;
  for (const source of paths) {
    if (kind === 'add' && isRemote(source)) continue;
    const path = cleanPath(source);
    if (!isIgnored(path === '.' || path === '/' ? ANY_PATH : path)) continue;
    const message = `Attempting to ${kind === 'add' ? 'Add' : 'Copy'} file ${quote(path)} that is excluded by .dockerignore`;
    reporter.report(RULES.CopyIgnoredFile, lines, message);
  }
}

/** A name that nothing has: left out only where everything is. The context itself is never left out by name. */
const ANY_PATH = '\u0001';

/** A URL or a git repository, which no ignore file is about. */
export function isRemote(source: string): boolean {
  return /^(?:https?|git|ssh):\/\/|^git@/.test(source);
}
