/** `decant sbom` */
import { streamOf } from '../../codec/stream.ts';
import { writeTo } from '../../engine/outputs/write-file.ts';
import type { PackageList } from '../../inspect/packages/package.ts';
import { type SbomFormat, sbomDocument } from '../../inspect/sbom/sbom.ts';
import { subjectOf } from '../../inspect/sbom/subject.ts';
import type { ImageView } from '../../inspect/image/image-view.ts';
import { formatPackages, packagesJson } from '../format/packages.ts';
import { withImage } from '../image-input.ts';
import { print, tell, textOptions } from '../io.ts';
import { packagesOf } from '../package-list.ts';
import { VERSION } from '../version.ts';

interface Flags {
  readonly format: 'text' | 'json' | SbomFormat;
  readonly output?: string;
  readonly platform?: string;
}

export async function command(name: string, flags: Flags): Promise<void> {
  const { list, text } = await withImage(name, flags.platform, async (image, means) => {
    const list = await packagesOf(image, means);
    const text = await answer(image, list, flags);
    if (flags.output !== undefined)
      await writeTo(flags.output, streamOf(Buffer.from(text)), means.signal ?? AbortSignal.any([]));
    return { list, text };
  });
  for (const warning of list.warnings) tell(`warning: ${warning}`);
  if (flags.output === undefined) print(text);
}

async function answer(image: ImageView, list: PackageList, flags: Flags): Promise<string> {
  if (flags.format === 'text') return `${formatPackages(list, outputOptions(flags))}\n`;
  if (flags.format === 'json') return `${packagesJson(list)}\n`;
  return sbomDocument(flags.format, subjectOf(image, VERSION), list);
}

function outputOptions({ output }: Flags): ReturnType<typeof textOptions> {
  return output === undefined ? textOptions() : { width: Infinity, color: false };
}
