/** The second half of a build: a plan carried out, its image in the store and in whatever other outputs are wanted. */
import { monotonic } from '../events.ts';
import { DecantError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { writeArchive } from '../oci/archive-write.ts';
import { familiar, parseImageName } from '../oci/reference.ts';
import type { JoinedPlan } from '../plan/join-plans.ts';
import { attest } from './attest/attestation.ts';
import type { Attestation, Attested } from './attest/attestation.ts';
import type { BuildRequest, BuildResult, BuiltImage, PushedImage } from './build-request.ts';
import { imageIdOf, summarizeBuild } from './build-summary.ts';
import { withBuild } from './embedded/build.ts';
import type { Built } from './embedded/build.ts';
import type { BuiltTarget } from './embedded/built-target.ts';
import { all } from './embedded/memo.ts';
import { checkAnnotations } from './outputs/annotations.ts';
import { packImages } from './outputs/pack.ts';
import type { Packed } from './outputs/pack.ts';
import { forDocker, writeFiles, writeImage } from './outputs/write.ts';

/** @throws DecantError of the step that failed, of an output that cannot be written, INTERRUPTED */
export async function buildImage(plan: JoinedPlan, request: BuildRequest): Promise<BuildResult> {
  const { store, emit, outputs, names, signal } = request;
  const canonicalNames = names.map((name) => familiar(parseImageName(name)));
  checkRequest(plan, request);
  const steps = plan.stages.flatMap((stage) => stage.steps.map(({ operation: _operation, ...step }) => step));
  emit({
    type: 'build.start',
    time: monotonic(),
    dockerfile: plan.dockerfile.file,
    target: targetName(plan),
    steps: [...new Map(steps.map((step) => [step.id, step])).values()],
  });
  for (const warning of plan.warnings) emit({ type: 'warning', time: monotonic(), ...warning });

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
      if (packed && outputs.some(({ push }) => push)) {
        await pushPacked({ descriptor: plain(packed.descriptor), names: canonicalNames, byDigest }, request);
      }
      // Names of what goes by its digest are those of repositories.
      const storeNames = toStore && !byDigest ? canonicalNames : [];
      if (packed && toStore) await store.images.tag(storeNames, plain(packed.descriptor));
      for (const { mode, write } of request.cacheTo ?? []) await write(await built.cache(mode));
      const summary = await summarizeBuild(built, packed, storeNames, outputs);
      emit({ type: 'build.done', time: monotonic(), summary });
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
    emit({ type: 'warning', time: monotonic(), message });
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

async function pushPacked(image: PushedImage, { push }: BuildRequest): Promise<void> {
  if (image.names.length === 0) {
    throw new DecantError('USAGE', 'an image needs a name to go to a registry', {
      hint: 'give it one: -t HOST/NAME:TAG',
    });
  }
  await push?.(image);
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
