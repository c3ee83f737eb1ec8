/** What `decant base suggest` looks at: a file, a folder, an image of the store, or an archive or layout of one. */
import { existsSync, realpathSync, statSync } from 'node:fs';
import { open as openFileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { detectCompression } from '../codec/compression.ts';
import { contextTree } from '../engine/context.ts';
import { openContents } from '../store/contents.ts';
import { blobEntries } from '../store/layer-entries.ts';
import { DecantError, systemCode } from '../errors.ts';
import type { ImageConfig } from '../oci/config.ts';
import type { Platform } from '../oci/platform.ts';
import { formatPlatform } from '../oci/platform.ts';
import { imagePlatform } from '../oci/image.ts';
import { openStore, type Store } from '../store/store.ts';
import type { Layer } from '../tree/entry.ts';
import type { OpenContent } from '../tree/pack.ts';
import { cleanPath } from '../tree/path.ts';
import { resolvePath, stack, type Tree } from '../tree/tree.ts';
import { openFile } from './open-file.ts';

export interface SuggestInput {
  /** What a recipe for it may be called. */
  readonly name: string;
  readonly tree: Tree;
  readonly open: OpenContent;
  /** Programs that an image starts. */
  readonly started: readonly string[];
  /** Of an image. */
  readonly platform?: string;
  readonly isImage: boolean;
}

export interface SuggestInputOptions {
  readonly store: Store;
  /** A folder that stays until the input was read. */
  readonly temporary: string;
  readonly platform: Platform | undefined;
  readonly signal: AbortSignal;
}

/** What is there as a file or a folder is that; anything else is the name of an image. */
export async function suggestInput(what: string, options: SuggestInputOptions): Promise<SuggestInput> {
  const { store, temporary } = options;
  const stats = statOf(what);
  if (!stats) {
    if (/^\.{0,2}\/|\/$/.test(what)) throw new DecantError('FILE_UNREADABLE', `there is no ${what}`);
    return imageInput(store, what, nameOf(what.replace(/(?:@.*|:[^/:]*)$/, '')), options);
  }
  const path = realpathSync(what);
  const name = nameOf(basename(resolve(what)));
  const open = openContents(store, () => Promise.resolve(temporary));
  if (stats.isDirectory()) {
    const isLayout = existsSync(join(path, 'oci-layout')) && existsSync(join(path, 'index.json'));
    if (isLayout) return archiveInput(options, name, (inner) => inner.importFolder(path, options));
    return { name, tree: contextTree(path), open, started: [], isImage: false };
  }
  if (!stats.isFile()) throw new DecantError('FILE_UNREADABLE', `${what} is neither a file nor a folder`);
  if (await isArchive(path)) {
    const named = { name: what, signal: options.signal };
    const source = await openFile(path);
    return archiveInput(options, name, (inner) => inner.importLayout(source, named));
  }
  return { name, tree: oneFile(path), open, started: [], isImage: false };
}

function statOf(path: string): ReturnType<typeof statSync> | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined;
    throw new DecantError('FILE_UNREADABLE', `cannot read ${path}`, { cause: error });
  }
}

/** Where the magic of a tar archive is (POSIX.1, ustar). */
const USTAR_AT = 257;

async function isArchive(path: string): Promise<boolean> {
  try {
    const file = await openFileHandle(path, 'r');
    try {
      const head = Buffer.alloc(USTAR_AT + 5);
      const { bytesRead } = await file.read(head, 0, head.length, 0);
      const isTar = head.toString('latin1', USTAR_AT) === 'ustar';
      return isTar || detectCompression(head.subarray(0, bytesRead)) !== 'none';
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new DecantError('FILE_UNREADABLE', `cannot read ${path}`, { cause: error });
  }
}

/** A folder with one file in it. */
function oneFile(path: string): Tree {
  const folder = contextTree(dirname(path));
  const name = basename(path);
  return {
    get: (wanted) => (wanted === name || wanted === '' ? folder.get(wanted) : undefined),
    list: (wanted) => (wanted === '' ? [name] : []),
  };
}

/** Into a store of its own, which goes with the temporary folder: looking at an archive leaves nothing behind. */
async function archiveInput(
  options: SuggestInputOptions,
  name: string,
  take: (inner: Store) => ReturnType<Store['importLayout']>,
): Promise<SuggestInput> {
  const inner = await openStore(join(options.temporary, 'store'));
  const [first, second] = await take(inner);
  if (!first || second) {
    throw new DecantError('USAGE', 'the archive has several images', {
      hint: 'take them in with `decant load`, and name one',
    });
  }
  return imageInput(inner, first.descriptor.digest, name, options);
}

async function imageInput(
  store: Store,
  reference: string,
  name: string,
  { platform, temporary }: SuggestInputOptions,
): Promise<SuggestInput> {
  const { image } = await store.images.load(await store.images.get(reference), platform);
  const layers: Layer[] = [];
  for (const layer of image.layers) layers.push(await blobEntries(store, layer));
  const tree = stack(layers);
  return {
    name,
    tree,
    open: openContents(store, () => Promise.resolve(temporary)),
    started: startedBy(image.config, tree),
    platform: formatPlatform(imagePlatform(image.config)),
    isImage: true,
  };
}

/** The programs of ENTRYPOINT and CMD, looked up in PATH as execvp(3) does. */
function startedBy({ config = {} }: ImageConfig, tree: Tree): readonly string[] {
  const search = config.Env?.find((one) => one.startsWith('PATH='))?.slice('PATH='.length) ?? '/usr/bin:/bin';
  const programs = [config.Entrypoint?.[0], config.Cmd?.[0]].flatMap((program) => program ?? []);
  return programs.flatMap((program) => {
    const places = program.includes('/')
      ? [cleanPath(program, cleanPath(config.WorkingDir ?? ''))]
      : search.split(':').map((folder) => cleanPath(`${folder}/${program}`));
    const found = places
      .map((place) => resolvePath(tree, place))
      .find((place) => tree.get(place)?.type === 'file');
    return found ?? [];
  });
}

/** As it may stand in an image's name; not the application's own name, which its image has. */
function nameOf(text: string): string {
  const name = basename(text)
    .toLowerCase()
    .replace(/\.(?:tar|tgz|jar|whl|py|js)$/, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return `${name === '' ? 'application' : name.slice(0, 60)}-base`;
}
