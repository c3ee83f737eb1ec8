/** The source or the target that a location stands for. */
import { DecantError } from '../errors.ts';
import { familiar, parseImageName } from '../oci/reference.ts';
import { archiveSource } from './archive-source.ts';
import { archiveTarget } from './archive-target.ts';
import { loadIntoDaemon, saveFromDaemon } from './daemon.ts';
import type { ImageSource, ImageTarget, Means, ReadMeans } from './image.ts';
import { layoutSource } from './layout-source.ts';
import { layoutTarget } from './layout-target.ts';
import { formatLocation, type Location } from './location.ts';
import { registrySource, registryTarget } from './registry.ts';
import { storeSource, storeTarget } from './stored.ts';

/** Close it. Throws IMAGE_UNKNOWN, FILE_UNREADABLE, NETWORK, IMAGE_DAMAGED and what else its transport throws. */
export async function openSource(location: Location, means: ReadMeans): Promise<ImageSource> {
  const { store, signal } = means;
  switch (location.transport) {
    case 'docker':
      return registrySource(await means.session(), location.reference);
    case 'store':
      return storeSource(store, location.name);
    case 'oci':
      return layoutSource(location.path, location.tag);
    case 'docker-daemon': {
      const bytes = await saveFromDaemon(means, location.name);
      return archiveSource(
        await store.openArchive(bytes, { name: formatLocation(location), signal }),
        formatLocation(location),
        undefined,
      );
    }
    default: {
      const name = `${location.transport}:${location.path}`;
      const bytes = await means.readFile(location.path);
      return archiveSource(
        await store.openArchive(bytes, { name: location.path, signal }),
        name,
        location.tag,
      );
    }
  }
}

/** Nothing is written yet. Throws USAGE, REFERENCE_INVALID. */
export async function openTarget(location: Location, means: Means): Promise<ImageTarget> {
  const { emit } = means;
  switch (location.transport) {
    case 'docker': {
      const name = parseImageName(familiar(location.reference));
      return registryTarget(await means.session(), name, emit);
    }
    case 'store':
      return storeTarget(means, location.name);
    case 'oci':
      return layoutTarget(location.path, checkedTag(location.tag), emit);
    case 'docker-daemon': {
      const { name } = location;
      const deliver = (bytes: AsyncIterable<Uint8Array>): Promise<void> => loadIntoDaemon(means, bytes);
      const tag = familiar(parseImageName(name));
      return archiveTarget({ name: formatLocation(location), type: 'docker-archive', tag, deliver, emit });
    }
    default: {
      const { path, transport } = location;
      const deliver = (bytes: AsyncIterable<Uint8Array>): Promise<void> => means.writeFile(path, bytes);
      const tag = transport === 'oci-archive' ? checkedTag(location.tag) : location.tag;
      return archiveTarget({ name: formatLocation(location), type: transport, tag, deliver, emit });
    }
  }
}

/** What an OCI layout may call an image: a tag, or a whole name. Throws REFERENCE_INVALID. */
function checkedTag(tag: string | undefined): string | undefined {
  if (tag === undefined) return undefined;
  if (/[:/]/.test(tag)) return familiar(parseImageName(tag));
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(tag)) return tag;
  throw new DecantError('REFERENCE_INVALID', `"${tag}" is no tag`, {
    hint: 'write letters, digits, _ . and -, or a whole name such as app:1',
  });
}
