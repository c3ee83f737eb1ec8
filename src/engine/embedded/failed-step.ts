/**
 * The file system of a RUN step that failed, kept until the build is over, and a shell in it: everything is as the
 * step had it, its mounts, variables, user and network too.
 */
import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DecantError } from '../../errors.ts';
import { runInSandbox } from '../../sandbox/run.ts';
import type { SandboxOptions, SandboxRequest } from '../../sandbox/run.ts';

/** Runs until the shell is left; gives its status. Throws EXEC_FAILED where the image has no shell. */
export type StartShell = (options: {
  readonly env: Readonly<Record<string, string>>;
  readonly onStart: NonNullable<SandboxOptions['onStart']>;
}) => Promise<{ readonly status: number }>;

export interface KeptStep {
  readonly request: SandboxRequest;
  /** Gives up what the step had: its files, its locks. */
  readonly discard: () => Promise<void>;
}

export interface FailedStep {
  /** Takes the first step that failed; others are discarded at once. */
  readonly keep: (step: KeptStep) => Promise<void>;
  readonly shell: () => StartShell | undefined;
  readonly discard: () => Promise<void>;
}

/** What is tried, in this order; images for looking around in (distroless debug) have theirs elsewhere. */
const SHELLS = ['bin/bash', 'usr/bin/bash', 'bin/sh', 'bin/ash', 'usr/bin/sh', 'busybox/sh'];

export function failedStep(): FailedStep {
  let kept: KeptStep | undefined;
  return {
    async keep(step) {
      if (kept) await step.discard();
      else kept = step;
    },
    shell() {
      const step = kept;
      return step && (({ env, onStart }) => openShell(step.request, env, onStart));
    },
    async discard() {
      await kept?.discard();
      kept = undefined;
    },
  };
}

function openShell(
  request: SandboxRequest,
  env: Readonly<Record<string, string>>,
  onStart: NonNullable<SandboxOptions['onStart']>,
): Promise<{ readonly status: number }> {
  const shell = SHELLS.find((path) => isThere(request, path));
  if (shell === undefined) {
    throw new DecantError('EXEC_FAILED', 'there is no shell in the file system of the failed step', {
      hint: 'images on scratch and distroless bases have none; a base with the variant "debug" has one in /busybox',
    });
  }
  const [scratch, work] = ['shell', 'shell-work'].map((name) => join(request.scratch, name)) as [
    string,
    string,
  ];
  for (const folder of [scratch, work]) mkdirSync(folder);
  return runInSandbox(
    {
      ...request,
      scratch,
      work,
      args: [`/${shell}`],
      env: { ...request.env, ...env },
      stdio: 'inherit',
      listsAttributes: false,
      terminal: true,
    },
    { onStart },
  );
}

/** In what the step found, or in what it wrote before it failed. */
function isThere({ image, upper }: SandboxRequest, path: string): boolean {
  const found = image.lookup(image.resolve(path));
  return (
    found?.type === 'file' || lstatSync(`${upper}/${path}`, { throwIfNoEntry: false })?.isFile() === true
  );
}
