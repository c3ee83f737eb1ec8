import { describe, expect, test } from 'vitest';
import type { ExecOperation } from './operation.ts';
import { parseMount } from '../dockerfile/mounts.ts';
import { plan } from './testing.ts';

async function step(
  text: string,
  args = {},
  allow?: Set<'security.insecure' | 'network.host'>,
): Promise<ExecOperation> {
  const { target } = await plan(`FROM base AS made\nFROM base\n${text}`, {
    args,
    ...(allow ? { allow } : {}),
  });
  return target.operation as ExecOperation;
}

const mount = async (text: string, args = {}) =>
  (await step(`WORKDIR /work\nENV v=val\nRUN --mount=${text} x`, args)).mounts[0];

describe('a mount', () => {
  test.each([
    ['target=.', { type: 'bind', target: '/work', source: '', readOnly: true }],
    ['source=../a/./b,target=in', { type: 'bind', target: '/work/in', source: 'a/b', readOnly: true }],
    ['target=/x/../y,rw', { type: 'bind', target: '/y', readOnly: false }],
    [
      'type=cache,target=$v',
      { type: 'cache', target: '/work/val', id: 'val', sharing: 'shared', readOnly: false },
    ],
    ['type=cache,target=/c/,id=${v}x,sharing=locked,ro', { id: 'valx', sharing: 'locked', readOnly: true }],
    ['type=cache,target=/c/', { id: '/c' }],
    ['type=tmpfs,target=/t,size=1m', { type: 'tmpfs', target: '/t', size: 1_048_576 }],
    ['type=secret,id=a/b', { type: 'secret', id: 'a/b', target: '/run/secrets/b', mode: 0o400, uid: 0 }],
    ['type=secret,target=/etc/key', { id: 'key', target: '/etc/key' }],
    ['type=secret,source=s,target=t,mode=0444,uid=5', { id: 's', target: '/t', mode: 0o444, uid: 5 }],
    ['type=secret,id=a,env=A', { id: 'a', env: 'A', target: undefined }],
    ['type=secret,id=a,env=A,target=/a', { id: 'a', env: 'A', target: '/a' }],
    [
      'type=ssh',
      { type: 'ssh', id: 'default', target: '/run/buildkit/ssh_agent.0', mode: 0o600, required: false },
    ],
    ['type=ssh,id=x,target=s,required', { id: 'x', target: '/work/s', required: true }],
  ])('%s', async (text, expected) => expect(await mount(text)).toMatchObject(expected));

  test('of a stage, a number and an image', async () => {
    const { mounts } = await step(
      'RUN --mount=from=made,target=/a --mount=from=0,target=/b --mount=from=base,target=/c x',
    );
    expect(mounts.map((each) => each.type === 'bind' && each.from.kind)).toEqual([
      'source',
      'source',
      'source',
    ]);
  });

  test('caches of a namespace have ids of their own', async () => {
    expect(await mount('type=cache,target=/c', { BUILDKIT_CACHE_MOUNT_NS: 'team' })).toMatchObject({
      id: 'team//c',
    });
  });

  test('the first socket is SSH_AUTH_SOCK, unless the stage has that', async () => {
    const twice = 'RUN --mount=type=ssh --mount=type=ssh,id=b x';
    expect((await step(twice)).env).toMatchObject({ SSH_AUTH_SOCK: '/run/buildkit/ssh_agent.0' });
    expect((await step(twice)).mounts[1]).toMatchObject({ target: '/run/buildkit/ssh_agent.1' });
    expect((await step(`ENV SSH_AUTH_SOCK=/own\n${twice}`)).env).toMatchObject({ SSH_AUTH_SOCK: '/own' });
  });

  test.each(['source=a', 'source=a,target=.', 'source=a,target=$unset', 'source=a,target='])(
    '%s stands at the working directory',
    async (text) => expect(await mount(text)).toMatchObject({ type: 'bind', target: '/work' }),
  );

  test.each([
    ['target=/', 'invalid mount target "/"'],
    ['source=a', 'invalid mount target "/"'],
    ['type=tmpfs,target=$unset', 'invalid mount target "/"'],
    ['from=later,target=/x', 'no later'],
  ])('%s is refused', async (text, message) => {
    await expect(step(`RUN --mount=${text} x`)).rejects.toThrow(message);
  });
});

describe('a heredoc', () => {
  test.each([
    ['RUN <<EOF\na\nb\nEOF', ['/bin/sh', '-c', 'a\nb\n']],
    ['RUN <<-EOF\n\ta\n\tEOF', ['/bin/sh', '-c', 'a\n']],
    ['RUN << "EOF"\n$a\nEOF', ['/bin/sh', '-c', '$a\n']],
    ['RUN cat <<A 3<<-B | x\na\nA\n\tb\n\tB\n', ['/bin/sh', '-c', 'cat <<A 3<<-B | x\na\nA\n\tb\nB']],
    ['RUN <<EOF\n#!/bin/x\na\nEOF', ['/bin/sh', '-c', '/dev/pipes/EOF']],
    ['SHELL ["s"]\nRUN <<EOF\n#!/bin/x\nEOF', ['s', '/dev/pipes/EOF']],
    ['RUN cat <<EOF\n#!/bin/x\nEOF', ['/bin/sh', '-c', 'cat <<EOF\n#!/bin/x\nEOF']],
  ])('%j', async (text, args) => expect((await step(text)).args).toEqual(args));

  test('that is a program is a file, also where its name is a path', async () => {
    const { mounts } = await step('RUN <<-../../x\n\t#!/bin/x\n\ta\n\t../../x');
    expect(mounts).toEqual([{ type: 'script', target: '/dev/pipes/x', text: '#!/bin/x\na\n' }]);
  });
});

describe('what a step may ask for', () => {
  test('the host network unless the build has none, and no privileges', async () => {
    expect(await step('RUN --network=host x')).toMatchObject({ network: 'host' });
    await expect(step('RUN --network=host x', {}, new Set())).rejects.toThrow('network.host is not allowed');
    await expect(step('RUN --security=insecure x')).rejects.toMatchObject({
      message: 'security.insecure is not allowed',
      hint: 'grant it to the build: --allow security.insecure',
      place: { start: 3 },
    });
    const allowed = new Set(['security.insecure'] as const);
    expect(await step('RUN --security=insecure x', {}, allowed)).toMatchObject({ security: 'insecure' });
  });
});

describe('mounts of every step', () => {
  const text = 'FROM base AS made\nFROM base\nRUN --mount=type=tmpfs,target=/own x';
  const given = (...mounts: readonly string[]) => plan(text, { runMounts: mounts.map(parseMount) });

  test('come before its own', async () => {
    const { target } = await given('type=cache,target=/c', 'from=base,target=/b');
    const { mounts } = target.operation as ExecOperation;
    expect(mounts).toMatchObject([{ type: 'cache', id: '/c' }, { type: 'bind' }, { target: '/own' }]);
  });

  test.each(['made', 'MADE', '0'])('cannot come from the stage %s', async (from) => {
    await expect(given(`from=${from},target=/b`)).rejects.toMatchObject({ code: 'USAGE' });
  });

  test('can come from a context that has the name of a stage', async () => {
    const contexts = new Map([['made', { type: 'files' } as const]]);
    const runMounts = [parseMount('from=made,target=/b')];
    const { target } = await plan(text, { runMounts, contexts });
    expect((target.operation as ExecOperation).mounts).toHaveLength(2);
  });
});
