/** Planning a text against images that exist only in the test. */
import { parseDockerfile } from '../dockerfile/parse.ts';
import { DecantError } from '../errors.ts';
import type { ContainerConfig } from '../oci/config.ts';
import { parsePlatform } from '../oci/platform.ts';
import { planBuild } from './build-plan.ts';
import type { Operation, ResolvedImage } from './operation.ts';
import type { Plan, PlanOptions } from './plan.ts';

/** Configs of the images that FROM may name. */
export type Images = Readonly<Record<string, ContainerConfig>>;

export interface PlanText extends Partial<Omit<PlanOptions, 'resolveImage' | 'buildArguments'>> {
  readonly images?: Images;
  readonly args?: Readonly<Record<string, string>>;
  /** Receives every image that was looked up. */
  readonly lookedUp?: string[];
}

export function plan(text: string, options: PlanText = {}): Promise<Plan> {
  const { images = { base: {} }, args = {}, lookedUp, ...rest } = options;
  return planBuild(parseDockerfile(text), {
    buildArguments: new Map(Object.entries(args)),
    platform: parsePlatform('linux/amd64'),
    buildPlatform: parsePlatform('linux/amd64'),
    resolveImage(reference) {
      lookedUp?.push(reference);
      const config = images[reference];
      if (config) return Promise.resolve(image(reference, config));
      return Promise.reject(new DecantError('IMAGE_UNKNOWN', `no ${reference}`));
    },
    ...rest,
  });
}

function image(reference: string, config: ContainerConfig): ResolvedImage {
  const digest = `sha256:${Buffer.from(reference).toString('hex').padEnd(64, '0').slice(0, 64)}`;
  return {
    reference,
    digest,
    config: { architecture: 'amd64', os: 'linux', config, rootfs: { type: 'layers', diff_ids: [digest] } },
    layers: [
      {
        descriptor: { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: 1 },
        diffId: digest,
      },
    ],
  };
}

/** An operation and what it stands on, outermost first, a line each. */
export function operationLines(operation: Operation): string[] {
  switch (operation.kind) {
    case 'source':
      return [
        operation.source.type === 'image'
          ? `image ${operation.source.image.reference}`
          : operation.source.type === 'git'
            ? `git ${operation.source.reference.remote}`
            : operation.source.type === 'http'
              ? `http ${operation.source.url}`
              : operation.source.type,
      ];
    case 'exec':
      return [`exec ${operation.args.join(' ')}`, ...operationLines(operation.input)];
    case 'merge':
      return ['merge', ...operationLines(operation.upper), '--', ...operationLines(operation.input)];
    case 'file': {
      const { action, input } = operation;
      if (action.type === 'mkdir') return [`mkdir ${action.path}`, ...operationLines(input)];
      const sources = action.sources.map((source) =>
        source.type === 'path' ? source.pattern : `<<${source.name}`,
      );
      return [`copy ${sources.join(' ')} -> ${action.destination}`, ...operationLines(input)];
    }
  }
}
