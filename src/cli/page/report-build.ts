/** The page of `decant build --report`: the image, and the build just done. */
import type { Emit } from '../../events.ts';
import { findBuild } from '../../engine/records/read.ts';
import type { Platform } from '../../oci/platform.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Store } from '../../store/store.ts';
import { openStored } from '../../transport/open-image.ts';
import { allEnvironment } from '../io.ts';
import { openFile } from '../open-file.ts';
import { describeBuild } from './build.ts';
import { pageImage } from './image.ts';
import { writePage } from './write.ts';

export interface ReportedBuild {
  readonly store: Store;
  readonly names: readonly string[];
  /** The first of several. */
  readonly platform: Platform | undefined;
  /** Of its record; undefined where none could be kept. */
  readonly id: string | undefined;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

export async function reportBuild(
  path: string,
  descriptor: Descriptor,
  { store, names, platform, id, signal, emit }: ReportedBuild,
): Promise<void> {
  const means = {
    store,
    // What was just built is in the store.
    session: () => Promise.reject(new TypeError('a report of a build asks no registry')),
    readFile: openFile,
    environment: allEnvironment(),
    emit,
    signal,
  };
  const name = names[0] ?? descriptor.digest.slice(0, 'sha256:'.length + 12);
  const view = await openStored({ names, descriptor }, name, means, platform);
  try {
    const image = await pageImage(name, view, signal);
    const build = id === undefined ? undefined : describeBuild(findBuild(store, id));
    await writePage(path, [{ ...image, build }], signal);
  } finally {
    await view.close();
  }
}
