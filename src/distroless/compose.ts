/**
 * Composing: packages in, an image out. Nothing is installed and nothing of a package is run; the packages are read as
 * layers, merged into one, completed by the hooks, and packed: what other bases have too in layers of its own.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Deb } from '../debian/deb/deb.ts';
import type { Archive } from '../debian/archive.ts';
import { readFile } from '../engine/embedded/text-file.ts';
import type { Privileges } from '../engine/embedded/session.ts';
import type { ImageConfig } from '../oci/config.ts';
import type { Platform } from '../oci/platform.ts';
import { layerOver } from '../tree/builder.ts';
import type { Entry, FileEntry, Layer } from '../tree/entry.ts';
import { makeLayer } from '../tree/layer.ts';
import { cleanPath } from '../tree/path.ts';
import type { OpenContent } from '../tree/pack.ts';
import { plainDirectory, stack } from '../tree/tree.ts';
import { createdBy, intoStore } from './into-store.ts';
import type { Composed, IntoStoreRequest } from './into-store.ts';
import { applyHooks } from './hooks/apply.ts';
import { builtInHooks } from './hooks/built-in.ts';
import { checkScripts } from './hooks/scripts.ts';
import { loadable } from './jlink/natives.ts';
import { linkedRuntime } from './jlink/runtime.ts';
import type { JlinkPackages } from './jlink/runtime.ts';
import { pile } from './layering.ts';
import type { NamedLayer } from './layering.ts';
import { levelsOf } from './levels.ts';
import type { Level } from './levels.ts';
import { isReadToMerge, mergePlaced, placePackages } from './merge/merge-packages.ts';
import { openDebs, type OpenedDebs } from './open-debs.ts';
import { type PackedLevels, packedLevels } from './packed-levels.ts';
import type { Recipe, RecipeFile } from './recipe.ts';
import { type SeenContents, seenContents } from './seen-contents.ts';

export type { Composed } from './into-store.ts';

export interface ComposeRequest extends IntoStoreRequest {
  readonly recipe: Recipe;
  readonly platform: Platform;
  readonly fetch: Archive['fetch'];
  /** For a recipe with `jlink`. */
  readonly jlink?: JlinkPackages | undefined;
  /** jlink is a program: it takes what a RUN step takes. */
  readonly privileges: Privileges;
}

/** @throws DecantError of the archive, of a conflict between packages, of an unknown maintainer script */
export function compose(request: ComposeRequest): Promise<Composed> {
  const { recipe, platform } = request;
  return intoStore(request, async (folder, open) => {
    const { layers, time, contents, seen, levels } = await composeLayers(request, folder, open, {
      packed: [platform, request.epoch ?? null],
    });
    const config = configOf(recipe, contents.debs, layers, platform, request.epoch ?? time);
    return { layers, contents, seen, config, packed: levels.keep };
  });
}

export type ComposeLayersRequest = Omit<ComposeRequest, 'names' | 'epoch'>;

export interface ComposedLayers {
  /** From the lowest up, not packed. */
  readonly layers: readonly NamedLayer[];
  /** The packages, and how what the layers hold is opened. */
  readonly contents: OpenedDebs;
  readonly seen: SeenContents;
  readonly levels: PackedLevels;
  /** The newest file of the packages, in seconds. */
  readonly time: number;
}

export interface ComposeLayersOptions {
  /** For who packs the layers: packages are unpacked meanwhile. What layers depend on beside recipe and packages. */
  readonly packed?: readonly unknown[];
}

/**
 * What the image will hold, as a value. Throws what `compose` throws.
 *
 * @param folder It lives as long as contents are read.
 */
export async function composeLayers(
  request: ComposeLayersRequest,
  folder: string,
  plain: OpenContent,
  { packed }: ComposeLayersOptions = {},
): Promise<ComposedLayers> {
  const { recipe, platform, store, packages, fetch, signal } = request;
  const runtime = await runtimeOf(request, folder, plain);
  const blobs = await Promise.all(packages.map((file) => fetch(file)));
  const contents = await openDebs(
    blobs.map(({ digest }) => digest),
    { store, folder, open: plain, signal },
  );
  const { debs, open, origins, unpack, unpackAhead, settled } = contents;
  await unpack(debs.filter((deb) => isReadToMerge(deb, debs)).flatMap(({ layer }) => layer.entries));
  const allowed = recipe.allowScripts.map(({ package: name, reason }) => ({ name, reason }));
  checkScripts(debs, allowed);
  const seen = seenContents(store, origins, open);
  const recipes = levelsOf(recipe, debs);
  const digests = new Map(debs.map((deb, index) => [deb, blobs[index]?.digest ?? '']));
  const levels = packedLevels(store, recipes, digests, packed ?? []);
  if (packed) await unpackAhead(levels.unpacked().flatMap(({ layer }) => layer.entries));
  try {
    const trees: ComposedTree[] = [];
    for (const level of recipes) {
      trees.push(await composeTree(level, platform, seen, level.recipe.jlink && runtime));
    }
    return { layers: pile(trees), contents, seen, levels, time: trees.at(-1)?.time ?? 0 };
  } catch (error) {
    await settled();
    throw error;
  }
}

async function runtimeOf(
  request: ComposeLayersRequest,
  folder: string,
  open: OpenContent,
): Promise<Layer | undefined> {
  const { recipe, jlink: packages } = request;
  if (!recipe.jlink || !packages) return undefined;
  const directory = join(folder, 'jlink');
  await mkdir(directory);
  return linkedRuntime({ ...request, ...packages, jlink: recipe.jlink, directory, open });
}

interface ComposedTree extends NamedLayer {
  /** The newest file of the packages, in seconds. */
  readonly time: number;
}

async function composeTree(
  { recipe, debs }: Level,
  { architecture }: Platform,
  { open, libraries }: SeenContents,
  runtime: Layer | undefined,
): Promise<ComposedTree> {
  const read = (file: FileEntry): Promise<Uint8Array> => readFile({ open }, file);
  // The bundle of certificates is made from files that need not be shipped themselves.
  const placed = placePackages(debs);
  const whole = mergePlaced(placed, { statusFiles: false });
  const merged = mergePlaced(placed, { leaveOut: recipe.leaveOut, time: whole.time });
  const shipped = runtime
    ? withRuntime(merged.layer, await loadable(runtime, merged.layer, read))
    : merged.layer;
  const applied = await applyHooks(builtInHooks, {
    tree: stack([shipped]),
    whole: stack([whole.layer]),
    readFile: read,
    libraries,
    packages: debs.map(({ name, version, architecture: of }) => ({ name, version, architecture: of })),
    architecture,
    suite: recipe.suite,
    options: recipe,
    time: whole.time,
  });
  const withHooks = makeLayer([...shipped.entries, ...applied.layer.entries]);
  const own = filesOf(recipe.files, withHooks, whole.time);
  return { name: recipe.name, layer: makeLayer([...withHooks.entries, ...own]), time: whole.time };
}

function withRuntime(packages: Layer, runtime: Layer): Layer {
  const parents = ['usr', 'usr/lib', 'usr/lib/jvm'].map((path) => ({
    ...plainDirectory(path),
    mtime: runtime.entries[0]?.mtime ?? 0,
  }));
  return makeLayer([...parents, ...packages.entries, ...runtime.entries]);
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

function configOf(
  recipe: Recipe,
  debs: readonly Deb[],
  layers: readonly NamedLayer[],
  platform: Platform,
  time: number,
): Omit<ImageConfig, 'rootfs'> {
  return {
    ...createdBy(layers, platform, time),
    config: {
      User: recipe.user,
      Env: Object.entries({ ...versionsOf(recipe, debs), ...recipe.environment }).map(
        ([name, value]) => `${name}=${value}`,
      ),
      WorkingDir: recipe.workingDirectory,
      ...(recipe.entrypoint.length > 0 ? { Entrypoint: recipe.entrypoint } : {}),
      ...(recipe.command.length > 0 ? { Cmd: recipe.command } : {}),
    },
  };
}

/** Of `1:17.0.15+6-1~deb12u1`, what the project itself calls the version: 17.0.15. */
function versionsOf({ versions = {} }: Recipe, debs: readonly Deb[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(versions).flatMap(([variable, name]) => {
      const version = debs.find((deb) => deb.name === name)?.version;
      return version === undefined ? [] : [[variable, version.replace(/^\d+:/, '').replace(/[+~-].*$/, '')]];
    }),
  );
}
