/** A program that makes the file `written` and ends, for a step on an image that has nothing else. */
import { constants } from 'node:fs';
import { compileProgram } from '../../src/sandbox/static-program.ts';
import { ARCHITECTURE } from '../../src/sandbox/system-calls.ts';

const AT_FDCWD = -100;

export function smallProgram(): Buffer {
  const file = Buffer.from('written\0');
  return compileProgram(ARCHITECTURE, [
    { call: 'openat', args: [AT_FDCWD, file, constants.O_CREAT | constants.O_WRONLY, 0o644] },
    { call: 'exit_group', args: [0] },
  ]);
}
