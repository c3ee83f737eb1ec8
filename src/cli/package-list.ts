/**
 * The packages of an opened image, read once: the list is kept by the image's id, which says what all its layers have in
 * them, so that looking again need not unpack them.
 */
import type { ImageView } from '../inspect/image/image-view.ts';
import type { PackageList } from '../inspect/packages/package.ts';
import { findPackages } from '../inspect/packages/packages.ts';
import { keepRecord } from '../store/layer-entries.ts';
import type { ReadMeans } from '../transport/image.ts';

const KIND = 'packages';
/** Raised when the same image would give another list. */
const FORMAT = 3;

export async function packagesOf(image: ImageView, { store, signal }: ReadMeans): Promise<PackageList> {
  const key = `${FORMAT} ${image.id}`;
  const known = await store.cache.get(KIND, key);
  if (isPackageList(known)) return known;
  const list = await findPackages({ tree: await image.tree(), open: image.open, signal });
  await keepRecord(store, KIND, key, list);
  return list;
}

/** A record is our own and has a checksum; only its form may be that of another version. */
function isPackageList(value: unknown): value is PackageList {
  if (typeof value !== 'object' || value === null) return false;
  const { packages, warnings } = value as Partial<PackageList>;
  return Array.isArray(packages) && Array.isArray(warnings);
}
