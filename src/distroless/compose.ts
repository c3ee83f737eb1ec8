/**
 * Composing: packages in, an image out. Nothing is installed and nothing of a package is run; the packages are read as
 * layers, merged into one, completed by the hooks, and packed.
 */
import { readDebs } from '../debian/deb/read-debs.ts';
import type { Archive } from '../debian/archive.ts';
import type { Package } from '../debian/package.ts';
import { openContents } from '../engine/embedded/contents.ts';
import { packIntoStore } from '../engine/embedded/pack-layer.ts';
import { readFile } from '../engine/embedded/text-file.ts';
import type { Emit } from '../events.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { imageDocuments, makeImage } from '../oci/image.ts';
import type { Platform } from '../oci/platform.ts';
import type { Store } from '../store/store.ts';
import { layerOver } from '../tree/builder.ts';
import type { Entry, Layer } from '../tree/entry.ts';
import { makeLayer } from '../tree/layer.ts';
import { cleanPath } from '../tree/path.ts';
import { stack } from '../tree/tree.ts';
import { applyHooks } from './hooks/apply.ts';
import { builtInHooks } from './hooks/built-in.ts';
import { checkScripts } from './hooks/scripts.ts';
import { mergePackages } from './merge/merge-packages.ts';
import type { Recipe, RecipeFile } from './recipe.ts';

export interface ComposeRequest {
  readonly store: Store;
  readonly recipe: Recipe;
  readonly platform: Platform;
  /** The solved or locked packages. */
  readonly packages: readonly Package[];
  readonly fetch: Archive['fetch'];
  readonly names: readonly string[];
  /** SOURCE_DATE_EPOCH, in seconds; the newest file of the packages without it. */
  readonly epoch?: number | undefined;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

export interface Composed {
  readonly descriptor: Descriptor;
  readonly imageId: string;
  readonly names: readonly string[];
  readonly packedSize: number;
  readonly packages: readonly Package[];
}

/** @throws DecantError of the archive, of a conflict between packages, of an unknown maintainer script */
export async function compose(request: ComposeRequest): Promise<Composed> {
  const { store, signal } = request;
  const release = await store.use({ signal });
  const folder = await store.tmp.create();
  try {
    const open = openContents(store, () => Promise.resolve(folder.path));
    const { layer, time } = await composeLayer(request, folder.path, open);
    const packed = await packIntoStore(
      { store, open, epoch: request.epoch, compression: 'gzip', signal, emit: request.emit },
      layer,
      request.recipe.name,
    );
    const documents = imageDocuments(makeImage(configOf(request, request.epoch ?? time), [packed]));
    await store.blobs.putBytes(documents.config);
    await store.blobs.putBytes(documents.manifest);
    await store.images.tag(request.names, documents.manifestDescriptor);
    return {
      descriptor: documents.manifestDescriptor,
      imageId: documents.configDescriptor.digest,
      names: request.names,
      packedSize: packed.descriptor.size,
      packages: request.packages,
    };
  } finally {
    await folder.remove();
    release();
  }
}

async function composeLayer(
  { store, recipe, platform, packages, fetch, signal }: ComposeRequest,
  temporary: string,
  open: ReturnType<typeof openContents>,
): Promise<{ readonly layer: Layer; readonly time: number }> {
  const blobs = await Promise.all(packages.map(fetch));
  const debs = await readDebs(
    blobs.map(({ digest }) => store.blobs.path(digest)),
    { temporary: () => Promise.resolve(temporary), signal },
  );
  checkScripts(
    debs,
    recipe.allowScripts.map((allowed) => ({ name: allowed.package, reason: allowed.reason })),
  );
  // Hooks see everything: the bundle of certificates is made from files that need not be shipped themselves.
  const whole = mergePackages(debs);
  const shipped =
    recipe.leaveOut.length === 0
      ? whole
      : mergePackages(debs, { leaveOut: recipe.leaveOut, time: whole.time });
  const applied = await applyHooks(builtInHooks, {
    tree: stack([whole.layer]),
    readFile: (file) => readFile({ open }, file),
    packages: debs.map(({ name, version, architecture }) => ({ name, version, architecture })),
    architecture: platform.architecture,
    suite: recipe.suite,
    options: { users: recipe.users.map(({ name, uid, gid, home }) => ({ name, uid, gid, home })) },
    time: whole.time,
  });
  const withHooks = makeLayer([...shipped.layer.entries, ...applied.layer.entries]);
  const own = filesOf(recipe.files, withHooks, whole.time);
  return { layer: makeLayer([...withHooks.entries, ...own]), time: whole.time };
}

/** The recipe's own files, and the directories above them that are missing. */
function filesOf(files: readonly RecipeFile[], below: Layer, time: number): readonly Entry[] {
  const builder = layerOver(stack([below]));
  for (const { path, type, content = '', mode, uid = 0, gid = 0 } of files) {
    const at = cleanPath(path);
    const base = { path: at, uid, gid, mtime: time };
    const parent = at.includes('/') ? at.slice(0, at.lastIndexOf('/')) : '';
    if (parent !== '') builder.makeDirectories(parent, { mode: 0o755, uid: 0, gid: 0 });
    if (type === 'directory') builder.set({ ...base, type, mode: mode ?? 0o755 });
    else if (type === 'link') builder.set({ ...base, type: 'symlink', mode: 0o777, target: content });
    else {
      const bytes = Buffer.from(content);
      builder.set({
        ...base,
        type: 'file',
        mode: mode ?? 0o644,
        size: bytes.length,
        content: { kind: 'inline', bytes },
      });
    }
  }
  return files.length === 0 ? [] : builder.finish().entries;
}

function configOf({ recipe, platform }: ComposeRequest, time: number) {
  const created = new Date(time * 1000).toISOString().replace(/\.\d{3}Z$/, 'Z');
  return {
    created,
    architecture: platform.architecture,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    os: platform.os,
    config: {
      User: recipe.user,
      Env: Object.entries(recipe.environment).map(([name, value]) => `${name}=${value}`),
      WorkingDir: recipe.workingDirectory,
      ...(recipe.entrypoint.length > 0 ? { Entrypoint: recipe.entrypoint } : {}),
      ...(recipe.command.length > 0 ? { Cmd: recipe.command } : {}),
    },
    history: [{ created, created_by: `decant base build ${recipe.name}`, comment: 'decant' }],
  };
}
