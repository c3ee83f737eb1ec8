/**
 * What a build would refuse before its first step: a port or a signal that is none, a stage that needs itself, … Every
 * stage is planned, on what is known of its base. An error that may come of what is not known is none.
 */
import type { Dockerfile } from '../dockerfile/instruction.ts';
import { given } from '../dockerfile/objects.ts';
import { DecantError } from '../errors.ts';
import type { Platform } from '../oci/platform.ts';
import { planBuild } from '../plan/build-plan.ts';
import type { ResolvedImage } from '../plan/operation.ts';
import type { BuildArguments } from '../plan/scope.ts';
import type { BaseKnowledge, FindBase } from './base.ts';

export interface PlanErrorRequest {
  /** Without it all stages are looked at, whether something needs them or not. */
  readonly target?: string | undefined;
  readonly buildArguments: BuildArguments;
  readonly platform: Platform;
  readonly buildPlatform: Platform;
}

/** Instructions. Nobody writes more, and planning what a machine wrote may take longer than a check should. */
const LONGEST = 1000;

export async function planError(
  dockerfile: Dockerfile,
  { target, buildArguments, platform, buildPlatform }: PlanErrorRequest,
  findBase: FindBase,
): Promise<DecantError | undefined> {
  if (dockerfile.stages.reduce((sum, { instructions }) => sum + 1 + instructions.length, 0) > LONGEST)
    return undefined;
  let isKnown = true;
  try {
    await planBuild(dockerfile, {
      target,
      everyStage: target === undefined,
      buildArguments,
      platform,
      buildPlatform,
      allow: new Set(['network.host', 'security.insecure']),
      resolveImage: async (reference, on) => {
        const base = await findBase(reference, on);
        isKnown &&= base?.env !== undefined;
        return standIn(reference, on, base);
      },
    });
  } catch (error) {
    if (!(error instanceof DecantError)) throw error;
    if (/^(?:DOCKERFILE_SYNTAX|STAGE_)/.test(error.code) && (isKnown || !hasVariable(error))) return error;
  }
  return undefined;
}

function hasVariable({ place }: DecantError): boolean {
  return (
    place?.source
      ?.split('\n')
      .slice(place.start - 1, place.end)
      .join('\n')
      .includes('$') ?? true
  );
}

/** An image with what is known. Its working directory is not, but it is hardly the root, which no mount can stand at. */
function standIn(reference: string, { os, architecture }: Platform, base?: BaseKnowledge): ResolvedImage {
  const digest = `sha256:${'0'.repeat(64)}`;
  const config = {
    ...given({ Env: base?.env, Shell: base?.shell, OnBuild: base?.onBuild }),
    WorkingDir: '/unknown',
  };
  const descriptor = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: 0 };
  return {
    reference,
    digest,
    config: { os, architecture, config, rootfs: { type: 'layers', diff_ids: [digest] } },
    layers: [{ descriptor, diffId: digest }],
  };
}
