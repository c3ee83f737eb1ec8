/** The image that tests start from: the one of the differential tests, made of this machine's static busybox. */
import { makeBaseImages } from '../differential/base.ts';

let archive: Buffer | undefined;

/** A tar archive of the root file system, the same bytes each time. */
export function baseArchive(): Buffer {
  archive ??= makeBaseImages().baseLayers[0];
  if (!archive) throw new Error('the differential tests have no base image');
  return archive;
}
