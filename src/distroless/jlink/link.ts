/**
 * Runs jlink (JEP 282) in the sandbox: the JDK of this machine's architecture, with the modules of the one that is
 * wanted. Nothing of the target is run, so any architecture is linked on any machine that has namespaces.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Deb } from '../../debian/deb/deb.ts';
import type { Privileges } from '../../engine/embedded/session.ts';
import { stepOutput } from '../../engine/embedded/step-output.ts';
import { DecantError } from '../../errors.ts';
import { runInSandbox } from '../../sandbox/run.ts';
import { unpackLayer } from '../../sandbox/unpack.ts';
import { readUpper } from '../../sandbox/upper.ts';
import { didYouMean } from '../../suggest.ts';
import type { Entry, Layer, Node } from '../../tree/entry.ts';
import { makeLayer } from '../../tree/layer.ts';
import type { OpenContent } from '../../tree/pack.ts';
import { baseName } from '../../tree/path.ts';
import { plainDirectory, resolvePath, stack } from '../../tree/tree.ts';
import { mergePackages } from '../merge/merge-packages.ts';
import { usrLinks } from '../merge/usr-merge.ts';

export interface LinkRequest {
  /** The JDK and what it needs, for this machine. */
  readonly tools: readonly Deb[];
  /** The JDK of the architecture that is wanted, in the same version: of it, the modules. */
  readonly target: Deb;
  readonly modules: readonly string[];
  /** An empty directory of our own, on a file system that overlays can be made of; it lives as long as the layer. */
  readonly directory: string;
  readonly open: OpenContent;
  readonly privileges: Privileges;
  readonly signal: AbortSignal;
  readonly onOutput: (stream: 'stdout' | 'stderr', text: string) => void;
}

/**
 * Part of what a linked runtime depends on, so part of its key in the cache. Constants are shared but nothing is
 * zipped: layers are compressed as a whole, and better so. Names that debuggers want are left out; the native
 * libraries have been stripped by Debian.
 */
export const LINK_OPTIONS: readonly string[] = [
  '--strip-java-debug-attributes',
  '--no-header-files',
  '--no-man-pages',
  '--compress=1',
];

const MODULES = 'modules';
const OUTPUT = 'linked/runtime';
const MODULE_FILE = /^usr\/lib\/jvm\/([^/]+)\/jmods\/([^/]+)\.jmod$/;

/**
 * The runtime at the place where the package has it, its times those of the package, its modes not this machine's.
 *
 * @throws DecantError RECIPE_INVALID, EXEC_FAILED with the last output, INTERRUPTED
 */
export async function linkModules(request: LinkRequest): Promise<Layer> {
  const { target, modules, privileges, signal, open } = request;
  const files = target.layer.entries.filter((entry) => MODULE_FILE.test(entry.path));
  checkModules(modules, files, target.name);
  const home = MODULE_FILE.exec(files[0]?.path ?? '')?.[1] ?? '';
  const root = rootOf(request.tools, files);
  const jlink = root.entries.find(({ path, type }) => type === 'file' && path.endsWith('/bin/jlink'));
  if (!jlink) throw new DecantError('PACKAGE_UNKNOWN', `the package "${target.name}" has no jlink`);
  const directories = ['root', 'upper', 'work', 'scratch'].map((name) => join(request.directory, name));
  const [lower, upper, work, scratch] = directories as [string, string, string, string];
  await Promise.all([upper, work, scratch].map((path) => mkdir(path)));
  const userNamespace = privileges === 'namespace';
  await unpackLayer(root.entries, open, lower, { userNamespace, signal });
  const startedAt = Date.now();
  const tree = stack([root]);
  const output = stepOutput(request.onOutput);
  const { status } = await runInSandbox(
    {
      lowers: [lower],
      upper,
      work,
      scratch,
      image: { lookup: tree.get, resolve: (path) => resolvePath(tree, path) },
      args: [
        `/${jlink.path}`,
        // One thread less for each collector: this is a program of a second or two.
        '-J-XX:+UseSerialGC',
        `--module-path=/${MODULES}`,
        `--add-modules=${modules.join(',')}`,
        ...LINK_OPTIONS,
        `--output=/${OUTPUT}`,
      ],
      env: { PATH: '/usr/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
      cwd: '/',
      user: { uid: 0, gid: 0, groups: [] },
      network: 'none',
      hostname: 'debian',
      stdio: 'pipe',
    },
    { signal, onOutput: output.write },
  );
  output.end();
  if (status !== 0) {
    throw new DecantError('EXEC_FAILED', `jlink failed: exit code: ${status}`, {
      output: output.lastLines(),
      processStatus: status,
    });
  }
  const written = await readUpper(upper, { startedAt, userNamespace, below: tree.get });
  const time = files.reduce((newest, { mtime }) => Math.max(newest, mtime), 0);
  return makeLayer(written.flatMap((entry) => placed(entry, `usr/lib/jvm/${home}`, time)));
}

/** What jlink sees: its own JDK without its modules, and those that are wanted in their place. */
function rootOf(tools: readonly Deb[], files: readonly Entry[]): Layer {
  const leaveOut = ['/usr/share', '/usr/lib/jvm/*/jmods', '/usr/lib/jvm/*/lib/src.zip'];
  const { layer } = mergePackages(tools, { leaveOut, statusFiles: false });
  const top = new Set(layer.entries.map(({ path }) => path));
  return makeLayer([
    plainDirectory(''),
    ...layer.entries,
    // Where base-files has the links, they are not among the tools; the loader is asked for below /lib64.
    ...usrLinks(new Set(['lib', 'lib64']), 0).filter(({ path, target }) => !top.has(path) && top.has(target)),
    ...['linked', MODULES, 'tmp'].map(plainDirectory),
    ...files.map((entry) => ({ ...entry, path: `${MODULES}/${baseName(entry.path)}` })),
  ]);
}

function checkModules(modules: readonly string[], files: readonly Entry[], name: string): void {
  const known = files.map(({ path }) => MODULE_FILE.exec(path)?.[2] ?? '');
  for (const module of modules) {
    if (known.includes(module)) continue;
    throw new DecantError('RECIPE_INVALID', `there is no module "${module}" in the package "${name}"`, {
      hint: didYouMean(module, known) ?? `it has ${known.length === 0 ? 'none' : known.join(', ')}`,
    });
  }
}

/** Where the package has it, and as it would have it: neither the clock nor the umask of this machine shows. */
function placed(entry: Entry, home: string, mtime: number): readonly Node[] {
  if (entry.type === 'whiteout' || !entry.path.startsWith(OUTPUT)) return [];
  const { clock: _clock, ...rest } = entry;
  const path = home + entry.path.slice(OUTPUT.length);
  const mode = entry.type === 'directory' || (entry.mode & 0o100) !== 0 ? 0o755 : 0o644;
  return [{ ...rest, path, mtime, uid: 0, gid: 0, mode: entry.type === 'symlink' ? 0o777 : mode }];
}
