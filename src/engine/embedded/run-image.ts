/** Running an image: its layers under a fresh writable one, which goes when the process ends. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Image } from '../../oci/image.ts';
import { DEFAULT_PATH, environmentOf } from '../../plan/scope.ts';
import { runInSandbox } from '../../sandbox/run.ts';
import type { SandboxOptions, SandboxRequest } from '../../sandbox/run.ts';
import type { Store } from '../../store/store.ts';
import type { OpenContent } from '../../tree/pack.ts';
import type { Tree } from '../../tree/tree.ts';
import { openContents } from '../../store/contents.ts';
import { imageLayer } from './image-layer.ts';
import { treeOf } from './layer-handle.ts';
import { needUnpackedLayers } from './namespace.ts';
import type { Privileges } from './session.ts';
import { surroundings } from './surroundings.ts';
import { filesOf } from './unpack.ts';

export interface ProcessRequest {
  /** The whole argument vector. */
  readonly args: readonly string[];
  /** System calls in place of a program of the image; see SandboxRequest. */
  readonly program?: SandboxRequest['program'];
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
}

export interface ImageRequest {
  readonly store: Store;
  readonly image: Image;
  readonly privileges: Privileges;
  readonly signal: AbortSignal;
}

export type RunRequest = ImageRequest & ProcessRequest;

/** The status of the process as a shell shows it. */
export function runImage(request: RunRequest, options: SandboxOptions): Promise<{ readonly status: number }> {
  return withUnpacked(request, ({ run }) => run(request, options));
}

export interface UnpackedImage {
  readonly tree: Tree;
  readonly open: OpenContent;
  /** Runs a process under a writable layer of its own. */
  readonly run: (request: ProcessRequest, options: SandboxOptions) => Promise<{ readonly status: number }>;
}

/** The image ready to be run as often as is wanted; each process finds it as it is. */
export async function withUnpacked<T>(
  request: ImageRequest,
  work: (image: UnpackedImage) => Promise<T>,
): Promise<T> {
  const { store, image, privileges, signal } = request;
  needUnpackedLayers(request);
  const folder = await store.tmp.create();
  try {
    const open = openContents(store, () => Promise.resolve(folder.path));
    const layers = image.layers.map((layer) => imageLayer({ store, open, privileges, signal }, layer));
    const directories = await Promise.all(layers.map((layer) => layer.directory()));
    const tree = await treeOf(layers);
    const lowers = directories
      .filter((id) => id !== undefined)
      .map((id) => filesOf(store.layers.path(id)))
      .reverse();
    const run: UnpackedImage['run'] = async (process, options) => {
      const own = await store.tmp.create();
      try {
        return await runProcess({ image, lowers, tree, open, folder: own.path }, process, {
          signal,
          ...options,
        });
      } finally {
        await own.remove();
      }
    };
    return await work({ tree, open, run });
  } finally {
    await folder.remove();
  }
}

interface Root {
  readonly image: Image;
  readonly lowers: readonly string[];
  readonly tree: Tree;
  readonly open: OpenContent;
  /** For this process alone. */
  readonly folder: string;
}

async function runProcess(
  { image, lowers, tree, open, folder }: Root,
  request: ProcessRequest,
  options: SandboxOptions,
): Promise<{ readonly status: number }> {
  const { certificates } = request;
  const [upper, work, scratch] = ['upper', 'work', 'run'].map((name) => join(folder, name)) as [
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
  return runInSandbox(
    {
      lowers,
      ...(request.readOnly ? {} : { upper, work }),
      scratch,
      ...given,
      args: request.args,
      program: request.program,
      cwd: request.cwd ?? (image.config.config?.WorkingDir || '/'),
      network: request.network,
      hostname: request.hostname,
      stdio: request.stdio,
      terminal: request.terminal,
      ...(request.stdin === undefined ? {} : { stdin: request.stdin }),
    },
    options,
  );
}
