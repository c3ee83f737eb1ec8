/**
 * buildah as a builder: with a store of its own below the test's folder, as root, in its chroot isolation, which
 * needs no container runtime.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BaseImages } from './base.ts';
import { DRESSED_CONFIG, dockerArchive } from './base.ts';
import type { Builder } from './builder.ts';
import type { Finished } from './exec.ts';
import { exec } from './exec.ts';
import type { BuiltImage } from './image.ts';
import { readDirTransport } from './image.ts';
import { ROOT } from './users.ts';

/** Mount points for files that are lent to a step; BuildKit and decant take theirs away again. */
const LEFT_BEHIND = ['/etc/hostname', '/etc/hosts', '/etc/resolv.conf'];

export async function startBuildah(folder: string, base: BaseImages): Promise<Builder> {
  // overlay takes half the time of vfs, but cannot be had where the folder is on an overlay itself.
  const command = (await prepare(folder, 'overlay', base)) ?? (await prepare(folder, 'vfs', base));
  if (command === undefined) throw new Error('buildah cannot load the base images');
  return {
    owner: ROOT,
    build: async (testCase, context, scratch) => {
      const options = ['--quiet', '--isolation=chroot', '--network=host', '--pull-never', '--layers=false'];
      const form = ['--format=docker', '--identity-label=false', `--tag=dir:${join(scratch, 'image')}`];
      const target = testCase.target === undefined ? [] : [`--target=${testCase.target}`];
      const args = Object.entries(testCase.buildArgs ?? {}).map(
        ([key, value]) => `--build-arg=${key}=${value}`,
      );
      const file = `--file=${join(context, testCase.file ?? 'Dockerfile')}`;
      const done = await exec([...command, 'build', ...options, ...form, ...target, ...args, file, context]);
      if (done.status !== 0) return { kind: 'failed', status: done.status, output: done.output };
      return { kind: 'image', image: withoutLentFiles(await readDirTransport(join(scratch, 'image'))) };
    },
    // The store mounts its folder on itself, and other processes' mount namespaces may hold on to that.
    stop: async () => {
      await exec(['umount', '--lazy', join(folder, 'overlay', 'root', 'overlay')]);
    },
  };
}

/** The command with its store, after the base images are in; undefined where this kind of store does not work. */
async function prepare(folder: string, driver: string, base: BaseImages): Promise<string[] | undefined> {
  const store = join(folder, driver);
  await mkdir(store, { recursive: true });
  const places = ['--root', join(store, 'root'), '--runroot', join(store, 'run')];
  const command = ['buildah', ...places, `--storage-driver=${driver}`];
  const load = async (name: string, layers: readonly Buffer[], config: object): Promise<Finished> => {
    const file = join(store, `${name}.tar`);
    await writeFile(file, dockerArchive(`localhost/${name}:latest`, layers, config));
    return exec([...command, 'pull', '--quiet', `docker-archive:${file}`]);
  };
  const loaded = [
    await load('base', base.baseLayers, {}),
    await load('dressed', base.dressedLayers, DRESSED_CONFIG),
  ];
  return loaded.every(({ status }) => status === 0) ? command : undefined;
}

/** Takes away what buildah leaves behind in every case, and only exactly that. */
function withoutLentFiles(image: BuiltImage): BuiltImage {
  const isEmpty = (path: string): boolean => {
    const item = image.tree.get(path);
    return item?.type === 'file' && item.mode === 0o755 && item.content.length === 0;
  };
  const kept = [...image.tree].filter(([path]) => !LEFT_BEHIND.includes(path) || !isEmpty(path));
  return { ...image, tree: new Map(kept) };
}
