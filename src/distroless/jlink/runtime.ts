/**
 * A Java runtime of chosen modules, linked once for each set of packages and modules and kept in the store as a blob.
 */
import { sha256 } from '../../codec/digest.ts';
import type { Archive } from '../../debian/archive.ts';
import { readDebs } from '../../debian/deb/read-debs.ts';
import type { PoolFile } from '../../debian/pool.ts';
import { blobEntries } from '../../store/layer-entries.ts';
import { needUnpackedLayers } from '../../engine/embedded/namespace.ts';
import { packIntoStore } from '../../engine/embedded/pack-layer.ts';
import type { Privileges } from '../../engine/embedded/session.ts';
import { DecantError } from '../../errors.ts';
import { type Emit, monotonic } from '../../events.ts';
import type { LayerDescriptor } from '../../oci/image.ts';
import { MEDIA_TYPE } from '../../oci/media-types.ts';
import type { Store } from '../../store/store.ts';
import type { Layer } from '../../tree/entry.ts';
import { makeLayer } from '../../tree/layer.ts';
import type { OpenContent } from '../../tree/pack.ts';
import type { Jlink } from '../recipe.ts';
import { LINK_OPTIONS, linkModules } from './link.ts';

/** The packages that linking takes. */
export interface JlinkPackages {
  /** The JDK for this machine, with what it depends on. */
  readonly tools: readonly PoolFile[];
  /** The JDK of the architecture that is wanted. */
  readonly target: PoolFile;
}

export interface RuntimeRequest extends JlinkPackages {
  readonly jlink: Jlink;
  readonly store: Store;
  readonly fetch: Archive['fetch'];
  /** As `linkModules` has it. */
  readonly directory: string;
  readonly open: OpenContent;
  readonly privileges: Privileges;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

const KIND = 'jlink';

/** @throws DecantError as `linkModules` does; NamespaceNeeded where it is not in the store yet */
export async function linkedRuntime(request: RuntimeRequest): Promise<Layer> {
  const { store, jlink, tools, target, open, directory, signal, emit } = request;
  const modules = [...new Set(jlink.modules)].toSorted();
  checkVersions(tools, target);
  const key = sha256(
    Buffer.from(JSON.stringify([target.digest, tools.map(({ digest }) => digest), modules, LINK_OPTIONS])),
  );
  const known = await store.cache.get(KIND, key);
  if (isDescriptor(known) && store.blobs.has(known)) return blobEntries(store, descriptorOf(known));
  needUnpackedLayers(request);
  const wanted = tools.some(({ digest }) => digest === target.digest) ? tools : [...tools, target];
  const blobs = await Promise.all(wanted.map((file) => request.fetch(file)));
  const debs = await readDebs(
    blobs.map(({ digest }) => store.blobs.path(digest)),
    { temporary: () => Promise.resolve(directory), signal },
  );
  const label = `jlink ${target.name} ${target.version} (${target.architecture})`;
  const runtime = await linkModules({
    ...request,
    modules,
    tools: debs.slice(0, tools.length),
    target: debs[wanted.findIndex(({ digest }) => digest === target.digest)] as (typeof debs)[number],
    onOutput: (stream, text) => emit({ type: 'step.output', time: monotonic(), id: label, stream, text }),
  });
  const session = { store, open, epoch: undefined, compression: 'none', signal, emit } as const;
  const { descriptor } = await packIntoStore(session, withKeystore(runtime), label);
  await store.cache.put(KIND, key, descriptor.digest, { blobs: [descriptor.digest] });
  return blobEntries(store, descriptorOf(descriptor.digest, descriptor.size));
}

/** The authorities are those of the image, as in Debian's own runtimes, not those that the JDK was built with. */
function withKeystore(runtime: Layer): Layer {
  return makeLayer(
    runtime.entries.map((entry) =>
      entry.path.endsWith('/lib/security/cacerts')
        ? {
            type: 'symlink',
            path: entry.path,
            target: '/etc/ssl/certs/java/cacerts',
            mode: 0o777,
            uid: 0,
            gid: 0,
            mtime: entry.mtime,
          }
        : entry,
    ),
  );
}

function isDescriptor(value: unknown): value is string {
  return typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);
}

/** Not compressed, so its digest is its diff id. */
function descriptorOf(digest: string, size = 0): LayerDescriptor {
  return { descriptor: { mediaType: MEDIA_TYPE.layer, digest, size }, diffId: digest };
}

/** jlink takes modules of its own version only, and says so less clearly. */
function checkVersions(tools: readonly PoolFile[], target: PoolFile): void {
  const tool = tools.find(({ name }) => name === target.name);
  if (tool?.version === target.version) return;
  throw new DecantError(
    'DEPENDENCIES_UNMET',
    `${target.name} is at ${target.version} for ${target.architecture}, and ${tool ? `at ${tool.version} for ${tool.architecture}` : 'not there for this machine'}: jlink needs the same`,
    { hint: 'the archive builds one architecture after another; try again later, or lock an older version' },
  );
}
