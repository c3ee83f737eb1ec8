/** `decant base suggest` */
import { streamOf } from '../../codec/stream.ts';
import { DEFAULT_SUITE } from '../../distroless/catalogue/catalogue.ts';
import { SUITES, type SuiteVersion } from '../../distroless/recipe.ts';
import { suggest, type Suggestion } from '../../distroless/suggest/suggest.ts';
import { writeTo } from '../../engine/outputs/write-file.ts';
import { DecantError } from '../../errors.ts';
import type { Emit } from '../../events.ts';
import { inspectApplication } from '../../inspect/application/application.ts';
import type { ApplicationFacts } from '../../inspect/application/facts.ts';
import { machineOfPlatform } from '../../inspect/application/machine.ts';
import { formatPlatform, hostPlatform, parsePlatform } from '../../oci/platform.ts';
import type { Store } from '../../store/store.ts';
import { cleanPath } from '../../tree/path.ts';
import { type ArchiveFlags, withArchive } from '../base-input.ts';
import { formatSuggestion, suggestionJson, suggestionRecipe } from '../format/suggestion.ts';
import { onInterrupt } from '../interrupt.ts';
import { errorTerminal, print, tell } from '../io.ts';
import { createProgress } from '../progress/progress.ts';
import type { ProgressMode } from '../progress/progress.ts';
import { withStore } from '../store.ts';
import { suggestInput } from '../suggest-input.ts';

interface Flags extends Omit<ArchiveFlags, 'variant'> {
  readonly suite?: string;
  readonly at?: string;
  readonly ignore?: readonly string[];
  readonly output?: string;
  readonly progress: ProgressMode;
  readonly format: 'text' | 'json';
}

export async function command(what: string, flags: Flags): Promise<number> {
  const suites = suitesOf(flags.suite);
  if (flags.output !== undefined && !/\.ya?ml$/.test(flags.output)) {
    throw new DecantError('USAGE', `"${flags.output}" is no name for a recipe`, {
      hint: 'recipes are told by names that end in .yaml',
    });
  }
  const interruption = onInterrupt();
  const progress = createProgress(flags.progress, errorTerminal());
  try {
    const answer = await withStore((store) =>
      answerFor(store, what, suites, flags, interruption.signal, progress.emit),
    );
    progress.close();
    if (flags.format === 'json') print(suggestionJson(answer));
    if (answer.suggestion.problems.length > 0) {
      if (flags.format === 'json') return 1;
      throw unmet(what, answer);
    }
    for (const note of answer.facts.notes) tell(`note: ${note}`);
    if (flags.output !== undefined) {
      const text = Buffer.from(suggestionRecipe(answer));
      await writeTo(flags.output, streamOf(text), interruption.signal);
      tell(`${flags.output}: ${formatSuggestion(answer)}`);
    } else if (flags.format === 'text') print(suggestionRecipe(answer));
    return 0;
  } finally {
    progress.close();
    interruption.dispose();
  }
}

export interface Answer {
  readonly what: string;
  readonly platform: string;
  readonly facts: ApplicationFacts;
  readonly suggestion: Suggestion;
  /** A release that has everything, where this one has not. */
  readonly better?: SuiteVersion;
}

/** The first release that has everything; where none has, what the first one lacks. */
async function answerFor(
  store: Store,
  what: string,
  suites: readonly SuiteVersion[],
  flags: Flags,
  signal: AbortSignal,
  emit: Emit,
): Promise<Answer> {
  const folder = await store.tmp.create();
  try {
    const platform = flags.platform === undefined ? undefined : parsePlatform(flags.platform);
    const input = await suggestInput(what, { store, temporary: folder.path, platform, signal });
    const asked = platform ? formatPlatform(platform) : input.platform;
    const facts = await inspectApplication({ ...input, platform: asked, signal });
    if (facts.objects.size === 0 && facts.runtimes.length === 0 && facts.scripts.length === 0) {
      throw new DecantError('PROGRAM_MISSING', `there is no program in ${what}`, {
        hint: 'neither executables and libraries, nor Python, Node.js or Java programs, nor scripts were found',
        ...(facts.notes.length > 0 && { output: facts.notes }),
      });
    }
    const target = asked ?? facts.machine?.platform ?? formatPlatform(hostPlatform());
    const machine = facts.machine ?? machineOfPlatform(target);
    if (!machine) throw new DecantError('IMAGE_PLATFORM', `there are no Debian packages for ${target}`);
    const at = cleanPath(flags.at ?? (input.isImage ? '/' : '/app'));
    const inSuite = (suite: SuiteVersion): Promise<Answer> =>
      withArchive(
        store,
        SUITES[suite],
        { ...flags, platform: target, signal, emit },
        async (parsed, archive) => ({
          what,
          platform: target,
          facts,
          suggestion: await suggest({
            store,
            name: input.name,
            facts,
            tree: input.tree,
            at,
            suite,
            platform: parsed,
            machine,
            archive,
            ignore: flags.ignore ?? [],
            signal,
          }),
        }),
      );
    let first: Answer | undefined;
    for (const suite of suites) {
      const answer = await inSuite(suite);
      if (answer.suggestion.problems.length === 0)
        return first && flags.suite ? { ...first, better: suite } : answer;
      first ??= answer;
    }
    return first as Answer;
  } finally {
    await folder.remove();
  }
}

/** The one that was asked for comes first; the others tell what to ask for instead. */
function suitesOf(asked: string | undefined): readonly SuiteVersion[] {
  const known: readonly SuiteVersion[] = [DEFAULT_SUITE, '12'];
  if (asked === undefined) return known;
  const wanted = known.find((suite) => suite === asked || SUITES[suite].codename === asked);
  if (wanted === undefined) {
    throw new DecantError('USAGE', `there is no suite "${asked}"`, {
      hint: 'write 12 (bookworm) or 13 (trixie)',
    });
  }
  return [wanted, ...known.filter((suite) => suite !== wanted)];
}

function unmet(what: string, { suggestion: { plan, problems }, facts, better }: Answer): DecantError {
  for (const { text } of problems) tell(text);
  for (const note of facts.notes) tell(`note: ${note}`);
  const named = problems.find(({ kind }) => kind === 'library')?.name;
  return new DecantError('NEEDS_UNMET', `no base of Debian ${plan.suite} runs ${what}`, {
    hint:
      better !== undefined
        ? `Debian ${better} (${SUITES[better].codename}) has all of it: --suite ${better}`
        : named === undefined
          ? undefined
          : `put what is missing beside the program, or say what it can do without: --ignore ${named}`,
  });
}
