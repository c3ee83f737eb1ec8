/**
 * Why a RUN step's program did not start: because it is for another processor, and the kernel knows no emulator for that
 * (binfmt_misc; Linux, Documentation/admin-guide/binfmt-misc.rst). It is the program that counts, not the platform that
 * an image says it is for.
 */
import { isElf } from '../../codec/elf.ts';
import { DecantError } from '../../errors.ts';
import { formatPlatform, hostPlatform } from '../../oci/platform.ts';
import { NOT_STARTED } from '../../sandbox/static-program.ts';
import type { ExecOperation } from '../../plan/operation.ts';
import type { FileEntry } from '../../tree/entry.ts';
import type { OpenContent } from '../../tree/pack.ts';
import { joinPath } from '../../tree/path.ts';
import { resolvePath } from '../../tree/tree.ts';
import type { Tree } from '../../tree/tree.ts';

/** Processors by ELF's number (System V ABI, `e_machine`). */
const PROCESSORS: ReadonlyMap<number, string> = new Map([
  [3, '386'],
  [8, 'mips64le'],
  [21, 'ppc64le'],
  [22, 's390x'],
  [40, 'arm'],
  [62, 'amd64'],
  [183, 'arm64'],
  [243, 'riscv64'],
  [258, 'loong64'],
]);
/** What a processor of the other kind runs by itself, or may. */
const OWN: Readonly<Record<string, readonly string[]>> = { amd64: ['amd64', '386'], arm64: ['arm64', 'arm'] };

const START_BYTES = 256;

/** @param output The last lines of it. Undefined where the program has started, or did not for another reason. */
export async function foreignProgram(
  { args, cwd, env, place }: ExecOperation,
  output: readonly string[],
  tree: Tree,
  open: OpenContent,
): Promise<DecantError | undefined> {
  const last = output.at(-1);
  if (!Object.values(NOT_STARTED).some((message) => last === `${args[0]}: ${message}`)) return undefined;
  const processor = await processorOf(args[0] ?? '', { cwd, path: env['PATH'] ?? '', tree, open });
  const host = hostPlatform();
  const own = OWN[host.architecture] ?? [host.architecture];
  if (processor === undefined || own.includes(processor)) return undefined;
  return new DecantError(
    'MACHINE_UNSUPPORTED',
    `${args[0]} is a program for linux/${processor}, which this machine (${formatPlatform(host)}) cannot run`,
    {
      place,
      hint: 'build the stage for this machine, with FROM --platform=$BUILDPLATFORM, and cross-compile; or let the kernel emulate the other processor: install qemu-user-static with its binfmt_misc entries (flag F)',
    },
  );
}

interface Surroundings {
  readonly cwd: string;
  readonly path: string;
  readonly tree: Tree;
  readonly open: OpenContent;
}

async function processorOf(name: string, where: Surroundings, isScript = false): Promise<string | undefined> {
  const file = find(name, where);
  const start = file && (await firstBytes(file, where.open));
  if (!start) return undefined;
  // The byte order stands in the sixth byte.
  if (isElf(start) && start.length >= 20)
    return PROCESSORS.get(start[5] === 2 ? start.readUInt16BE(18) : start.readUInt16LE(18));
  const interpreter = /^#! *([^ \n]+)/.exec(start.toString('latin1'))?.[1];
  return interpreter === undefined || isScript ? undefined : processorOf(interpreter, where, true);
}

function find(name: string, { cwd, path, tree }: Surroundings): FileEntry | undefined {
  const folders = name.includes('/') ? [name.startsWith('/') ? '' : cwd] : path.split(':');
  for (const folder of folders) {
    const node = tree.get(resolvePath(tree, joinPath(folder, name)));
    if (node?.type === 'file') return node;
  }
  return undefined;
}

async function firstBytes(file: FileEntry, open: OpenContent): Promise<Buffer> {
  const content = open(file);
  if (content instanceof Uint8Array) return Buffer.from(content.subarray(0, START_BYTES));
  for await (const chunk of content) return Buffer.from(chunk.subarray(0, START_BYTES));
  return Buffer.alloc(0);
}
