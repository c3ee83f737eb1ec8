/** What RUN may ask for, its heredocs, and the flags of `decant build` that are about steps. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { treeText } from '../support/images.ts';
import { ranSteps } from '../support/progress.ts';
import { USERS } from '../support/users.ts';
import type { Workbench } from '../support/workbench.ts';
import { BASE, withBase } from '../support/workbench.ts';

describe.each(USERS)('as $name', (user) => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await withBase(user);
  });
  afterAll(() => bench.remove());

  const context = (text: string): string => bench.files({ Dockerfile: `FROM ${BASE}\n${text}\n` });
  const said = (text: string, flags: readonly string[] = []): Promise<string> =>
    treeText(bench, [...flags, context(text)], '/said');

  test.each([
    ['the text of the shell', 'RUN <<EOF\na=1\necho $a $0 > /said\nEOF', '1 /bin/sh\n'],
    ['a program', 'RUN <<"EOF"\n#!/bin/busybox ash\necho "$0" > /said\nEOF', '/dev/pipes/EOF\n'],
    [
      'a program of a user',
      'RUN touch /said && chmod 666 /said\nUSER 1000\nRUN <<X\n#!/bin/sh\nid -u > /said\nX',
      '1000\n',
    ],
    ['several, one with tabs', 'RUN cat <<A - 3<<-"B" > /said <&3\na\nA\n\t$b\n\tB', '$b\n'],
    ['in a pipe', 'RUN <<A cat | tr a-z A-Z > /said\nloud\nA', 'LOUD\n'],
  ])('a heredoc is %s', async (_, text, expected) => expect(await said(text)).toBe(expected));

  test('the program of a heredoc leaves nothing in /dev or the layer', async () => {
    expect(await said('RUN <<EOF\n#!/bin/sh\ntrue\nEOF\nRUN ls /dev | grep -c pipes > /said || true')).toBe(
      '0\n',
    );
  });

  test('--add-host, --shm-size and --ulimit', async () => {
    const look =
      "grep -c '10.1.2.3.*db' /etc/hosts; df -k /dev/shm | tail -1 | awk '{print $2}'; ulimit -n; ulimit -Hn";
    const flags = ['--add-host', 'db:10.1.2.3', '--add-host', 'six=[::2]', '--shm-size', '2m'];
    const limits = ['--ulimit', 'nofile=100:200', '--ulimit', 'core=0'];
    expect(await said(`RUN { ${look}; } > /said`, [...flags, ...limits])).toBe('1\n2048\n100\n200\n');
  });

  test('of --add-host the name counts for the cache, the address does not', async () => {
    const directory = context('RUN true');
    const ran = async (...flags: readonly string[]): Promise<number> =>
      (await ranSteps(bench, [...flags, directory])).length;
    expect(await ran('--add-host', 'a:10.0.0.1')).toBe(1);
    expect(await ran('--add-host', 'a:10.0.0.2')).toBe(0);
    expect(await ran('--add-host', 'b:10.0.0.2')).toBe(1);
    expect(await ran()).toBe(1);
    expect(await ran('--ulimit', 'nofile=50')).toBe(1);
  });

  describe('--security=insecure', () => {
    const text = `RUN grep CapEff /proc/self/status > /plain
RUN --security=insecure grep CapEff /proc/self/status > /said; ! cmp -s /said /plain && mount -t tmpfs none /tmp`;

    test('is refused unless it is allowed', async () => {
      const { status, stderr } = await bench.decant(['build', context(text)]);
      expect(status).toBe(1);
      expect(stderr).toContain('security.insecure is not allowed');
      expect(stderr).toContain('hint: grant it to the build: --allow security.insecure');
      expect(stderr).toContain('>>> 3 | RUN --security=insecure');
    });

    test('gives every capability that decant has', async () => {
      const line = await said(text, ['--allow', 'security.insecure']);
      const mask = BigInt(`0x${line.split(/\s+/)[1]}`);
      const SYS_ADMIN = 21n;
      expect((mask >> SYS_ADMIN) & 1n).toBe(1n);
    });
  });

  test('after --network none a step has the host network only where that is allowed', async () => {
    const directory = context(
      'RUN --network=host ls /sys/class/net | wc -l > /said; ip link | grep -c UP > /said',
    );
    const { status, stderr } = await bench.decant(['build', '--network', 'none', directory]);
    expect(status).toBe(1);
    expect(stderr).toContain('network.host is not allowed');
    const flags = ['--network', 'none', '--allow', 'network.host'];
    await bench.need(['build', ...flags, directory]);
  });

  test('proxies reach steps, and count neither for the cache nor for the image', async () => {
    const directory = context('RUN echo "$HTTP_PROXY" > /said');
    const flag = ['--build-arg', 'HTTP_PROXY=http://one.example:1'];
    expect(await treeText(bench, [...flag, directory], '/said')).toBe('http://one.example:1\n');
    expect(await ranSteps(bench, ['--build-arg', 'HTTP_PROXY=http://two.example:2', directory])).toEqual([]);
    await bench.need(['build', ...flag, '-t', 'proxied', directory]);
    expect((await bench.need(['inspect', 'proxied'])).stdout).not.toContain('example');
  });

  describe('SOURCE_DATE_EPOCH', () => {
    const created = async (
      args: readonly string[],
      options?: { readonly input: Uint8Array },
    ): Promise<string> => {
      await bench.need(['build', '-t', 'dated', ...args], options);
      const images = await bench.json<{ name: string | null; created: string }[]>(['images']);
      return images.find(({ name }) => name === 'dated:latest')?.created ?? '';
    };
    const dated = (first: string): string =>
      bench.files({ Dockerfile: `${first}\nFROM ${BASE}\nCOPY Dockerfile /\n` });

    test('may be the default of a global ARG, which the command line replaces', async () => {
      const directory = dated('ARG SOURCE_DATE_EPOCH=86400');
      expect(await created([directory])).toBe('1970-01-02T00:00:00Z');
      expect(await created(['--build-arg', 'SOURCE_DATE_EPOCH=1', directory])).toBe('1970-01-01T00:00:01Z');
    });

    test('may be that of the context: the newest file of an archive, and none for a directory', async () => {
      const directory = dated('ARG SOURCE_DATE_EPOCH=context');
      expect(await created([directory])).toBe('1970-01-01T00:00:00Z');
      const mtime = ['--mtime=@172800', '--owner=0', '--group=0'];
      const input = execFileSync('tar', ['-c', ...mtime, '-C', directory, 'Dockerfile']);
      expect(await created(['-'], { input })).toBe('1970-01-03T00:00:00Z');
    });

    test('may be the name of a context or a stage that comes from elsewhere', async () => {
      const repository = bench.files({ file: 'in a repository' });
      const commit =
        'git init -q -b main . && git add . && git -c user.name=a -c user.email=a@b commit -qm one && git clone -q --bare . origin.git';
      const date = { GIT_AUTHOR_DATE: '@259200 +0000', GIT_COMMITTER_DATE: '@259200 +0000' };
      execFileSync('sh', ['-c', commit], {
        cwd: repository,
        uid: user.uid,
        gid: user.gid,
        env: { PATH: process.env['PATH'], HOME: repository, ...date },
      });
      const address = `file://${repository}/origin.git`;
      const directory = dated('ARG SOURCE_DATE_EPOCH=elsewhere');
      const named = ['--build-context', `elsewhere=${address}`];
      expect(await created([...named, directory])).toBe('1970-01-04T00:00:00Z');
      const stage = bench.files({
        Dockerfile: `ARG SOURCE_DATE_EPOCH=code\nFROM scratch AS code\nADD ${address} /\nFROM scratch\nCOPY --from=code / /\n`,
      });
      expect(await created([stage])).toBe('1970-01-04T00:00:00Z');
      // Times of files on this machine say nothing.
      expect(await created(['--build-context', `elsewhere=${directory}`, directory])).toBe(
        '1970-01-01T00:00:00Z',
      );
    });

    test('that is no number is refused', async () => {
      const { status, stderr } = await bench.decant(['build', dated('ARG SOURCE_DATE_EPOCH=soon')]);
      expect({ status, stderr }).toMatchObject({ status: 2 });
      expect(stderr).toContain('SOURCE_DATE_EPOCH is "soon", not a number of seconds');
    });
  });

  test.each([
    [['--ulimit', 'files=1'], 'is not a limit'],
    [['--shm-size', 'much'], '--shm-size "much" is not a size'],
    [['--add-host', 'db'], '--add-host "db" is not a name and an address'],
    [['--add-host', 'db:nowhere'], 'is not a name and an address'],
    [['--allow', 'everything'], '--allow "everything" is no entitlement'],
    [['--allow', 'device=gpu'], 'there is nothing here that it would grant'],
    [['--ssh', 'default'], 'SSH_AUTH_SOCK is not set'],
    [['--ssh', 'default=/no/such/socket'], 'there is no "/no/such/socket"'],
    [['--network', 'bridge'], 'Allowed choices are default, host, none'],
  ])('%j is refused', async (flags, message) => {
    const { status, stderr } = await bench.decant(['build', ...flags, context('')]);
    expect(status).toBe(message.startsWith('there is no "') ? 1 : 2);
    expect(stderr).toContain(message);
  });
});
