import { expect, test } from 'vitest';
import { givenCapabilities } from './capabilities.ts';
import { initSteps } from './init.ts';
import type { InitRequest } from './init.ts';

const request: InitRequest = {
  args: ['tool', 'a'],
  env: { PATH: '/x:/y', A: '1' },
  cwd: '/work',
  user: { uid: 1000, gid: 100, groups: [5, 100] },
  capabilities: givenCapabilities(0xffffffffffn),
  ownsOutput: true,
  owned: [{ path: '/run/secret', uid: 7, gid: 8 }],
};

const calls = (changes: Partial<InitRequest> = {}) =>
  initSteps({ ...request, ...changes }).flatMap((step) => ('call' in step ? [step] : []));
const lastStep = (changes: Partial<InitRequest> = {}) => {
  const step = initSteps({ ...request, ...changes }).at(-1);
  if (!step || !('execute' in step)) throw new Error('the last step executes nothing');
  return {
    ...step,
    execute: step.execute.map(String),
    argv: step.argv.map(String),
    environment: step.environment.map(String),
  };
};

test('the order: life, output, gifts, directory, user, program', () => {
  const names = calls()
    .map((step) => step.call)
    .filter((name, index, all) => name !== all[index - 1]);
  expect(names).toEqual([
    'ppoll',
    'dup3',
    'close',
    'close_range',
    'rt_sigaction',
    'fchown',
    'fchownat',
    'umask',
    'chdir',
    'prctl',
    'setgroups',
    'setresgid',
    'setresuid',
    'capset',
  ]);
});

test('groups include the primary one, once', () => {
  const step = calls().find(({ call }) => call === 'setgroups');
  expect(step?.args[0]).toBe(2);
  expect(Buffer.from(step?.args[1] as Uint8Array).readUInt32LE(0)).toBe(100);
  expect(Buffer.from(step?.args[1] as Uint8Array).readUInt32LE(4)).toBe(5);
});

test.each([
  ["root has Docker's set, nothing inheritable", 0, [0xa80425fb, 0xa80425fb, 0, 0, 0, 0]],
  ['others have nothing', 1000, [0, 0, 0, 0, 0, 0]],
])('%s', (_, uid, expected) => {
  const data = Buffer.from(calls({ user: { uid, gid: 0, groups: [] } }).at(-1)?.args[1] as Uint8Array);
  expect(Array.from({ length: 6 }, (_each, index) => data.readUInt32LE(index * 4))).toEqual(expected);
});

test('output that is not ours is not given away', () => {
  expect(calls({ ownsOutput: false }).some(({ call }) => call === 'fchown')).toBe(false);
});

test.each<[string, Partial<InitRequest>, string[]]>([
  ['a name is looked for in PATH', {}, ['/x/tool', '/y/tool']],
  ['an empty component is the working directory', { env: { PATH: ':/y:' } }, ['./tool', '/y/tool', './tool']],
  [
    'without PATH, the usual places',
    { env: {} },
    [
      '/usr/local/sbin/tool',
      '/usr/local/bin/tool',
      '/usr/sbin/tool',
      '/usr/bin/tool',
      '/sbin/tool',
      '/bin/tool',
    ],
  ],
  ['a path is taken as it is', { args: ['./tool'] }, ['./tool']],
  ['no arguments at all', { args: [] }, ['']],
])('%s', (_, changes, expected) => {
  expect(lastStep(changes).execute).toEqual(expected);
});

test('the program gets its arguments and environment, and nothing else', () => {
  expect(lastStep()).toMatchObject({ argv: ['tool', 'a'], environment: ['PATH=/x:/y', 'A=1'] });
});
