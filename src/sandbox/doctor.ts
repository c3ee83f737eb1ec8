/** What this machine has, and lacks, for running processes: the findings behind `decant doctor`. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DecantError } from '../errors.ts';
import { compileProgram } from './static-program.ts';
import { ARCHITECTURE } from './system-calls.ts';
import { EMPTY_IMAGE } from './mounts.ts';
import { runInSandbox } from './run.ts';
import { reportTools } from './tools.ts';
import { checkUserNamespace, needsUserNamespace } from './userNamespace.ts';

export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** What was found, or what is wrong. */
  readonly detail: string;
  readonly hint?: string;
}

/** Everything that can be told without starting a process in a sandbox. */
export async function diagnose(): Promise<Finding[]> {
  if (process.platform !== 'linux') {
    return [
      {
        name: 'system',
        ok: false,
        detail: `${process.platform} cannot run RUN steps`,
        hint: 'use Linux; everything else works here',
      },
    ];
  }
  const tools = (await reportTools()).map((tool): Finding => {
    const { name } = tool;
    if (tool.path === undefined)
      return { name, ok: false, detail: 'missing', hint: `apt-get install ${tool.package}` };
    return {
      name,
      ok: true,
      detail: tool.version === undefined ? tool.path : `${tool.path} (${tool.version})`,
    };
  });
  return [
    ...tools,
    overlayFinding(),
    ...(needsUserNamespace() ? [attempt('user namespaces', checkUserNamespace)] : []),
  ];
}

/** Starts a process in a sandbox below `directory`, where layers will be: the test of everything else. Needs root. */
export async function trySandbox(directory: string): Promise<Finding> {
  const place = mkdtempSync(join(directory, 'doctor-'));
  try {
    const [scratch, upper, work, lower] = ['scratch', 'upper', 'work', 'lower'].map((name) =>
      join(place, name),
    ) as [string, string, string, string];
    for (const each of [scratch, upper, work, lower]) mkdirSync(each);
    // A program that only ends, made on the spot: no other one is sure to run in an empty root.
    const program = compileProgram(ARCHITECTURE, [{ call: 'exit_group', args: [0] }]);
    writeFileSync(join(lower, 'true'), program, { mode: 0o755 });
    const { status } = await runInSandbox({
      lowers: [lower],
      upper,
      work,
      image: EMPTY_IMAGE,
      scratch,
      args: ['/true'],
      env: {},
      cwd: '/',
      user: { uid: 0, gid: 0, groups: [] },
      network: 'none',
      hostname: 'decant',
      stdio: 'pipe',
    });
    return {
      name: 'sandbox',
      ok: status === 0,
      detail: status === 0 ? 'a process ran in a sandbox' : `a process in a sandbox ended with ${status}`,
    };
  } catch (error) {
    return failure('sandbox', error);
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

function overlayFinding(): Finding {
  const name = 'overlayfs';
  if (/\boverlay$/m.test(readFileSync('/proc/filesystems', 'utf8')))
    return { name, ok: true, detail: 'in the kernel' };
  return { name, ok: false, detail: 'not loaded', hint: 'as root: modprobe overlay' };
}

function attempt(name: string, check: () => string): Finding {
  try {
    return { name, ok: true, detail: check() };
  } catch (error) {
    return failure(name, error);
  }
}

function failure(name: string, error: unknown): Finding {
  if (!(error instanceof DecantError)) throw error;
  return {
    name,
    ok: false,
    detail: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
}
