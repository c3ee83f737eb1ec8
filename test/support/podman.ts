/** podman with a store of its own: what makes the most of an image that somebody else built. */
import { join } from 'node:path';
import { outputOf } from './images.ts';
import type { Ended } from './process.ts';
import { run } from './process.ts';

export interface Podman {
  /** Loads an archive, and gives the name of the image. */
  readonly load: (archive: string) => Promise<string>;
  readonly run: (image: string, ...args: readonly string[]) => Promise<Ended>;
}

export function createPodman(folder: string, name: string): Podman {
  const store = ['--root', join(folder, `podman-${name}`), '--runroot', join(folder, `podman-${name}-run`)];
  const podman = (...args: readonly string[]): Promise<Ended> =>
    run(['podman', ...store, '--storage-driver', 'vfs', '--runtime', 'runc', ...args]);
  return {
    async load(archive) {
      const text = outputOf(await podman('load', '--input', archive));
      return /Loaded image: (\S+)/.exec(text)?.[1] ?? '';
    },
    run(image, ...args) {
      // Limits of its own: podman's defaults are above what a container it is itself started in may allow.
      const limits = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1024:1024', '--network', 'none'];
      return podman('run', '--rm', ...limits, image, ...args);
    },
  };
}
