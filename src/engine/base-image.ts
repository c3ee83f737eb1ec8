/** The image that FROM or COPY --from names: from a layout folder, from elsewhere on this machine, or from the store. */
import { DecantError } from '../errors.ts';
import type { Platform } from '../oci/platform.ts';
import { parseReference } from '../oci/reference.ts';
import { localImage } from '../plan/local-images.ts';
import type { ResolvedImage } from '../plan/operation.ts';
import type { Store } from '../store/store.ts';

const OCI_LAYOUT = 'oci-layout://';

export interface BaseSources {
  readonly store: Store;
  /** Asked for an image that the store does not have; true when it has put it there. */
  readonly supply?: ((reference: string, platform: Platform) => Promise<boolean>) | undefined;
  /** Brings an image from elsewhere on this machine into the store (see `localImage`), and gives its digest there. */
  readonly bring?: ((location: string, platform: Platform) => Promise<string>) | undefined;
  /** Asks for images that the store has too. */
  readonly refresh?: boolean | undefined;
}

/** @throws DecantError IMAGE_UNKNOWN, IMAGE_PLATFORM, and what those who supply images throw */
export async function resolveBase(
  sources: BaseSources,
  reference: string,
  platform: Platform,
): Promise<ResolvedImage> {
  if (reference.startsWith(OCI_LAYOUT)) {
    const { imageInLayout } = await import('./remote/oci-layout.ts');
    const found = await imageInLayout(sources.store, reference.slice(OCI_LAYOUT.length));
    return { ...(await imageInStore(sources.store, found, platform)), reference };
  }
  const location = localImage(reference);
  if (location !== undefined && sources.bring) {
    const digest = await sources.bring(location, platform);
    return { ...(await imageInStore(sources.store, digest, platform)), reference };
  }
  if (sources.refresh) await sources.supply?.(reference, platform);
  try {
    return await imageInStore(sources.store, reference, platform);
  } catch (error) {
    const isMissing =
      error instanceof DecantError && (error.code === 'IMAGE_UNKNOWN' || error.code === 'IMAGE_PLATFORM');
    if (!isMissing || !(await sources.supply?.(reference, platform))) throw error;
    return imageInStore(sources.store, reference, platform);
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
