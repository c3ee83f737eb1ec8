/**
 * Carrying out a plan on this machine. The result is as lazy as everything before it: an image is packed when an
 * output asks for one, files are read when an output writes them.
 */
import type { BuildSummary, Emit } from '../../events.ts';
import type { BuildCache } from '../../oci/build-cache.ts';
import type { JoinedPlan } from '../../plan/join-plans.ts';
import type { Operation } from '../../plan/operation.ts';
import type { Store } from '../../store/store.ts';
import type { OpenContent } from '../../tree/pack.ts';
import { builtTarget } from './built-target.ts';
import type { BuiltTarget } from './built-target.ts';
import { openContexts } from './build-context.ts';
import type { ContextSource } from './build-context.ts';
import { explain } from '../explain/explain.ts';
import { gatherInputs } from '../explain/inputs.ts';
import { openContents } from '../../store/contents.ts';
import { gatherDefinitions } from './definitions.ts';
import { importedFrom } from './imported.ts';
import type { CacheSource } from './imported.ts';
import { failedStep } from './failed-step.ts';
import type { StartShell } from './failed-step.ts';
import { all, isInterruption, once } from './memo.ts';
import { uncached } from './uncached.ts';
import type { LayerCompression, Privileges, SandboxSettings, Session } from './session.ts';
import { createStates } from './states.ts';
import type { AgentSource } from './agents.ts';
import type { SecretSource } from './secrets.ts';
import { leftBehind, stageSummaries } from './stage-summary.ts';
import { trackSteps } from './steps.ts';
import { warnOfDamage, warnOfSize } from './warnings.ts';
import { DecantError } from '../../errors.ts';
import { openRemotes } from '../remote/remotes.ts';

export interface BuildOptions {
  readonly store: Store;
  /** The build context; absent where there is none. */
  readonly context?: ContextSource | undefined;
  /** Those that have names, by these; see `contextName`. */
  readonly contexts?: ReadonlyMap<string, ContextSource> | undefined;
  readonly sandbox: SandboxSettings;
  readonly secrets?: ReadonlyMap<string, SecretSource> | undefined;
  /** Agents of ssh, by id. */
  readonly agentSources?: ReadonlyMap<string, AgentSource> | undefined;
  readonly privileges: Privileges;
  readonly epoch?: number | undefined;
  readonly compression: LayerCompression;
  /** Layers of bases are packed so too. */
  readonly forceCompression?: boolean | undefined;
  readonly noCache: boolean;
  /** Tells for each step why it was carried out or not. */
  readonly explain?: boolean | undefined;
  /** Stages whose steps are done again, by name or number. */
  readonly noCacheFilter?: readonly string[] | undefined;
  /**
   * Called when a RUN step has failed and everything else has stopped, with what starts a shell in the step's file
   * system as it was left. What is written there is gone afterwards.
   */
  readonly onFailure?: ((error: DecantError, shell: StartShell) => Promise<void>) | undefined;
  /** What other builds have left elsewhere. */
  readonly imported?: readonly CacheSource[] | undefined;
  /** Layers of an imported cache stay where they are as long as only their descriptors are needed. */
  readonly leavesImported?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

export type CacheMode = 'min' | 'max';

/** A build's result, for as long as `withBuild` runs. */
export interface Built {
  /** One for each platform, in the plan's order. */
  readonly targets: readonly BuiltTarget[];
  readonly open: OpenContent;
  /**
   * What is known of the steps, for a build elsewhere: layers of the target's (`min`) or of all stages' (`max`). Layers are
   * packed for it; no step is done for it.
   */
  readonly cache: (mode: CacheMode) => Promise<BuildCache>;
  readonly remote: Session['remote'];
  readonly summary: () => Promise<Pick<BuildSummary, 'cachedSteps' | 'totalSteps' | 'leftBehind' | 'stages'>>;
}

/**
 * Builds, hands the result to `use`, and cleans up.
 *
 * @throws DecantError of the step that failed, or INTERRUPTED
 */
export async function withBuild<T>(
  plan: JoinedPlan,
  options: BuildOptions,
  use: (built: Built) => Promise<T>,
): Promise<T> {
  const { store, emit } = options;
  const stopper = new AbortController();
  const stop = (): void => stopper.abort(new DecantError('INTERRUPTED', 'the build was stopped'));
  options.signal.addEventListener('abort', stop);
  if (options.signal.aborted) stop();
  const temporary = lazyFolder(store);
  const open = openContents(store, temporary.path);
  const steps = trackSteps(plan.stages, emit);
  const sources = new Map([
    ...(options.contexts ?? []),
    ...(options.context ? [['', options.context] as const] : []),
  ]);
  const context = openContexts(sources, store, open);
  const agents = once(async () => {
    const { createAgents } = await import('./agents.ts');
    return createAgents(options.agentSources ?? new Map(), temporary.path);
  });
  let usesAgents = false;
  const failed = options.onFailure ? failedStep() : undefined;
  const inputs = gatherInputs(store, plan, contextName(options.context));
  const definitions = gatherDefinitions();
  const imported = options.imported && importedFrom(options.imported, store, emit);
  const session: Session = {
    ...options,
    imported,
    definitions,
    failed,
    isUncached: uncached(plan, options),
    temporary: temporary.path,
    agents: () => {
      usesAgents = true;
      return agents();
    },
    open,
    context: context.open,
    remote: openRemotes({ store, emit, temporary: temporary.path, signal: stopper.signal }),
    signal: stopper.signal,
    stop,
    steps,
    inputs,
  };
  const learned = async (): Promise<void> => {
    warnOfDamage(store, emit);
    if (options.explain) {
      const previous = inputs.previous();
      const isForced = session.isUncached;
      explain({ plan, inputs, previous, outcomeOf: steps.outcomeOf, isForced, emit });
    }
    await inputs.save((operation) => steps.outcomeOf(operation) === 'done');
  };
  const stateOf = createStates(session);
  try {
    const result = await use({
      targets: plan.targets.map((target) =>
        builtTarget(target, stateOf(target.stage.operation), { ...session, ...options }),
      ),
      open,
      async cache(mode) {
        const operations = operationsOf(plan, mode).filter((operation) => stateOf(operation).isKeyKnown());
        const layers = await all(operations.map((operation) => stateOf(operation).layers()));
        const made = await all([...new Set(layers.flat())].map((layer) => layer.step?.()));
        const steps = new Map(made.flatMap((step) => (step ? [[step.key, step] as const] : [])));
        return { steps: [...steps.values()], keys: definitions.all() };
      },
      remote: session.remote,
      async summary() {
        steps.finish(true);
        await learned();
        return {
          cachedSteps: steps.cachedCount(),
          totalSteps: steps.total,
          leftBehind: await leftBehind(plan, stateOf),
          stages: await stageSummaries(plan, stateOf),
        };
      },
    });
    await context.save();
    warnOfSize(context.taken(), emit);
    return result;
  } catch (error) {
    steps.finish(false);
    // What was done before is in the cache; that it cannot be written down is not what went wrong.
    if (error instanceof DecantError) await learned().catch(() => undefined);
    const shell = failed?.shell();
    if (shell && error instanceof DecantError && !isInterruption(error))
      await options.onFailure?.(error, shell);
    throw error;
  } finally {
    options.signal.removeEventListener('abort', stop);
    await failed?.discard();
    if (usesAgents) (await agents()).close();
    await temporary.remove();
  }
}

function operationsOf({ targets, stages }: JoinedPlan, mode: CacheMode): readonly Operation[] {
  return (mode === 'min' ? targets.map(({ stage }) => stage) : stages).map(({ operation }) => operation);
}

/** Builds of one context are one story, wherever it is told from. */
function contextName(context: ContextSource | undefined): string {
  return typeof context?.files === 'string' ? context.files : '';
}

/** The temporary folder, made when the first step wants one: a build that is wholly cached needs none. */
function lazyFolder(store: Store) {
  let folder: ReturnType<Store['tmp']['create']> | undefined;
  return {
    path: async () => (await (folder ??= store.tmp.create())).path,
    remove: async () => (await folder)?.remove(),
  };
}
