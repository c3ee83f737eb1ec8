/**
 * Breaking in, on six images from a whole Debian to nothing at all; and the same commands in another runtime, which comes
 * to the same.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWER, listen } from '../../src/audit/break-in/listener.ts';
import type { BreakIn } from '../../src/audit/break-in/types.ts';
import type { Ended } from '../support/process.ts';
import { createRunc } from '../support/runc.ts';
import { USERS } from '../support/users.ts';
import type { Workbench } from '../support/workbench.ts';
import { withBase } from '../support/workbench.ts';

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const IMAGES = [
  'busybox:1',
  'static-debian12:debug',
  'static-debian12:nonroot',
  'scratch:1',
  'debian:bookworm-slim',
  'debian:bookworm',
];

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
}, 1_800_000);
afterAll(() => bench.remove());

/** A program that needs nothing, as the poured calculator is. */
function staticProgram(): Buffer {
  const source = 'int main(void) { return 7; }';
  execFileSync('gcc', ['-static', '-O1', '-x', 'c', '-', '-o', join(bench.folder, 'seven')], {
    input: source,
  });
  return readFileSync(join(bench.folder, 'seven'));
}

/** Tried once for each image: what is asserted of it is asserted of one and the same answer. */
const answers = new Map<string, Promise<BreakIn>>();

function breakIn(image: string): Promise<BreakIn> {
  const answer = answers.get(image) ?? breakInOn(bench, image);
  answers.set(image, answer);
  return answer;
}

async function breakInOn(on: Workbench, image: string): Promise<BreakIn> {
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

test('a comment on a pull request has it', async () => {
  const { worked: count, tried } = await breakIn('scratch:1');
  const { stdout } = await bench.need(['audit', '--break-in', 'scratch:1', '--format', 'markdown']);
  expect(stdout).toContain(`**Breaking in: ${count} of ${tried} attempts worked**`);
});

test('what is dropped reads its environment and reaches the network', async () => {
  const { users } = await breakIn('scratch:1');
  expect(users[0]?.attempts.find(({ what }) => what === '/')).toMatchObject({
    worked: true,
    detail: 'it runs, reads its environment, connects to the network',
  });
});

/** Whether it did what it was to do, by other signs than decant's where there are any. */
const SIGNS: Readonly<Record<string, (ended: Ended, reached: boolean) => boolean>> = {
  'package-manager': ({ status, stdout }, reached) => reached || (status === 0 && stdout.includes('version')),
  download: ({ stdout }) => stdout.includes(ANSWER.trim()),
  network: (_, reached) => reached,
};

/** A program that copies itself to where it is told, starts the copy, and reaches somebody. */
const DROPPER = `
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>
int main(int count, char **args) {
  if (count == 2) {
    struct sockaddr_in to = { AF_INET, htons(atoi(args[1])), { htonl(INADDR_LOOPBACK) } };
    int server = socket(AF_INET, SOCK_STREAM, 0);
    return getenv("PATH") && connect(server, (void *)&to, sizeof to) == 0 && write(server, "x", 1) == 1 ? 42 : 2;
  }
  int from = open("/proc/self/exe", O_RDONLY), to = open(args[1], O_WRONLY | O_CREAT | O_EXCL, 0755);
  if (to < 0) return 1;
  while (sendfile(to, from, 0, 1 << 20) > 0);
  close(to);
  execl(args[1], args[1], args[2], NULL);
  return 3;
}`;

test('the same commands come to the same in another runtime', { timeout: 1_800_000 }, async () => {
  const runc = await createRunc(bench.folder);
  const listener = await listen();
  execFileSync('gcc', ['-static', '-O1', '-w', '-x', 'c', '-', '-o', bench.path('dropper')], {
    input: DROPPER,
  });
  const checked: Record<string, number> = {};
  try {
    for (const image of IMAGES) {
      const rootfs = bench.path(`root-${image.replaceAll(/\W/g, '-')}`);
      await bench.need(['build', '-o', rootfs, bench.files({ Dockerfile: `FROM ${image}\n` })]);
      copyFileSync(bench.path('dropper'), join(rootfs, '.dropper'));
      const [inspected] = await bench.json<{ config: { environment?: string[]; user?: string } }[]>([
        'inspect',
        image,
      ]);
      const env = inspected?.config.environment ?? [PATH];
      const { users } = await breakIn(image);
      for (const [index, { attempts }] of users.entries()) {
        // Those who are not root in these images all have this number.
        const user = index === 0 ? { uid: 0, gid: 0 } : { uid: 65532, gid: 65532 };
        for (const { what, args, worked: didWork, kind } of attempts) {
          const before = listener.count();
          const call =
            kind === 'drop'
              ? ['/.dropper', ...args, String(listener.port)]
              : args.map((each) => each.replace(/^\d{4,5}$|(?<=127\.0\.0\.1:)\d+/, String(listener.port)));
          const ended = await runc.run(rootfs, env, call, user);
          const does =
            SIGNS[kind]?.(ended, listener.count() > before) ?? ended.status === (kind === 'drop' ? 42 : 0);
          expect([image, index, what, does], ended.stderr).toEqual([image, index, what, didWork]);
          checked[kind] = (checked[kind] ?? 0) + 1;
          if (kind === 'drop') rmSync(join(rootfs, ...args), { force: true });
        }
      }
    }
  } finally {
    await listener.close();
  }
  expect(checked).toMatchObject({ 'package-manager': expect.any(Number), drop: expect.any(Number) });
  expect(Object.values(checked).reduce((sum, each) => sum + each)).toBeGreaterThan(150);
});

test.each(USERS)('user $uid of this machine can do it', async (user) => {
  const other = await withBase(user);
  try {
    const result = await breakInOn(other, 'base');
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
