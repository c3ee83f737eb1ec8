/** `decant report` */
import { DecantError } from '../../errors.ts';
import type { PageImage } from '../../report/page/data.ts';
import { openImage } from '../../transport/open-image.ts';
import { platformFlag } from '../flags.ts';
import { tell } from '../io.ts';
import { withMeans } from '../means.ts';
import { pageBuild } from '../page/build.ts';
import { pageImage } from '../page/image.ts';
import { writePage } from '../page/write.ts';

interface Flags {
  readonly output: string;
  readonly platform?: string;
}

export async function command(names: readonly string[], { output, platform }: Flags): Promise<void> {
  if (names.length > MOST_IMAGES)
    throw new DecantError('USAGE', `one page shows at most ${MOST_IMAGES} images, not ${names.length}`);
  const wanted = platformFlag(platform);
  await withMeans('auto', async (means) => {
    const images: PageImage[] = [];
    for (const name of names) {
      const view = await openImage(name, means, wanted);
      try {
        const image = await pageImage(name, view, means.signal);
        images.push({ ...image, build: pageBuild(means.store, view.id) });
      } finally {
        await view.close();
      }
    }
    await writePage(output, images, means.signal);
  });
  if (output !== '-') tell(`the page is ${output}`);
}

/** More are no comparison that anybody could take in. */
const MOST_IMAGES = 8;
