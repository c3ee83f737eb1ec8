/**
 * The whole of a build: from a Dockerfile's text to an image in the store and whatever other outputs are wanted. It
 * has two halves, so that a caller can look at the plan before anything is done.
 */
import { foreignFrontEnd, ofForeignFrontEnd } from '../dockerfile/front-end.ts';
import { parseDockerfile } from '../dockerfile/parse.ts';
import { DecantError } from '../errors.ts';
import type { BuildSummary } from '../events.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { writeArchive } from '../oci/archive-write.ts';
import { formatPlatform, hostPlatform } from '../oci/platform.ts';
import type { BuildCache } from '../oci/build-cache.ts';
import type { Platform } from '../oci/platform.ts';
import { familiar, parseImageName, parseReference } from '../oci/reference.ts';
import { planBuild } from '../plan/build-plan.ts';
import type { ResolvedImage } from '../plan/operation.ts';
import type { RunMount } from '../dockerfile/mounts.ts';
import { localImage } from '../plan/local-images.ts';
import { createGraph } from '../plan/graph.ts';
import type { Graph } from '../plan/graph.ts';
import { joinPlans } from '../plan/join-plans.ts';
import type { JoinedPlan } from '../plan/join-plans.ts';
import type { NamedContext, Entitlement, Plan } from '../plan/plan.ts';
import type { Store } from '../store/store.ts';
import type { Dockerfile } from '../dockerfile/instruction.ts';
import { all } from './embedded/memo.ts';
import { withBuild } from './embedded/build.ts';
import { attest } from './attest/attestation.ts';
import type { Attestation, Attested, Attestor } from './attest/attestation.ts';
import type { Built, BuildOptions, BuiltTarget, CacheMode } from './embedded/build.ts';
import type { Ignore } from './leave-out.ts';
import { lintForBuild } from './lint-plan.ts';
import { checkAnnotations } from './outputs/annotations.ts';
import type { Annotation } from './outputs/annotations.ts';
import type { Output } from './outputs/output.ts';
import { packImages } from './outputs/pack.ts';
import type { Packed } from './outputs/pack.ts';
import { forDocker, writeFiles, writeImage } from './outputs/write.ts';

export interface PlanRequest {
  readonly store: Store;
  /** The Dockerfile's text, and its name for messages. */
  readonly source: string;
  readonly file: string;
  readonly target?: string | undefined;
  readonly buildArguments: ReadonlyMap<string, string>;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** What is built for, each once; this machine's without any. */
  readonly platforms?: readonly Platform[] | undefined;
  readonly contexts?: ReadonlyMap<string, NamedContext> | undefined;
  readonly allow?: ReadonlySet<Entitlement> | undefined;
  /** What the context's ignore file leaves out, for the check of what COPY asks for. */
  readonly ignore?: Ignore | undefined;
  /** Asked for an image that the store does not have; true when it has put it there. */
  readonly supply?: ((reference: string, platform: Platform) => Promise<boolean>) | undefined;
  /** Brings an image from elsewhere on this machine into the store (see `localImage`), and gives its digest there. */
  readonly bring?: ((location: string, platform: Platform) => Promise<string>) | undefined;
  /** Mounts of every RUN step, before its own. */
  readonly runMounts?: readonly RunMount[] | undefined;
  /** Asks for images that the store has too. */
  readonly refresh?: boolean | undefined;
}

/** @throws DecantError of the Dockerfile, of an unknown stage or image */
export async function planImage(request: PlanRequest): Promise<JoinedPlan> {
  const { platforms = [hostPlatform()] } = request;
  const frontEnd = foreignFrontEnd(request.source, request.buildArguments.get('BUILDKIT_SYNTAX'));
  const dockerfile = parse(request, frontEnd);
  const graph = createGraph();
  const plans: Plan[] = [];
  // One after the other: what one brings into the store, the next finds there.
  for (const platform of platforms) plans.push(await planFor(request, dockerfile, platform, graph));
  const plan = joinPlans(plans);
  if (frontEnd === undefined) return plan;
  const message = `the front end ${frontEnd} is not run here: the file is read as a Dockerfile`;
  return { ...plan, warnings: [{ message }, ...plan.warnings] };
}

function parse({ source, file }: PlanRequest, frontEnd: string | undefined): Dockerfile {
  try {
    return parseDockerfile(source, { file });
  } catch (error) {
    throw ofForeignFrontEnd(error, frontEnd);
  }
}

async function planFor(
  request: PlanRequest,
  dockerfile: Dockerfile,
  platform: Platform,
  graph: Graph,
): Promise<Plan> {
  const buildPlatform = hostPlatform();
  const images = new Map<string, ResolvedImage>();
  const { target, buildArguments, labels, allow, ignore } = request;
  const plan = await planBuild(dockerfile, {
    target,
    buildArguments,
    labels,
    contexts: request.contexts,
    allow,
    runMounts: request.runMounts,
    platform,
    buildPlatform,
    graph,
    async resolveImage(reference, wanted) {
      const image = await resolveBase(request, reference, wanted);
      images.set(reference, image);
      return image;
    },
  });
  const settings = { target, buildArguments, platform, buildPlatform, ignore };
  const findings = await lintForBuild(dockerfile, settings, images);
  const warnings = findings.map(({ rule, message, lines }) => {
    return { message: `${rule.name}: ${message} (line ${lines.start})`, line: lines.start, rule: rule.name };
  });
  return { ...plan, warnings: [...warnings, ...plan.warnings] };
}

export interface BuildRequest extends BuildOptions {
  readonly names: readonly string[];
  /** Without any, the image goes to the store. */
  readonly outputs: readonly Output[];
  readonly annotations?: readonly Annotation[] | undefined;
  /** Where what was learned goes besides the store, when all outputs are done. */
  readonly cacheTo?: readonly CacheTarget[] | undefined;
  /** The image's config carries the cache of its own layers. */
  readonly inlineCache?: boolean | undefined;
  /** What is attested of the image for each platform. */
  readonly attestors?: readonly Attestor[] | undefined;
  /** Hands an archive to another engine, for outputs of type `load`. */
  readonly load?: ((archive: AsyncIterable<Uint8Array>) => Promise<void>) | undefined;
  /** Brings an image of the store to the registries of its names; for outputs that want that. */
  readonly push?:
    | ((descriptor: Descriptor, names: readonly string[], byDigest: boolean) => Promise<void>)
    | undefined;
}

export interface CacheTarget {
  readonly mode: CacheMode;
  readonly write: (cache: BuildCache) => Promise<void>;
}

export interface BuildResult {
  /** Of the manifest, or of the index where there is one; absent where no output has one. */
  readonly descriptor?: Descriptor;
  /** Digest of the config; of several platforms, of the index. */
  readonly imageId?: string;
  /** The image for each platform; none where no output has one. */
  readonly images: readonly BuiltImage[];
  readonly names: readonly string[];
  readonly summary: BuildSummary;
}

export interface BuiltImage {
  readonly platform: Platform;
  /** Of the manifest. */
  readonly descriptor: Descriptor;
  /** Digest of the config. */
  readonly imageId: string;
  readonly attestations: readonly Attestation[];
}

/** @throws DecantError of the step that failed, of an output that cannot be written, INTERRUPTED */
export async function buildImage(plan: JoinedPlan, request: BuildRequest): Promise<BuildResult> {
  const { store, emit, outputs, names, signal } = request;
  const canonicalNames = names.map((name) => familiar(parseImageName(name)));
  checkRequest(plan, request);
  const steps = plan.stages.flatMap((stage) => stage.steps.map(({ operation: _operation, ...step }) => step));
  emit({
    type: 'build.start',
    time: performance.now(),
    dockerfile: plan.dockerfile.file,
    target: targetName(plan),
    steps: [...new Map(steps.map((step) => [step.id, step])).values()],
  });
  for (const warning of plan.warnings) emit({ type: 'warning', time: performance.now(), ...warning });

  const release = await store.use({ signal });
  try {
    return await withBuild(plan, request, async (built) => {
      const attestations = attestationsOf(built, request);
      const attestationsAsImages = outputs.some(({ ociArtifact }) => ociArtifact === false);
      const pack = { ...request, names: canonicalNames, attestations, attestationsAsImages };
      const wantsImage =
        outputs.length === 0 || outputs.some(({ type }) => !['tar', 'local', 'cacheonly'].includes(type));
      const toStore = outputs.length === 0 || outputs.some(({ type }) => type === 'image');
      const packed = wantsImage ? await packImages(store, built, pack) : undefined;
      for (const output of outputs) {
        if (output.type === 'cacheonly') await all(built.targets.map(({ layers }) => layers()));
        else if (output.type === 'load' && packed) await loadPacked(packed, canonicalNames, request);
        else if (output.type === 'tar' || output.type === 'local')
          await writeFiles(output, built, attestations, request);
        else if (output.type !== 'image' && output.type !== 'registry' && packed)
          await writeImage(output, packed, canonicalNames, request);
      }
      const byDigest = outputs.some(({ pushByDigest }) => pushByDigest);
      if (packed && outputs.some(({ push }) => push))
        await pushPacked(packed, canonicalNames, byDigest, request);
      // Names of what goes by its digest are those of repositories.
      const storeNames = toStore && !byDigest ? canonicalNames : [];
      if (packed && toStore) await store.images.tag(storeNames, plain(packed.descriptor));
      for (const { mode, write } of request.cacheTo ?? []) await write(await built.cache(mode));
      const summary = await summarize(built, packed, storeNames, outputs);
      emit({ type: 'build.done', time: performance.now(), summary });
      return {
        names: packed ? canonicalNames : [],
        summary,
        images: packed?.images.map(builtImage) ?? [],
        ...(packed ? { descriptor: packed.descriptor, imageId: imageIdOf(packed) } : {}),
      };
    });
  } finally {
    release();
  }
}

/** @throws DecantError USAGE for what an output has no place for */
function checkRequest(
  { targets }: JoinedPlan,
  { outputs, annotations, attestors = [], emit }: BuildRequest,
): void {
  const platforms = targets.map(({ platform }) => platform);
  checkAnnotations(annotations, platforms, targets.length > 1 || attestors.length > 0);
  const single = outputs.find(({ type }) => type === 'docker' || type === 'load');
  if (single && attestors.length > 0) {
    const message = 'an archive for Docker holds an image alone: its attestations are not in it';
    emit({ type: 'warning', time: performance.now(), message });
  }
  if (!single || targets.length === 1) return;
  const what = single.type === 'load' ? '--load' : 'type=docker';
  throw new DecantError('USAGE', `${what} takes an image for one platform, not for ${targets.length}`, {
    hint: 'write type=oci or push the image; or build for one platform: --platform linux/amd64',
  });
}

/** Made once for each target, however many outputs want them. */
function attestationsOf({ open, remote }: Built, { attestors = [] }: BuildRequest) {
  const made = new Map<BuiltTarget, Promise<readonly Attestation[]>>();
  return (built: BuiltTarget, image?: Attested['image']): Promise<readonly Attestation[]> => {
    const { planned: target, layers } = built;
    const found = made.get(built) ?? attest(attestors, { target, layers, open, remote, image });
    made.set(built, found);
    return found;
  };
}

/** The target's name, without the platform that it is built for. */
function targetName({ targets, stages, dockerfile }: JoinedPlan): string {
  const index = targets[0]?.stage.index ?? stages.length - 1;
  return dockerfile.stages[index]?.name ?? String(index);
}

async function loadPacked(
  packed: Packed,
  names: readonly string[],
  { store, load }: BuildRequest,
): Promise<void> {
  await load?.(writeArchive(forDocker(packed, names), store.blobs, 'docker-archive'));
}

async function pushPacked(
  { descriptor }: Packed,
  names: readonly string[],
  byDigest: boolean,
  { push }: BuildRequest,
): Promise<void> {
  if (names.length === 0) {
    throw new DecantError('USAGE', 'an image needs a name to go to a registry', {
      hint: 'give it one: -t HOST/NAME:TAG',
    });
  }
  await push?.(plain(descriptor), names, byDigest);
}

/** Only a layout keeps what is said of the whole. */
function plain({ annotations: _annotations, ...descriptor }: Descriptor): Descriptor {
  return descriptor;
}

function builtImage({ platform, documents, attestations }: Packed['images'][number]): BuiltImage {
  return {
    platform,
    attestations,
    descriptor: documents.manifestDescriptor,
    imageId: documents.configDescriptor.digest,
  };
}

function imageIdOf({ images, descriptor }: Packed): string {
  const [only] = images;
  return only && images.length === 1 ? only.documents.configDescriptor.digest : descriptor.digest;
}

async function summarize(
  built: Built,
  packed: Packed | undefined,
  names: readonly string[],
  outputs: readonly Output[],
): Promise<BuildSummary> {
  const sizes = await all(built.targets.map(({ unpackedSize }) => unpackedSize()));
  const unpackedSize = sizes.reduce(
    (sum, size) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );
  const layers = packed?.images.flatMap(({ image }) => image.layers) ?? [];
  const platforms = built.targets.map(({ platform }) => formatPlatform(platform));
  return {
    ...(packed ? { digest: packed.descriptor.digest, imageId: imageIdOf(packed) } : {}),
    ...(platforms.length > 1 ? { platforms } : {}),
    names,
    packedSize: layers.reduce((sum, layer) => sum + layer.descriptor.size, 0),
    ...(unpackedSize === undefined ? {} : { unpackedSize }),
    ...(await built.summary()),
    outputs: outputs.flatMap(({ type, destination, push }) =>
      push ? 'registry' : typeof destination === 'string' ? `${type} ${destination}` : [],
    ),
  };
}

const OCI_LAYOUT = 'oci-layout://';

async function resolveBase(
  request: PlanRequest,
  reference: string,
  platform: Platform,
): Promise<ResolvedImage> {
  if (reference.startsWith(OCI_LAYOUT)) {
    const { imageInLayout } = await import('./remote/oci-layout.ts');
    const found = await imageInLayout(request.store, reference.slice(OCI_LAYOUT.length));
    return { ...(await imageInStore(request.store, found, platform)), reference };
  }
  const location = localImage(reference);
  if (location !== undefined && request.bring) {
    const digest = await request.bring(location, platform);
    return { ...(await imageInStore(request.store, digest, platform)), reference };
  }
  if (request.refresh) await request.supply?.(reference, platform);
  try {
    return await imageInStore(request.store, reference, platform);
  } catch (error) {
    const isMissing =
      error instanceof DecantError && (error.code === 'IMAGE_UNKNOWN' || error.code === 'IMAGE_PLATFORM');
    if (!isMissing || !(await request.supply?.(reference, platform))) throw error;
    return imageInStore(request.store, reference, platform);
  }
}

async function imageInStore(store: Store, reference: string, platform: Platform): Promise<ResolvedImage> {
  const found = await store.images.find(reference);
  if (!found) {
    // What can be no image's name is a mistake of another kind.
    parseReference(reference);
    throw new DecantError('IMAGE_UNKNOWN', `the image "${reference}" is not in the store`, {
      hint: 'bring it in with `decant pull`, `decant import` or `decant load`; `decant images` lists what is there',
    });
  }
  const { image, descriptor } = await store.images.load(found, platform);
  return { reference, digest: descriptor.digest, config: image.config, layers: image.layers };
}
