/** `decant build` */
import { type Emit, type Event, monotonic } from '../../events.ts';
import { buildImage } from '../../engine/build-image.ts';
import type { PushedImage } from '../../engine/build-request.ts';
import { planImage } from '../../engine/plan-image.ts';
import { once } from '../../engine/embedded/memo.ts';
import { openRemotes } from '../../engine/remote/remotes.ts';
import { NamespaceNeeded } from '../../engine/embedded/namespace.ts';
import type { Attestor } from '../../engine/attest/attestation.ts';
import type { BuildFacts } from '../../engine/attest/provenance.ts';
import type { Output } from '../../engine/outputs/output.ts';
import { parseImageName } from '../../oci/reference.ts';
import { recordBuild } from '../../engine/records/write.ts';
import type { Recorder } from '../../engine/records/write.ts';
import type { JoinedPlan } from '../../plan/join-plans.ts';
import { readContexts } from '../build-contexts.ts';
import { bringImage } from '../bring-image.ts';
import { parseRunMounts } from '../run-mounts-flag.ts';
import { readInput } from '../build-input.ts';
import { asDecantError } from '../format/error.ts';
import { loadCertificates } from '../certificates.ts';
import { projectConfig } from '../config.ts';
import { parseAssignments, platformsFlag } from '../flags.ts';
import { epochOf } from '../source-date.ts';
import { onInterrupt } from '../interrupt.ts';
import { environment, errorTerminal, print } from '../io.ts';
import { privileges, runInUserNamespace } from '../privileges.ts';
import { wantedAttestations } from '../attest-flags.ts';
import type { AttestFlags, Wanted } from '../attest-flags.ts';
import { VERSION } from '../version.ts';
import { annotationsOf } from '../annotations.ts';
import { buildCaches } from '../build-cache.ts';
import type { CacheFlags } from '../build-cache.ts';
import { answerForeignFlags } from '../foreign-flags.ts';
import { runSettings } from '../run-settings.ts';
import type { RunFlags } from '../run-settings.ts';
import { metadata, writeText } from '../build-metadata.ts';
import { wantedOutputs, writesToStandardOutput } from '../build-outputs.ts';
import type { OutputFlags } from '../build-outputs.ts';
import { checkTerminal, failureMetadata, shellOnFailure, wasTold } from '../build-failure.ts';
import { createProgress } from '../progress/progress.ts';
import type { ProgressMode } from '../progress/progress.ts';
import { meansOf } from '../means.ts';
import { withStore } from '../store.ts';
import { keepWithinLimit } from '../cache-limit.ts';
import { supplyImage } from '../image-supply.ts';

interface Flags extends RunFlags, CacheFlags, AttestFlags, OutputFlags {
  readonly bases?: 'registry' | 'compose' | 'store';
  readonly annotation?: readonly string[];
  readonly file?: string;
  readonly target?: string;
  readonly buildArg?: readonly string[];
  readonly buildContext?: readonly string[];
  readonly runMount?: readonly string[];
  readonly label?: readonly string[];
  readonly platform?: readonly string[];
  readonly cache: boolean;
  /** `--no-cache-filter`; true where it was not given. */
  readonly cacheFilter: true | readonly string[];
  readonly onError?: 'shell';
  readonly explain?: boolean;
  readonly progress: ProgressMode;
  readonly quiet?: boolean;
  readonly caCertificates?: string;
  readonly iidfile?: string;
  readonly metadataFile?: string;
  readonly check?: boolean;
  readonly call?: string;
}

export async function command(context: string, flags: Flags): Promise<number> {
  if (flags.check || (flags.call !== undefined && flags.call !== 'build')) {
    const { answerCall } = await import('./build-call.ts');
    return answerCall(context, flags);
  }
  const may = privileges();
  // What comes on standard input can be read once only, so what might have to be read again is read inside.
  if (may === 'none' && (context === '-' || flags.file === '-')) return runInUserNamespace();
  const outputs = wantedOutputs(flags);
  const names = [...(flags.tag ?? []), ...outputs.flatMap((output) => output.names ?? [])];
  const annotations = annotationsOf(flags.annotation, outputs);
  const caches = buildCaches(flags);
  const wanted = wantedAttestations(flags);
  const asked = outputs.flatMap(({ answers }) => answers ?? []);
  const passedOver = [...answerForeignFlags({ ...flags }), ...caches.answers, ...asked];
  // Before anything is built for it.
  const engine = flags.load ? await (await import('../engine-load.ts')).findEngine() : undefined;
  const buildArguments = parseAssignments(flags.buildArg, '--build-arg', environment);
  const epochText = buildArguments.get('SOURCE_DATE_EPOCH') ?? environment('SOURCE_DATE_EPOCH');
  const labels = Object.fromEntries(parseAssignments(flags.label, '--label', () => ''));
  const platforms = platformsFlag(flags.platform);
  const { secrets, agentSources, allow, sandbox } = runSettings(flags);
  const runMounts = parseRunMounts(flags.runMount);
  if (flags.onError) checkTerminal();
  const certificates =
    flags.caCertificates === undefined ? undefined : loadCertificates(flags.caCertificates);

  const config = await projectConfig();
  const bases = flags.bases ?? config.bases ?? 'registry';
  const interruption = onInterrupt();
  const mode = flags.quiet ? 'quiet' : flags.progress;
  const progress = createProgress(mode, errorTerminal());
  let recorder: Recorder | undefined;
  try {
    const { signal } = interruption;
    const { emit } = progress;
    const result = await withStore(
      async (store, registry) => {
        for (const message of passedOver) emit({ type: 'warning', time: monotonic(), message });
        const temporary = async (): Promise<string> => (await store.tmp.create()).path;
        const keepGitDir = isTrue(buildArguments.get('BUILDKIT_CONTEXT_KEEP_GIT_DIR'));
        const input = await readInput(context, flags.file, { temporary, store, emit, signal, keepGitDir });
        const named = await readContexts(flags.buildContext);
        const planFor = (target: string | undefined): Promise<JoinedPlan> =>
          planImage({
            store,
            source: input.source,
            file: input.file,
            ignore: input.context?.ignore,
            // As other builders take it: scripts pass a variable that may be empty.
            target: target || undefined,
            buildArguments,
            labels,
            contexts: named.contexts,
            platforms,
            allow,
            runMounts,
            bring: (location, wanted) => bringImage(meansOf(store, registry, emit, signal), location, wanted),
            supply: (reference, wanted) =>
              supplyImage({
                store,
                registry,
                signal,
                emit,
                reference,
                platform: wanted,
                bases,
                offline: flags.offline,
              }),
            refresh: flags.pull,
          });
        const dates = {
          contextTime: input.time,
          contexts: named.contexts,
          planStage: planFor,
          open: openRemotes({ store, emit, signal, temporary: once(temporary) }),
        };
        // What is no form of it is told before anything is fetched.
        const given = await epochOf(epochText, dates);
        const plan = await planFor(flags.target);
        const epoch = epochText === undefined ? await epochOf(plan.sourceDateEpoch, dates) : given;
        // Until it is clear that this process can do the build, its steps are told to nobody.
        const held = may === 'none' && hasExec(plan) ? holdBack(progress.emit) : undefined;
        const onFailure = flags.onError && shellOnFailure(progress, interruption);
        const facts = { context, names: flags.tag ?? [] };
        recorder = recordBuild(store, facts, held?.emit ?? progress.emit);
        const means = meansOf(store, registry, emit, signal);
        const attestors = await attestorsFor(
          wanted,
          {
            plan,
            target: flags.target || undefined,
            buildArguments,
            labels,
            origin: input.origin,
            network: sandbox.network,
            version: VERSION,
          },
          names[0],
        );
        const request = {
          store,
          imported: await caches.read(
            plan.targets.map((target) => target.platform),
            means,
          ),
          leavesImported: outputs.length > 0 && outputs.every(({ type }) => LEAVING.has(type)),
          cacheTo: caches.targets(means),
          inlineCache: caches.isInline || isTrue(buildArguments.get('BUILDKIT_INLINE_CACHE')),
          context: input.context,
          contexts: named.files,
          names,
          annotations,
          outputs,
          sandbox: { ...sandbox, certificates },
          secrets,
          agentSources,
          privileges: may,
          epoch,
          compression: outputs.find(({ compression }) => compression)?.compression ?? 'gzip',
          forceCompression: outputs.some((output) => output.forceCompression),
          noCache: !flags.cache,
          noCacheFilter:
            flags.cacheFilter === true ? [] : flags.cacheFilter.flatMap((text) => text.split(',')),
          onFailure,
          explain: flags.explain,
          attestors,
          signal: interruption.signal,
          emit: recorder.emit,
          load: engine && ((archive: AsyncIterable<Uint8Array>) => engine.load(archive, signal)),
          push: async ({ descriptor, names: destinations, byDigest }: PushedImage) => {
            const { pushImage } = await import('../../registry/push.ts');
            const session = await registry.session();
            await pushImage({
              store,
              session,
              descriptor,
              names: destinations.map(parseImageName),
              byDigest,
              emit,
              signal,
            });
          },
        };
        const built = await recorder.during(() => buildImage(plan, request));
        held?.release();
        if (flags.report !== undefined && built.descriptor !== undefined) {
          const { reportBuild } = await import('../page/report-build.ts');
          await reportBuild(flags.report, built.descriptor, {
            store,
            names: built.names,
            platform: plan.targets[0]?.platform,
            id: recorder.id(),
            signal,
            emit,
          });
        }
        await keepWithinLimit(store, config, emit);
        return built;
      },
      { signal, emit, offline: flags.offline },
    );
    progress.close();
    if (flags.iidfile !== undefined && result.imageId !== undefined)
      await writeText(flags.iidfile, result.imageId);
    if (flags.metadataFile !== undefined) await writeText(flags.metadataFile, metadata(result));
    if (mode === 'quiet' && result.imageId !== undefined && !writesToStandardOutput(outputs))
      print(result.imageId);
    return 0;
  } catch (error) {
    progress.close();
    if (!(error instanceof NamespaceNeeded)) {
      if (flags.metadataFile !== undefined)
        await writeText(flags.metadataFile, failureMetadata(error, recorder?.id()));
      if (wasTold(error)) return asDecantError(error).exitStatus;
      throw error;
    }
    interruption.dispose();
    return runInUserNamespace();
  } finally {
    interruption.dispose();
  }
}

/** Outputs that need no bytes of layers which a registry has. */
const LEAVING: ReadonlySet<Output['type']> = new Set(['registry', 'cacheonly']);

/** Loaded only where something is to be attested. */
async function attestorsFor(
  wanted: Wanted,
  facts: BuildFacts,
  name: string | undefined,
): Promise<readonly Attestor[]> {
  if (!wanted.provenance && !wanted.sbom) return [];
  return (await import('../attestors.ts')).attestorsOf(wanted, facts, name);
}

/** As Go reads a boolean: what scripts for BuildKit give. */
function isTrue(text: string | undefined): boolean {
  return text !== undefined && /^(1|t|true)$/i.test(text);
}

function hasExec(plan: JoinedPlan): boolean {
  return plan.stages.some((stage) => stage.steps.some(({ operation }) => operation.kind === 'exec'));
}

function holdBack(emit: Emit): { readonly emit: Emit; release(): void } {
  const held: Event[] = [];
  return { emit: (event) => void held.push(event), release: () => held.forEach(emit) };
}
