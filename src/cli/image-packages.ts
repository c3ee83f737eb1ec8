/** The packages of an image: found once, and kept with the store's records by the image's id. */
import type { ImageView } from '../inspect/image/image-view.ts';
import type { PackageList } from '../inspect/packages/package.ts';
import { findPackages } from '../inspect/packages/packages.ts';
import { keepRecord } from '../store/layer-entries.ts';
import type { ReadMeans } from '../transport/image.ts';
import { VERSION } from './version.ts';

const KIND = 'packages';

/** What another version of decant found is not what this one would find. */
export async function packagesOf(image: ImageView, { store, signal }: ReadMeans): Promise<PackageList> {
  const key = `${VERSION} ${image.id}`;
  const kept = store.cache.getSync(KIND, key) as PackageList | undefined;
  if (kept) return kept;
  const found = await findPackages({ tree: await image.tree(), open: image.open, signal });
  const layers = image.layers.map(({ descriptor }) => descriptor.digest);
  const blobs = layers.every((digest) => store.blobs.has(digest)) ? layers : [];
  await keepRecord(store, KIND, key, found, { blobs });
  return found;
}
