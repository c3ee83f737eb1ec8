/** Running an image: its layers under a fresh writable one, which goes when the process ends. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Image } from '../../oci/image.ts';
import { DEFAULT_PATH, environmentOf } from '../../plan/scope.ts';
import { lendCertificates } from '../../sandbox/certificates.ts';
import { runInSandbox } from '../../sandbox/run.ts';
import type { SandboxOptions, SandboxRequest } from '../../sandbox/run.ts';
import { resolveUser } from '../../sandbox/users.ts';
import type { Store } from '../../store/store.ts';
import { resolvePath } from '../../tree/tree.ts';
import { openContents } from './contents.ts';
import { imageLayer } from './image-layer.ts';
import { treeOf } from './layer-handle.ts';
import { needUnpackedLayers } from './namespace.ts';
import type { Privileges } from './session.ts';
import { readFile, readText } from './text-file.ts';
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
    const [passwd, group] = await Promise.all([
      readText({ open }, tree, 'etc/passwd'),
      readText({ open }, tree, 'etc/group'),
    ]);
    const user = resolveUser(request.user ?? image.config.config?.User ?? '', passwd, group);
    const view = { lookup: tree.get, resolve: (path: string) => resolvePath(tree, path) };
    const lent =
      certificates && (await lendCertificates(certificates, view, (file) => readFile({ open }, file)));
    const [upper, work, scratch] = ['upper', 'work', 'run'].map((name) => join(folder.path, name)) as [
      string,
      string,
      string,
    ];
    await Promise.all([upper, work, scratch].map((path) => mkdir(path)));
    const env = {
      PATH: DEFAULT_PATH,
      HOME: user.home ?? '/',
      ...lent?.env,
      ...Object.fromEntries(environmentOf(image.config.config?.Env)),
      ...Object.fromEntries(request.env),
    };
    return await runInSandbox(
      {
        lowers: directories
          .filter((id) => id !== undefined)
          .map((id) => filesOf(store.layers.path(id)))
          .reverse(),
        ...(request.readOnly ? {} : { upper, work }),
        scratch,
        image: view,
        args: request.args,
        env,
        cwd: request.cwd ?? (image.config.config?.WorkingDir || '/'),
        user,
        network: request.network,
        hostname: request.hostname,
        stdio: request.stdio,
        terminal: request.terminal,
        ...(request.stdin === undefined ? {} : { stdin: request.stdin }),
        ...(lent ? { mounts: lent.mounts, lent: lent.lent } : {}),
      },
      { ...options, signal },
    );
  } finally {
    await folder.remove();
  }
}
