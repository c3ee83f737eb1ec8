/** What `decant build` does when a step fails: a shell where it failed, and what the metadata file says. */
import type { BuildOptions } from '../engine/embedded/build.ts';
import { DecantError } from '../errors.ts';
import { asDecantError } from './format/error.ts';
import type { Interruption } from './interrupt.ts';
import { passSignals } from './interrupt.ts';
import { environment, printError, standardInput, standardOutput, tell } from './io.ts';
import type { Progress } from './progress/progress.ts';

/** @throws DecantError USAGE where nobody could type into the shell */
export function checkTerminal(): void {
  if (standardInput().isTTY && standardOutput().isTTY) return;
  throw new DecantError('USAGE', '--on-error shell needs a terminal', {
    hint: 'leave it out where nobody is there to type; `decant logs` shows the whole output of the step',
  });
}

export function shellOnFailure(
  progress: Progress,
  interruption: Interruption,
): NonNullable<BuildOptions['onFailure']> {
  return async (error, shell) => {
    progress.close();
    told.add(error);
    printError(error);
    tell('\na shell in the file system of the failed step; what you change is gone when you leave it');
    // From here on what is typed is the shell's.
    interruption.dispose();
    let stopPassing = (): void => {};
    try {
      await shell({
        env: { TERM: environment('TERM') ?? 'xterm' },
        onStart: (kill) => (stopPassing = passSignals(kill)),
      });
    } catch (failure) {
      printError(failure);
    } finally {
      stopPassing();
    }
  };
}

/** Errors that have been shown before the shell was opened. */
const told = new WeakSet<object>();

export function wasTold(error: unknown): boolean {
  return typeof error === 'object' && error !== null && told.has(error);
}

/** For the metadata file: what failed, and the status of the step's own process where that is what failed. */
export function failureMetadata(error: unknown, build: string | undefined): string {
  const { code, message, place, processStatus } = asDecantError(error);
  const failure = {
    code,
    message,
    ...(place ? { file: place.file, line: place.start } : {}),
    ...(processStatus === undefined ? {} : { exitCode: processStatus }),
    ...(build === undefined ? {} : { build }),
  };
  return `${JSON.stringify({ 'decant.failure': failure }, undefined, 2)}\n`;
}
