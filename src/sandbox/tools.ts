/**
 * The system programs that the sandbox is made of. Each is looked for once, on the PATH of decant's own process
 * (never on an image's), and is started by its absolute path.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { DecantError } from '../errors.ts';

/** Program name, and the Debian package that has it. */
const PACKAGES = {
  bwrap: 'bubblewrap',
  getfattr: 'attr',
  mkfifo: 'coreutils',
  newgidmap: 'uidmap',
  newuidmap: 'uidmap',
  setpriv: 'util-linux',
  sh: 'dash',
  'ssh-add': 'openssh-client',
  'ssh-agent': 'openssh-client',
  tar: 'tar',
  unshare: 'util-linux',
} as const;

export type ToolName = keyof typeof PACKAGES;

/** Where administrators' programs are, which an ordinary user's PATH may not name. */
const MORE_DIRECTORIES = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

const found = new Map<ToolName, string>();

/** The absolute path of a program. Throws TOOL_MISSING with the package to install. */
export function findTool(name: ToolName): string {
  const path = found.get(name) ?? search(name);
  if (path === undefined) {
    throw new DecantError('TOOL_MISSING', `the program ${name} is not installed`, {
      hint: `install it: apt-get install ${PACKAGES[name]}`,
    });
  }
  found.set(name, path);
  return path;
}

/**
 * The environment that these programs run in: nothing of the image's, and nothing of the user's that could change
 * what they do. libmount's newer mount calls cannot take an option string as long as ours.
 */
export function toolEnvironment(): Record<string, string> {
  return { PATH: MORE_DIRECTORIES.join(delimiter), LC_ALL: 'C', LIBMOUNT_FORCE_MOUNT2: 'always' };
}

export interface ToolReport {
  readonly name: ToolName;
  readonly package: string;
  readonly path?: string;
  /** The first line of what `--version` prints. */
  readonly version?: string;
}

/** Every program with its place and version; without a place where it is missing. */
export async function reportTools(): Promise<ToolReport[]> {
  return Promise.all(
    (Object.keys(PACKAGES) as ToolName[])
      .filter((name) => !RARELY_NEEDED.has(name))
      .map(async (name) => {
        const path = search(name);
        const report = { name, package: PACKAGES[name] };
        if (path === undefined) return report;
        const version = HAS_NO_VERSION.has(name) ? undefined : await versionOf(path);
        return version === undefined ? { ...report, path } : { ...report, path, version };
      }),
  );
}

/** What only few builds ask for, and no machine has to have. */
const RARELY_NEEDED: ReadonlySet<ToolName> = new Set(['ssh-add', 'ssh-agent']);

const HAS_NO_VERSION: ReadonlySet<ToolName> = new Set(['sh', 'newuidmap', 'newgidmap']);

function search(name: ToolName): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), ...MORE_DIRECTORIES];
  return directories
    .filter((directory) => directory.startsWith('/'))
    .map((directory) => join(directory, name))
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** For a program that hangs. */
const VERSION_MILLISECONDS = 30_000;

async function versionOf(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(
      path,
      ['--version'],
      { env: toolEnvironment(), timeout: VERSION_MILLISECONDS },
      (error, stdout) => {
        resolve(error ? undefined : stdout.split('\n', 1)[0]);
      },
    );
  });
}
