/**
 * SOURCE_DATE_EPOCH of a build in all its forms (reproducible-builds.org; BuildKit since Dockerfile 1.26): seconds,
 * `context`, the name of a context from elsewhere, or of a stage that is nothing but one ADD from elsewhere.
 */
import type { Remote } from '../engine/remote/remotes.ts';
import { DecantError } from '../errors.ts';
import type { JoinedPlan } from '../plan/join-plans.ts';
import { hostPlatform } from '../oci/platform.ts';
import { findContext } from '../plan/named-contexts.ts';
import type { RemoteSource } from '../plan/operation.ts';
import type { NamedContext } from '../plan/plan.ts';
import { buildEpoch } from './flags.ts';

export interface SourceDates {
  /** Of the context, in seconds. */
  readonly contextTime: number | undefined;
  readonly contexts: ReadonlyMap<string, NamedContext>;
  /** As if the stage were the target. Throws STAGE_UNKNOWN. */
  readonly planStage: (name: string) => Promise<JoinedPlan>;
  readonly open: (source: RemoteSource) => Remote;
}

const NAME = /^[a-z][a-z0-9_.-]*$/i;

/** In seconds; undefined where the value says so, and for what has no time of its own. Throws USAGE. */
export async function epochOf(text: string | undefined, dates: SourceDates): Promise<number | undefined> {
  if (text === undefined || text === 'context' || !NAME.test(text))
    return buildEpoch(text, dates.contextTime);
  const context = findContext(dates.contexts, text, hostPlatform())?.context;
  // Times of files on this machine are those of a checkout.
  if (context?.type === 'files') return undefined;
  if (context?.type === 'remote') return dates.open(context.source).time();
  const source = await onlySource(text, dates);
  if (source) return dates.open(source).time();
  throw new DecantError(
    'USAGE',
    `SOURCE_DATE_EPOCH is "${text}", not a number of seconds, nor a name with a time`,
    {
      hint: 'for a git checkout: SOURCE_DATE_EPOCH=$(git log -1 --format=%ct). A name is that of a context from elsewhere, or of a stage FROM scratch with one ADD from elsewhere',
    },
  );
}

async function onlySource(stage: string, { planStage }: SourceDates): Promise<RemoteSource | undefined> {
  const operation = await planStage(stage).then(({ targets }) => targets[0]?.stage.operation, unknownStage);
  if (operation?.kind !== 'file' || operation.action.type !== 'copy') return undefined;
  const { input, action } = operation;
  const [from] = action.sources;
  if (input.kind !== 'source' || input.source.type !== 'scratch' || action.sources.length !== 1)
    return undefined;
  const source = from?.type === 'path' && from.from.kind === 'source' ? from.from.source : undefined;
  return source?.type === 'git' || source?.type === 'http' ? source : undefined;
}

function unknownStage(error: unknown): undefined {
  if (error instanceof DecantError && error.code === 'STAGE_UNKNOWN') return undefined;
  throw error;
}
