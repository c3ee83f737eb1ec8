/** Carrying a result to an output. */
import { layoutFiles, writeArchive } from '../../oci/archive-write.ts';
import type { ArchivedImage, BlobReader } from '../../oci/archive-write.ts';
import { parseImageName } from '../../oci/reference.ts';
import type { Store } from '../../store/store.ts';
import { writeLayoutFolder } from '../../store/layout-folder.ts';
import { lazyLayer } from '../../tree/layer.ts';
import { packLayer } from '../../tree/pack.ts';
import type { BuildRequest } from '../build-request.ts';
import type { Built } from '../embedded/build.ts';
import { all } from '../embedded/memo.ts';
import { statementFiles } from './attach.ts';
import { filesOfAll } from './files.ts';
import { writeDirectory } from './local.ts';
import type { Output } from './output.ts';
import type { Packed, PackOptions } from './pack.ts';
import { writeTo } from './write-file.ts';

/** `tar` and `local`: the files of the targets, without an image around them. */
export async function writeFiles(
  { type, destination, platformSplit }: Output,
  { targets, open }: Built,
  attestations: PackOptions['attestations'],
  request: BuildRequest,
): Promise<void> {
  const trees = await all(
    targets.map(async (target) => {
      const layers = await target.layers();
      const beside = await statementFiles(await attestations(target), layers, open);
      return { platform: target.platform, layers, beside };
    }),
  );
  const entries = filesOfAll(trees, platformSplit ?? targets.length > 1);
  const { epoch, signal, privileges } = request;
  if (destination === undefined) return;
  if (type === 'local' && typeof destination === 'string') {
    await writeDirectory(entries, destination, { open, epoch, setOwners: privileges === 'root' });
    return;
  }
  const reusesChunks = typeof destination === 'string';
  const layer = lazyLayer(() => entries);
  await writeTo(destination, packLayer(layer, { open, epoch, reusesChunks }), signal);
}

/** `oci` and `docker`: archives, or a directory, that other tools load. */
export async function writeImage(
  output: Output,
  packed: Packed,
  names: readonly string[],
  request: BuildRequest,
): Promise<void> {
  const { destination } = output;
  if (destination === undefined) return;
  const blobs = typeof destination === 'string' ? inTurns(request.store) : request.store.blobs;
  if (output.type === 'docker') {
    await writeTo(
      destination,
      writeArchive(forDocker(packed, names), blobs, 'docker-archive'),
      request.signal,
    );
    return;
  }
  const image: ArchivedImage = { names: names.map(parseImageName), descriptor: packed.descriptor };
  if (output.isDirectory && typeof destination === 'string') {
    await writeLayoutFolder(destination, await layoutFiles([image], request.store.blobs, 'oci-archive'));
    return;
  }
  await writeTo(destination, writeArchive([image], blobs, 'oci-archive'), request.signal);
}

/** What a file is written from, chunk by chunk. */
function inTurns({ blobs }: Store): BlobReader {
  return { ...blobs, readInTurns: (digest) => blobs.read(digest, { reusesChunks: true }) };
}

/** Such an archive holds images, not indexes: there is one here, and what is about it stays behind. */
export function forDocker({ images }: Packed, names: readonly string[]): readonly ArchivedImage[] {
  return images.map(({ documents }) => ({
    names: names.map(parseImageName),
    descriptor: documents.manifestDescriptor,
  }));
}
