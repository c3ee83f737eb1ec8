import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileProgram } from './static-program.ts';
import type { CallStep, ExecuteStep, Step } from './static-program.ts';
import type { Architecture } from './system-calls.ts';

const text = (value: string): Buffer => Buffer.from(`${value}\0`);
const exit = (status: number): CallStep => ({ call: 'exit_group', args: [status] });
const say = (message: string): CallStep => ({
  call: 'write',
  args: [1, Buffer.from(message), message.length],
});
const execute = (
  paths: readonly string[],
  argv: readonly string[],
  environment: readonly string[] = [],
): ExecuteStep => ({
  execute: paths.map((path) => Buffer.from(path)),
  argv: argv.map((each) => Buffer.from(each)),
  environment: environment.map((each) => Buffer.from(each)),
  name: argv[0] ?? '',
});

let place = '';
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'decant-init-'));
  writeFileSync(join(place, 'plain'), 'not executable', { mode: 0o644 });
  writeFileSync(join(place, 'noise'), 'no format that a kernel knows', { mode: 0o755 });
  writeFileSync(join(place, 'script'), '#!/bin/sh\necho "$0 $* $NAME"\n', { mode: 0o755 });
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** How to run a program of each architecture on this machine, where that is possible. */
const RUNNERS: Readonly<Record<Architecture, readonly string[] | undefined>> = {
  x64: process.platform === 'linux' && process.arch === 'x64' ? [] : emulator('x86_64'),
  arm64: process.platform === 'linux' && process.arch === 'arm64' ? [] : emulator('aarch64'),
};

function emulator(name: string): readonly string[] | undefined {
  const path = `/usr/bin/qemu-${name}-static`;
  return process.platform === 'linux' && existsSync(path) ? [path] : undefined;
}

const runnable = (['x64', 'arm64'] as const).filter((architecture) => RUNNERS[architecture] !== undefined);

describe.each(runnable)('a program for %s', (architecture) => {
  const run = (steps: readonly Step[]) => {
    const path = join(place, `program-${architecture}`);
    writeFileSync(path, compileProgram(architecture, steps), { mode: 0o755 });
    const emulators = RUNNERS[architecture] ?? [];
    const { status, stdout, stderr } = spawnSync(emulators[0] ?? path, emulators.length > 0 ? [path] : [], {
      encoding: 'utf8',
      cwd: place,
    });
    return { status, stdout, stderr };
  };

  test('ends with the status it is told', () => {
    expect(run([exit(42)])).toEqual({ status: 42, stdout: '', stderr: '' });
  });

  test('runs its steps in order', () => {
    expect(run([say('one '), say('two\n'), exit(0)])).toEqual({ status: 0, stdout: 'one two\n', stderr: '' });
  });

  test('goes on when a call fails whose result does not matter', () => {
    expect(run([{ call: 'chdir', args: [text('/nowhere')] }, say('still here'), exit(0)]).stdout).toBe(
      'still here',
    );
  });

  test('says what failed, and ends, where it matters', () => {
    const failure = { message: 'cannot change to /nowhere', status: 127 };
    const result = run([{ call: 'chdir', args: [text('/nowhere')], failure }, say('not reached'), exit(0)]);
    expect(result).toEqual({ status: 127, stdout: '', stderr: 'cannot change to /nowhere\n' });
  });

  test('takes no failure where there is none', () => {
    const failure = { message: 'wrong', status: 1 };
    expect(run([{ call: 'chdir', args: [text('/')], failure }, exit(3)]).status).toBe(3);
  });

  test('says what was refused, and ends', () => {
    const refused = [
      { error: 13, status: 3, message: 'permission denied' },
      { error: 2, status: 4, message: 'there is none' },
    ];
    const result = run([{ call: 'chdir', args: [text('/nowhere')], refused }, say('not reached'), exit(0)]);
    expect(result).toEqual({ status: 4, stdout: '', stderr: 'there is none\n' });
    expect(run([{ call: 'chdir', args: [text('/')], refused }, exit(0)]).status).toBe(0);
  });

  test('expects a result', () => {
    const parent = (result: number): Step[] => [
      { call: 'getppid', args: [], expected: { result, message: 'somebody else', status: 5 } },
      exit(0),
    ];
    expect(run(parent(process.pid))).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(run(parent(process.pid + 1))).toEqual({ status: 5, stdout: '', stderr: 'somebody else\n' });
  });

  test('starts a process, waits for it, and goes on when it did well', () => {
    const steps = (status: number): Step[] => [
      say('before '),
      { namespaces: 0, child: [say('child '), exit(status)] },
      { wait: 'child', missing: 'no child' },
      say('after'),
      exit(0),
    ];
    expect(run(steps(0))).toEqual({ status: 0, stdout: 'before child after', stderr: '' });
    expect(run(steps(3))).toEqual({ status: 1, stdout: 'before child ', stderr: '' });
  });

  test('says that no process could be started', () => {
    const both = 0x00020000 | 0x00000200; // CLONE_NEWNS and CLONE_FS: the kernel takes only one of them
    const result = run([
      { namespaces: both, child: [exit(0)] },
      { wait: 'child', missing: 'no child' },
      exit(0),
    ]);
    expect(result).toEqual({ status: 1, stdout: '', stderr: 'no child\n' });
  });

  test('becomes another program with exactly its arguments and environment', () => {
    const result = run([
      execute(
        ['/bin/sh'],
        ['sh', '-c', 'echo "$0|$1|$NAME|$PATH"; env | grep -c X_', 'a', "b 'c'"],
        ['NAME=wörld', 'PATH=/bin:/usr/bin', 'X_1=', 'X_2=2'],
      ),
    ]);
    expect(result).toEqual({ status: 0, stdout: "a|b 'c'|wörld|/bin:/usr/bin\n2\n", stderr: '' });
  });

  test('has no environment when none is given', () => {
    expect(run([execute(['/usr/bin/env'], ['env'])]).stdout).toBe('');
  });

  test('is not confused by a large environment', () => {
    const many = Array.from({ length: 2000 }, (_, index) => `V${index}=${'x'.repeat(index % 50)}`);
    expect(run([execute(['/usr/bin/env'], ['env'], many)]).stdout).toBe(`${many.join('\n')}\n`);
  });

  describe('tries the candidates in turn', () => {
    test.each<[string, string[], { status: number; stdout?: string; stderr?: string }]>([
      ['a file', ['./script'], { status: 0, stdout: './script a \n' }],
      ['the second one', ['./missing', './script'], { status: 0, stdout: './script a \n' }],
      ['behind what is no directory', ['./script/x', './script'], { status: 0, stdout: './script a \n' }],
      ['behind what is not executable', ['./plain', './script'], { status: 0, stdout: './script a \n' }],
      ['behind a directory', ['/', './script'], { status: 0, stdout: './script a \n' }],
      ['nothing', [], { status: 127, stderr: 'script: not found\n' }],
      ['no file', ['./missing', './missing2'], { status: 127, stderr: 'script: not found\n' }],
      [
        'what is not executable',
        ['./plain', './missing'],
        { status: 126, stderr: 'script: permission denied\n' },
      ],
      [
        'no known format',
        ['./noise'],
        {
          status: 126,
          stderr: 'script: cannot be executed here (made for another platform, or a script without "#!")\n',
        },
      ],
    ])('%s', (_, paths, expected) => {
      expect(run([execute(paths, ['script', 'a'])])).toMatchObject(expected);
    });
  });
});

test('both architectures compile to executables of their own machine', () => {
  for (const [architecture, machine] of [
    ['x64', 62],
    ['arm64', 183],
  ] as const) {
    const program = compileProgram(architecture, [exit(0)]);
    expect(program.toString('latin1', 0, 4)).toBe('\x7fELF');
    expect(program.readUInt16LE(18)).toBe(machine);
  }
});

test('the same steps give the same bytes', () => {
  const steps = [say('x'), execute(['/bin/sh'], ['sh'], ['A=1'])];
  expect(compileProgram('arm64', steps).equals(compileProgram('arm64', steps))).toBe(true);
});
