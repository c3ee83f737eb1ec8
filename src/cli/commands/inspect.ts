/** `decant inspect` */
import { DecantError } from '../../errors.ts';
import type { ImageView } from '../../inspect/image/image-view.ts';
import { type WasteReport, wasteReport } from '../../inspect/waste/waste-report.ts';
import type { ContainerConfig } from '../../oci/config.ts';
import { formatPlatform } from '../../oci/platform.ts';
import type { ReadMeans } from '../../transport/image.ts';
import { walk } from '../../tree/tree.ts';
import { formatInspect, inspectJson } from '../format/inspect.ts';
import type { ImageSummary, PackageCount } from '../format/inspect.ts';
import { withImage } from '../image-input.ts';
import { packagesOf } from '../package-list.ts';
import { print, tell, textOptions } from '../io.ts';

interface Flags {
  readonly config?: boolean;
  readonly platform?: string;
  readonly format: 'text' | 'json';
}

export async function command(images: readonly string[], flags: Flags): Promise<void> {
  const summaries: ImageSummary[] = [];
  for (const name of images) {
    summaries.push(
      await withImage(name, flags.platform, (image, means) => summaryOf(image, means, flags.config ?? false)),
    );
  }
  const texts = summaries.map((summary) =>
    flags.format === 'json'
      ? inspectJson(summary)
      : formatInspect(summary, { ...textOptions(), now: Date.now() }),
  );
  // As `docker inspect`: an array, however many were asked for.
  print(flags.format === 'json' ? `[${texts.map((text) => text.trimEnd()).join(',')}]` : texts.join('\n\n'));
}

/** @param isShallow Only what manifest and config say: no layer is read. */
async function summaryOf(image: ImageView, means: ReadMeans, isShallow: boolean): Promise<ImageSummary> {
  const { config } = image;
  const inside = isShallow ? undefined : await insideOf(image, means);
  const layers = [];
  for (const layer of image.layers) {
    layers.push({
      digest: layer.descriptor.digest,
      diffId: layer.diffId,
      packedSize: layer.descriptor.size,
      unpackedSize: isShallow && !layer.isHere() ? undefined : await layer.size(),
      createdBy: layer.step?.createdBy,
      instruction: layer.step?.instruction,
    });
  }
  const sizes = layers.flatMap(({ unpackedSize }) => unpackedSize ?? []);
  return {
    name: image.name,
    names: image.names,
    id: image.id,
    digest: image.descriptor.digest,
    platform: formatPlatform(image.platform),
    created: config.created,
    packedSize: layers.reduce((sum, { packedSize }) => sum + packedSize, 0),
    unpackedSize: sizes.length < layers.length ? undefined : sizes.reduce((sum, size) => sum + size, 0),
    ...inside,
    config: runSummary(config.config ?? {}),
    layers,
  };
}

async function insideOf(
  image: ImageView,
  means: ReadMeans,
): Promise<{ readonly files: number; readonly waste: WasteReport; readonly packages?: PackageCount }> {
  let files = 0;
  for (const node of walk(await image.tree())) if (node.type !== 'directory') files += 1;
  const packages = await countPackages(image, means);
  return { files, waste: await wasteReport(image), ...(packages ? { packages } : {}) };
}

/** Records of packages are read from layers that have to be unpacked; a full disk has no room, and much can be said without. */
async function countPackages(image: ImageView, means: ReadMeans): Promise<PackageCount | undefined> {
  try {
    const { packages } = await packagesOf(image, means);
    const managers: Record<string, number> = {};
    for (const { manager } of packages) managers[manager] = (managers[manager] ?? 0) + 1;
    return { count: packages.length, managers };
  } catch (error) {
    if (!(error instanceof DecantError && error.code === 'DISK_FULL')) throw error;
    tell(`packages are not counted: ${error.message}`);
    return undefined;
  }
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
