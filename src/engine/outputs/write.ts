/** Carrying a result to an output. */
import { layoutFiles, writeArchive } from '../../oci/archive-write.ts';
import type { ArchivedImage } from '../../oci/archive-write.ts';
import { parseImageName } from '../../oci/reference.ts';
import { writeFolder } from '../../store/transfer.ts';
import { packLayer } from '../../tree/pack.ts';
import { stack, walk } from '../../tree/tree.ts';
import type { BuildRequest, PackedImage } from '../build-image.ts';
import type { Built } from '../embedded/build.ts';
import { writeDirectory } from './local.ts';
import type { Output } from './output.ts';
import { writeTo } from './write-file.ts';

/** `tar` and `local`: the target's files, without an image around them. */
export async function writeFiles(
  { type, destination }: Output,
  built: Built,
  request: BuildRequest,
): Promise<void> {
  const tree = stack(await built.layers());
  const { open } = built;
  const { epoch, signal, privileges } = request;
  if (destination === undefined) return;
  if (type === 'local' && typeof destination === 'string') {
    await writeDirectory(tree, destination, { open, epoch, setOwners: privileges === 'root' });
    return;
  }
  const entries = [...walk(tree)].filter((node) => node.path !== '');
  await writeTo(destination, packLayer({ entries }, { open, epoch }), signal);
}

/** `oci` and `docker`: archives, or a directory, that other tools load. */
export async function writeImage(
  output: Output,
  packed: PackedImage,
  names: readonly string[],
  request: BuildRequest,
): Promise<void> {
  const { blobs } = request.store;
  const image: ArchivedImage = {
    names: names.map(parseImageName),
    descriptor: packed.documents.manifestDescriptor,
  };
  const { destination } = output;
  if (destination === undefined) return;
  if (output.isDirectory && typeof destination === 'string') {
    await writeFolder(destination, await layoutFiles([image], blobs, 'oci-archive'));
    return;
  }
  const type = output.type === 'docker' ? 'docker-archive' : 'oci-archive';
  await writeTo(destination, writeArchive([image], blobs, type), request.signal);
}
