/** Running an image: its layers under a fresh writable one, which goes when the process ends. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Image } from '../../oci/image.ts';
import { DEFAULT_PATH, environmentOf } from '../../plan/scope.ts';
import { runInSandbox } from '../../sandbox/run.ts';
import type { SandboxOptions, SandboxRequest } from '../../sandbox/run.ts';
import type { Store } from '../../store/store.ts';
import { openContents } from '../../store/contents.ts';
import { imageLayer } from './image-layer.ts';
import { treeOf } from './layer-handle.ts';
import { needUnpackedLayers } from './namespace.ts';
import type { Privileges } from './session.ts';
import { surroundings } from './surroundings.ts';
import { filesOf } from './unpack.ts';

export interface RunRequest {
  readonly store: Store;
  readonly image: Image;
  readonly privileges: Privileges;
  /** The whole argument vector. */
  readonly args: readonly string[];
  /** Variables over those of the image. */
  readonly env: ReadonlyMap<string, string>;
  readonly user?: string | undefined;
  readonly cwd?: string | undefined;
  readonly hostname: string;
  readonly network: 'host' | 'none';
  readonly readOnly: boolean;
  readonly certificates?: Uint8Array | undefined;
  readonly stdio: SandboxRequest['stdio'];
  readonly stdin?: number | undefined;
  readonly terminal: boolean;
  readonly signal: AbortSignal;
}

/** The status of the process as a shell shows it. */
export async function runImage(
  request: RunRequest,
  options: SandboxOptions,
): Promise<{ readonly status: number }> {
  const { store, image, privileges, signal, certificates } = request;
  needUnpackedLayers(request);
  const folder = await store.tmp.create();
  try {
    const open = openContents(store, () => Promise.resolve(folder.path));
    const layers = image.layers.map((layer) => imageLayer({ store, open, privileges, signal }, layer));
    const directories = await Promise.all(layers.map((layer) => layer.directory()));
    const tree = await treeOf(layers);
    const [upper, work, scratch] = ['upper', 'work', 'run'].map((name) => join(folder.path, name)) as [
      string,
      string,
      string,
    ];
    await Promise.all([upper, work, scratch].map((path) => mkdir(path)));
    const given = await surroundings(tree, {
      open,
      user: request.user ?? image.config.config?.User ?? '',
      env: {
        PATH: DEFAULT_PATH,
        ...Object.fromEntries(environmentOf(image.config.config?.Env)),
        ...Object.fromEntries(request.env),
      },
      certificates,
    });
    return await runInSandbox(
      {
        lowers: directories
          .filter((id) => id !== undefined)
          .map((id) => filesOf(store.layers.path(id)))
          .reverse(),
        ...(request.readOnly ? {} : { upper, work }),
        scratch,
        ...given,
        args: request.args,
        cwd: request.cwd ?? (image.config.config?.WorkingDir || '/'),
        network: request.network,
        hostname: request.hostname,
        stdio: request.stdio,
        terminal: request.terminal,
        ...(request.stdin === undefined ? {} : { stdin: request.stdin }),
      },
      { ...options, signal },
    );
  } finally {
    await folder.remove();
  }
}
