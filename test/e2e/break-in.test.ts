/**
 * Breaking in, on six images from a whole Debian to nothing at all; and the same commands in another runtime, which comes
 * to the same.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BreakIn } from '../../src/audit/break-in/types.ts';
import { createRunc } from '../support/runc.ts';
import { USERS } from '../support/users.ts';
import type { Workbench } from '../support/workbench.ts';
import { withBase } from '../support/workbench.ts';

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

let bench: Workbench;
beforeAll(async () => {
  bench = await withBase();
  for (const base of [
    'debian:bookworm',
    'debian:bookworm-slim',
    'static-debian12:debug',
    'static-debian12:nonroot',
  ])
    await bench.need(['base', 'build', base, '-t', base]);
  const busybox = { text: readFileSync('/usr/bin/busybox'), mode: 0o755 };
  const context = bench.files({
    busybox,
    app: { text: staticProgram(), mode: 0o755 },
    'Dockerfile.busybox':
      'FROM scratch\nCOPY busybox /bin/busybox\nCOPY busybox /bin/sh\nCOPY busybox /bin/ls\nCMD ["sh"]\n',
    'Dockerfile.scratch': 'FROM scratch\nCOPY app /app\nUSER 65532:65532\nENTRYPOINT ["/app"]\n',
  });
  for (const name of ['busybox', 'scratch'])
    await bench.need(['build', '-t', `${name}:1`, '-f', join(context, `Dockerfile.${name}`), context]);
}, 900_000);
afterAll(() => bench.remove());

/** A program that needs nothing, as the poured calculator is. */
function staticProgram(): Buffer {
  const source = 'int main(void) { return 7; }';
  execFileSync('gcc', ['-static', '-O1', '-x', 'c', '-', '-o', join(bench.folder, 'seven')], {
    input: source,
  });
  return readFileSync(join(bench.folder, 'seven'));
}

async function breakIn(image: string, on: Workbench = bench): Promise<BreakIn> {
  return (await on.json<{ breakIn: BreakIn }>(['audit', '--break-in', image])).breakIn;
}

const worked = ({ users }: BreakIn, user: number, kind?: string): readonly string[] =>
  (users[user]?.attempts ?? [])
    .filter((each) => each.worked && (kind === undefined ? each.kind !== 'drop' : each.kind === kind))
    .map(({ what }) => what);

describe('as root', () => {
  test('a whole Debian gives everything', async () => {
    const result = await breakIn('debian:bookworm');
    expect(worked(result, 0)).toEqual(
      expect.arrayContaining([
        'sh',
        'bash',
        'dash',
        'ls',
        'find',
        'id',
        'cat',
        'grep',
        'env',
        'perl',
        'awk',
        'apt-get',
        'dpkg',
      ]),
    );
    expect(worked(result, 0, 'drop')).toEqual(['/', '/tmp', '/var/tmp', '/run']);
    expect(result.users).toHaveLength(1);
  });

  test('and so does a slim one', async () => {
    const result = await breakIn('debian:bookworm-slim');
    expect(worked(result, 0)).toEqual(
      expect.arrayContaining(['sh', 'ls', 'find', 'cat', 'perl', 'apt-get', 'dpkg']),
    );
  });

  test('busybox gives what it has names for, and through itself the rest', async () => {
    const result = await breakIn('busybox:1');
    expect(worked(result, 0)).toEqual(
      expect.arrayContaining([
        'sh',
        'busybox',
        'ls',
        '/bin/busybox ls',
        '/bin/busybox find',
        '/bin/busybox wget',
      ]),
    );
    expect(result.users[0]?.attempts.find(({ what }) => what === 'cat')).toMatchObject({
      refusal: 'not-there',
    });
  });

  test('a debug variant gives a shell and its tools', async () => {
    const result = await breakIn('static-debian12:debug');
    expect(worked(result, 0)).toEqual(
      expect.arrayContaining(['sh', 'ls', 'find', 'cat', 'env', 'wget', 'nc']),
    );
  });

  test('a distroless image has nothing to run', async () => {
    const result = await breakIn('static-debian12:nonroot');
    expect([worked(result, 0), worked(result, 1)]).toEqual([[], []]);
    const refusals = result.users.flatMap(({ attempts }) =>
      attempts.filter(({ kind }) => kind !== 'drop').map(({ refusal }) => refusal),
    );
    expect(new Set(refusals)).toEqual(new Set(['not-there']));
    // What is brought along runs where the user may write.
    expect(worked(result, 1, 'drop')).toContain('/tmp');
    expect(worked(result, 1, 'drop')).not.toContain('/');
  });

  test('a poured image leaves nothing to run but itself, and no place to put a program', async () => {
    const result = await breakIn('scratch:1');
    expect(worked(result, 0)).toEqual([]);
    expect([worked(result, 1), worked(result, 1, 'drop')]).toEqual([[], []]);
    expect(result.users[1]?.attempts.find(({ kind }) => kind === 'drop')).toMatchObject({
      what: '/',
      refusal: 'no-permission',
    });
    expect(result.users[1]?.attempts.every(({ refusal }) => refusal !== undefined)).toBe(true);
  });
});

test('what is dropped reads its environment and reaches the network', async () => {
  const { users } = await breakIn('scratch:1');
  expect(users[0]?.attempts.find(({ what }) => what === '/')).toMatchObject({
    worked: true,
    detail: 'it runs, reads its environment, connects to the network',
  });
});

test('the same commands come to the same in another runtime', { timeout: 600_000 }, async () => {
  const runc = await createRunc(bench.folder);
  let checked = 0;
  for (const image of [
    'busybox:1',
    'static-debian12:debug',
    'static-debian12:nonroot',
    'scratch:1',
    'debian:bookworm-slim',
  ]) {
    const rootfs = bench.path(`root-${image.replaceAll(/\W/g, '-')}`);
    await bench.need(['build', '-o', rootfs, bench.files({ Dockerfile: `FROM ${image}\n` })]);
    const [inspected] = await bench.json<{ config: { environment?: string[] } }[]>(['inspect', image]);
    const env = inspected?.config.environment ?? [PATH];
    const { users } = await breakIn(image);
    for (const { what, args, worked: didWork, kind } of users[0]?.attempts ?? []) {
      if (!['shell', 'look-around', 'read', 'environment', 'interpreter'].includes(kind)) continue;
      const { status } = await runc.run(rootfs, env, args);
      expect([image, what, status === 0]).toEqual([image, what, didWork]);
      checked += 1;
    }
  }
  expect(checked).toBeGreaterThan(60);
});

test.each(USERS)('user $uid of this machine can do it', async (user) => {
  const other = await withBase(user);
  try {
    const result = await breakIn('base', other);
    expect(worked(result, 0)).toEqual(expect.arrayContaining(['sh', 'ls', 'cat']));
    expect(worked(result, 0, 'drop')).toContain('/tmp');
  } finally {
    other.remove();
  }
});

test('what is not in the store cannot be run', async () => {
  const archive = bench.path('elsewhere.tar');
  await bench.need(['save', 'scratch:1', '-o', archive, '--type', 'oci-archive']);
  await bench.need(['rmi', 'scratch:1']);
  const result = await bench.decant(['audit', '--break-in', `oci-archive:${archive}`]);
  expect(result).toMatchObject({ status: 1, stdout: '' });
  expect(result.stderr).toContain('[IMAGE_UNKNOWN]');
});
