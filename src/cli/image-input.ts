/** An image that a command was given, from wherever it is, opened while the command looks at it. */
import type { ImageView } from '../inspect/image/image-view.ts';
import { openImage } from '../transport/open-image.ts';
import type { ReadMeans } from '../transport/image.ts';
import { platformFlag } from './flags.ts';
import { withMeans } from './means.ts';

/** Gives what `work` gives, once progress is off the screen. */
export async function withImage<T>(
  text: string,
  platform: string | undefined,
  work: (image: ImageView, means: ReadMeans) => Promise<T>,
): Promise<T> {
  const wanted = platformFlag(platform);
  return withMeans('auto', async (means) => {
    const image = await openImage(text, means, wanted);
    try {
      return await work(image, means);
    } finally {
      await image.close();
    }
  });
}
