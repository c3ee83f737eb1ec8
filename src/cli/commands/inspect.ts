/** `decant inspect` */
import type { ContainerConfig } from '../../oci/config.ts';
import { imagePlatform } from '../../oci/image.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { formatInspect, inspectJson } from '../format/inspect.ts';
import type { ImageSummary } from '../format/inspect.ts';
import { countFiles, imageFacts } from '../image-facts.ts';
import type { ImageFacts } from '../image-facts.ts';
import { print, textOptions } from '../io.ts';
import { withStore } from '../store.ts';

export async function command(
  images: readonly string[],
  flags: { readonly format: 'text' | 'json' },
): Promise<void> {
  await withStore(async (store) => {
    const summaries: ImageSummary[] = [];
    for (const image of images) {
      const facts = await imageFacts(store, await store.images.get(image));
      summaries.push(summaryOf(facts, await countFiles(store, facts)));
    }
    const texts = summaries.map((summary) =>
      flags.format === 'json'
        ? inspectJson(summary)
        : formatInspect(summary, { ...textOptions(), now: Date.now() }),
    );
    // As `docker inspect`: an array, however many were asked for.
    print(
      flags.format === 'json' ? `[${texts.map((text) => text.trimEnd()).join(',')}]` : texts.join('\n\n'),
    );
  });
}

function summaryOf(facts: ImageFacts, files: number): ImageSummary {
  const { image, names, id, descriptor, packedSize, unpackedSize } = facts;
  const { config = {}, history = [] } = image.config;
  const steps = history.filter((entry) => !entry.empty_layer);
  return {
    names,
    id,
    digest: descriptor.digest,
    platform: formatPlatform(imagePlatform(image.config)),
    created: image.config.created,
    packedSize,
    unpackedSize,
    files,
    config: runSummary(config),
    layers: facts.layers.map((layer, index) => ({
      digest: layer.descriptor.descriptor.digest,
      diffId: layer.descriptor.diffId,
      packedSize: layer.packedSize,
      unpackedSize: layer.unpackedSize,
      createdBy: steps[index]?.created_by,
    })),
  };
}

function runSummary(config: ContainerConfig): ImageSummary['config'] {
  return {
    user: config.User,
    workingDirectory: config.WorkingDir,
    entrypoint: config.Entrypoint,
    command: config.Cmd,
    environment: config.Env,
    ports: config.ExposedPorts && Object.keys(config.ExposedPorts),
    volumes: config.Volumes && Object.keys(config.Volumes),
    labels: config.Labels,
    stopSignal: config.StopSignal,
    shell: config.Shell,
    healthcheck: config.Healthcheck?.Test,
  };
}
