/**
 * What the page shows of an image: its layers with the files in them, which of these a later layer hides, and the
 * package each belongs to. Texts from outside lose their credentials here; that they are no markup, the page sees to.
 */
import { auditImage } from '../../audit/audit.ts';
import { findPackages } from '../../inspect/packages/packages.ts';
import type { ImageView } from '../../inspect/image/image-view.ts';
import { formatPlatform } from '../../oci/platform.ts';
import type { PageConfig, PageFile, PageImage, PageLayer, PagePackage } from '../../report/page/data.ts';
import { cleanLine } from '../../report/text/clean.ts';
import type { FileEntry, Layer } from '../../tree/entry.ts';
import { stack, walk } from '../../tree/tree.ts';
import { pageSurface } from './surface.ts';

/** @param name As the image is to be called. */
export async function pageImage(
  name: string,
  image: ImageView,
  signal?: AbortSignal,
): Promise<Omit<PageImage, 'build'>> {
  const entries: Layer[] = [];
  for (const layer of image.layers) entries.push(await layer.entries());
  const tree = stack(entries);
  const { packages } = await findPackages({ tree, open: image.open, signal });
  const audit = await auditImage(image, { signal });
  const owners = new Map<string, number>();
  packages.forEach(({ files = [] }, index) => {
    for (const path of files) owners.set(path, owners.get(path) ?? index);
  });
  const files = filesOf(entries, owners);
  const sizes = entries.map(() => 0);
  for (const { layer, size } of files) sizes[layer] = (sizes[layer] ?? 0) + size;
  return {
    name,
    digest: image.descriptor.digest,
    platform: formatPlatform(image.platform),
    packedSize: image.layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0),
    unpackedSize: sizes.reduce((sum, size) => sum + size, 0),
    config: configOf(image),
    layers: image.layers.map(({ descriptor, step }, index): PageLayer => ({
      digest: descriptor.digest,
      packedSize: descriptor.size,
      unpackedSize: sizes[index] ?? 0,
      createdBy: cleanLine(step?.instruction ?? ''),
    })),
    files,
    surface: pageSurface(audit),
    packages: packages.map(({ manager, name: packageName, version }): PagePackage => ({
      type: manager,
      name: packageName,
      version,
    })),
  };
}

function filesOf(layers: readonly Layer[], owners: ReadonlyMap<string, number>): readonly PageFile[] {
  const seen = new Set<unknown>();
  for (const node of walk(stack(layers))) if (node.type === 'file') seen.add(node);
  return layers.flatMap(({ entries }, layer) => {
    const files = entries.filter((entry) => entry.type === 'file');
    // Of several names of one file one stands for it, if any of them is left one that is.
    const chosen = new Map<string, FileEntry>();
    for (const file of files) {
      const known = file.link === undefined ? file : chosen.get(file.link);
      if (file.link !== undefined && (!known || (!seen.has(known) && seen.has(file))))
        chosen.set(file.link, file);
    }
    return files
      .filter((file) => file.link === undefined || chosen.get(file.link) === file)
      .map((file): PageFile => {
        const isHidden = !seen.has(file);
        const owner = isHidden ? undefined : owners.get(file.path);
        return { path: file.path, size: file.size, layer, isHidden, owner };
      });
  });
}

function configOf({ config: { config = {} } }: ImageView): PageConfig {
  return {
    user: config.User ?? '',
    entrypoint: (config.Entrypoint ?? []).map(cleanLine),
    command: (config.Cmd ?? []).map(cleanLine),
    workingDirectory: config.WorkingDir ?? '',
    ports: Object.keys(config.ExposedPorts ?? {}),
    volumes: Object.keys(config.Volumes ?? {}),
    variables: (config.Env ?? []).map((text) => text.split('=', 1)[0] ?? ''),
  };
}
