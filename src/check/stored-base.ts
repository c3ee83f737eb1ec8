/** Base images that are in the store: their config, and what their layers hold. */
import { blobEntries } from '../store/layer-entries.ts';
import { openContents } from '../store/contents.ts';
import { readText } from '../engine/embedded/text-file.ts';
import { DecantError } from '../errors.ts';
import { imagePlatform } from '../oci/image.ts';
import { formatPlatform, hostPlatform, type Platform } from '../oci/platform.ts';
import type { LoadedImage } from '../store/images.ts';
import type { Store } from '../store/store.ts';
import type { Layer, Node } from '../tree/entry.ts';
import { resolvePath, stack, type Tree } from '../tree/tree.ts';
import type { Accounts, BaseKnowledge, FindBase, Inside } from './base.ts';

/** Looks images up in a store. What is read of their files goes to a temporary folder of the store. */
export function storedBases(store: Store): FindBase {
  return async (name, platform) => {
    const loaded = await load(store, name, platform);
    return loaded && knowledgeOf(store, loaded);
  };
}

/** An image that is there for other platforms only is still one to look at. */
async function load(store: Store, name: string, platform: Platform): Promise<LoadedImage | undefined> {
  const found = await store.images.find(name);
  if (!found) return undefined;
  for (const wanted of [platform, hostPlatform()]) {
    try {
      return await store.images.load(found, wanted);
    } catch (error) {
      if (!(error instanceof DecantError && error.code === 'IMAGE_PLATFORM')) throw error;
    }
  }
  return undefined;
}

function knowledgeOf(store: Store, { image }: LoadedImage): BaseKnowledge {
  const { Env, Shell, OnBuild, User } = image.config.config ?? {};
  let tree: Promise<Tree> | undefined;
  const treeOnce = (): Promise<Tree> => (tree ??= treeOf(store, image.layers));
  const platform = imagePlatform(image.config);
  const { os, architecture } = platform;
  return {
    env: Env ?? [],
    shell: Shell,
    onBuild: OnBuild,
    user: User ?? '',
    platform: { os, architecture, text: formatPlatform(platform) },
    inside: async () => insideOf(await treeOnce()),
    accounts: async () => accountsOf(store, await treeOnce()),
  };
}

async function treeOf(store: Store, layers: LoadedImage['image']['layers']): Promise<Tree> {
  const listed: Layer[] = [];
  for (const layer of layers) listed.push(await blobEntries(store, layer));
  return stack(listed);
}

const PACKAGE_MANAGERS: Readonly<Record<string, readonly string[]>> = {
  apt: ['/usr/bin/apt-get', '/usr/bin/apt'],
  apk: ['/sbin/apk', '/usr/sbin/apk'],
  dnf: ['/usr/bin/dnf', '/usr/bin/microdnf', '/usr/bin/dnf5'],
  yum: ['/usr/bin/yum'],
  zypper: ['/usr/bin/zypper'],
  pacman: ['/usr/bin/pacman'],
};

const COMPILERS: Readonly<Record<string, readonly string[]>> = {
  'a C compiler': ['/usr/bin/cc', '/usr/bin/gcc', '/usr/bin/clang', '/usr/local/bin/gcc'],
  'the Go toolchain': ['/usr/local/go/bin/go', '/usr/bin/go', '/usr/lib/go/bin/go'],
  'the Rust toolchain': ['/usr/bin/rustc', '/usr/local/cargo/bin/rustc'],
  'a JDK': ['/usr/bin/javac', '/opt/java/openjdk/bin/javac'],
  'the .NET SDK': ['/usr/share/dotnet/sdk', '/usr/lib/dotnet/sdk'],
};

export function insideOf(tree: Tree): Inside {
  const at = (path: string): Node | undefined => {
    try {
      return tree.get(resolvePath(tree, path));
    } catch (error) {
      // Links in a circle lead to nothing.
      if (error instanceof DecantError) return undefined;
      throw error;
    }
  };
  const hasProgram = (path: string): boolean => (at(path)?.type ?? 'directory') !== 'directory';
  const isThere = (path: string): boolean => at(path) !== undefined;
  const firstOf = (table: Readonly<Record<string, readonly string[]>>): string | undefined =>
    Object.entries(table).find(([, paths]) => paths.some(isThere))?.[0];
  return { hasProgram, packageManager: firstOf(PACKAGE_MANAGERS), compiler: firstOf(COMPILERS) };
}

async function accountsOf(store: Store, tree: Tree): Promise<Accounts> {
  const open = openContents(store, async () => (await store.tmp.create()).path);
  const names = async (path: string): Promise<ReadonlySet<string>> => {
    const text = (await readText({ open }, tree, path)) ?? '';
    const listed = text.split('\n').flatMap((line) => line.split(':', 1)[0] || []);
    return new Set([...listed, 'root']);
  };
  return { users: await names('etc/passwd'), groups: await names('etc/group') };
}
