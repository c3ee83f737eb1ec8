/** `decant run`, as root and as an ordinary user: what the process gets, what comes back, and that nothing is left. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandLines, openFiles } from '../support/processes.ts';
import { runOnTerminal } from '../support/terminal.ts';
import { until } from '../support/until.ts';
import { USERS } from '../support/users.ts';
import type { Ended } from '../support/process.ts';
import type { DecantOptions, Workbench } from '../support/workbench.ts';
import { BASE, withBase } from '../support/workbench.ts';

describe.each(USERS)('as $name', (user) => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await withBase(user);
    const Dockerfile = `\
FROM ${BASE}
ENV GREETING=hello NAME="of the image"
WORKDIR /srv
USER 1000:1001
ENTRYPOINT ["/bin/echo", "said:"]
CMD ["by", "default"]
`;
    const shell = `FROM ${BASE}\nRUN echo kept > /kept && mkdir -m 777 /open\nCMD cat /kept\n`;
    await bench.need(['build', '-t', 'app', bench.files({ Dockerfile })]);
    await bench.need(['build', '-t', 'shell', bench.files({ Dockerfile: shell })]);
  });
  afterAll(() => bench.remove());

  const runImage = (args: readonly string[], options?: DecantOptions): Promise<Ended> =>
    bench.decant(['run', ...args], options);
  const sh = (script: string, flags: readonly string[] = [], options?: DecantOptions): Promise<Ended> =>
    runImage([...flags, 'shell', 'sh', '-c', script], options);

  describe('what runs', () => {
    test.each([
      ['entry point and command of the image', ['app'], 'said: by default\n'],
      ['arguments in place of the command', ['app', 'other', 'words'], 'said: other words\n'],
      ['arguments after --', ['--rm', 'app', '--', '-n', 'x'], 'said: -n x\n'],
      [
        'flags after the name, which are the program’s own',
        ['app', '--rm', '-e', 'X=1'],
        'said: --rm -e X=1\n',
      ],
      ['another entry point, without the command', ['--entrypoint', '/bin/pwd', 'app'], '/srv\n'],
      ['another entry point with arguments', ['--entrypoint', '/bin/echo', 'app', 'a b', ''], 'a b \n'],
      ['no entry point', ['--entrypoint', '', 'app', '/bin/id', '-u'], '1000\n'],
      ['a command in shell form', ['shell'], 'kept\n'],
    ])('%s', async (_, args, stdout) => {
      expect(await runImage(args)).toMatchObject({ status: 0, stdout, stderr: '' });
    });

    test('an image found by its id', async () => {
      const [image] = await bench.json<{ id: string; digest: string }[]>(['inspect', 'shell']);
      for (const name of [image?.id.slice(7, 20), image?.digest])
        expect(await runImage([name ?? ''])).toMatchObject({ status: 0, stdout: 'kept\n' });
    });

    test('an image without a command needs one', async () => {
      expect(await runImage([BASE])).toMatchObject({ status: 2, stdout: '' });
      expect((await runImage([BASE])).stderr).toContain(`decant run ${BASE} COMMAND`);
      expect(await runImage([BASE, 'echo', 'x'])).toMatchObject({ status: 0, stdout: 'x\n' });
    });
  });

  describe('how it ends', () => {
    test.each([
      ['exit 0', 0],
      ['exit 1', 1],
      ['exit 42', 42],
      ['exit 255', 255],
      ['sh -c "kill -KILL \\$\\$"; exit $?', 137],
    ])('%s', async (script, status) => {
      expect(await sh(script)).toMatchObject({ status, stdout: '' });
    });

    test.each([
      ['a program that is not there', ['no-such-program'], 127, 'no-such-program in PATH: not found'],
      ['a file that is not a program', ['/etc/passwd'], 126, '/etc/passwd: permission denied'],
      ['a directory', ['/etc'], 126, '/etc: permission denied'],
    ])('%s', async (_, args, status, stderr) => {
      const result = await runImage(['shell', ...args]);
      expect(result).toMatchObject({ status, stdout: '' });
      expect(result.stderr).toContain(stderr);
    });

    test('a working directory that is not there', async () => {
      const result = await sh('pwd', ['-w', '/nowhere']);
      expect(result.status).toBe(127);
      expect(result.stderr).toContain('/nowhere');
    });
  });

  describe('standard streams', () => {
    test('output and errors stay apart', async () => {
      expect(await sh('echo out; echo err >&2')).toMatchObject({ stdout: 'out\n', stderr: 'err\n' });
    });

    test('input is passed through, byte by byte, to its end', async () => {
      const input = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
      const { bytes, status } = await runImage(['-i', 'shell', 'cat'], { input });
      expect([status, bytes.equals(input)]).toEqual([0, true]);
      expect(await sh('wc -c', ['-i'], { input: '' })).toMatchObject({ stdout: '0\n' });
    });

    test('large output comes whole', async () => {
      const { stdout } = await sh('seq 1 200000');
      expect(stdout.length).toBe(1_288_895);
      expect(stdout.endsWith('\n200000\n')).toBe(true);
    });

    test('a reader that has enough is noticed by the program', async () => {
      const script = 'while echo word; do :; done; exit 6';
      const started = bench.start(['run', 'shell', 'sh', '-c', script]);
      await started.says('word');
      started.child.stdout?.destroy();
      expect((await started.ended).status).toBe(6);
    });
  });

  describe('signals', () => {
    const loop = 'while :; do sleep 0.05; done';

    test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1'] as const)(
      '%s reaches the process, and the status of its handler comes back',
      async (signal) => {
        const script = `trap 'echo caught; exit 7' ${signal.slice(3)}; echo ready; ${loop}`;
        const started = bench.start(['run', 'shell', 'sh', '-c', script]);
        await started.says('ready');
        started.child.kill(signal);
        expect(await started.ended).toMatchObject({ status: 7, stdout: 'ready\ncaught\n' });
      },
    );

    test('a handler that does not exit goes on', async () => {
      const script = `trap 'echo still here' TERM; trap 'exit 3' USR1; echo ready; ${loop}`;
      const started = bench.start(['run', 'shell', 'sh', '-c', script]);
      await started.says('ready');
      started.child.kill('SIGTERM');
      await started.says('still here');
      started.child.kill('SIGUSR1');
      expect(await started.ended).toMatchObject({ status: 3 });
    });

    test('decant killed outright takes everything with it', async () => {
      const mark = `${43_000 + Math.floor(Math.random() * 900)}`;
      const started = bench.start(['run', 'shell', 'sh', '-c', `exec sleep ${mark}`]);
      await until('the process', () => commandLines().includes(`sleep ${mark}`));
      started.child.kill('SIGKILL');
      await started.ended;
      await until('its end', () => !commandLines().includes(`sleep ${mark}`));
      // What it had written is swept up by the next one that cleans.
      await bench.need(['prune']);
      expect(readdirSync(join(bench.home, 'tmp'))).toEqual([]);
    });
  });

  describe('what the process gets', () => {
    test('the environment of the image, and of -e', async () => {
      const flags = ['-e', 'NAME=of the flag', '-e', 'FROM_OUTSIDE', '-e', 'NOT_SET', '-e', 'EMPTY='];
      const variables = { FROM_OUTSIDE: 'passed', SECRET: 'of the host' };
      const { stdout } = await runImage([...flags, '--entrypoint', '/bin/env', 'app'], { variables });
      expect(stdout.trim().split('\n').toSorted()).toEqual([
        'EMPTY=',
        'FROM_OUTSIDE=passed',
        'GREETING=hello',
        'HOME=/home/app',
        'NAME=of the flag',
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      ]);
    });

    test.each([
      [[], 'uid=0(root) gid=0(root) groups=0(root),10(wheel)'],
      [['-u', '1000'], 'uid=1000(app) gid=1001(appgroup) groups=10(wheel),50(staff),1001(appgroup)'],
      [['-u', 'web'], 'uid=33(web) gid=33(web) groups=33(web),50(staff)'],
      [['-u', 'web:wheel'], 'uid=33(web) gid=10(wheel) groups=10(wheel)'],
      [['--user', '4321:8765'], 'uid=4321 gid=8765 groups=8765'],
    ])('the user of %j', async (flags, expected) => {
      const { stdout } = await sh('id', flags);
      const [ids = '', groups = ''] = stdout.trim().split(' groups=');
      expect(`${ids} groups=${groups.split(',').toSorted(byNumber).join(',')}`).toBe(expected);
    });

    test('a user that does not exist is an error', async () => {
      const result = await sh('id', ['-u', 'stranger']);
      expect(result).toMatchObject({ status: 1, stdout: '' });
      expect(result.stderr).toContain('[USER_UNKNOWN]');
    });

    test('the working directory of the image or of -w', async () => {
      expect((await runImage(['--entrypoint', 'pwd', 'app'])).stdout).toBe('/srv\n');
      expect((await sh('pwd', ['-w', '/usr/local'])).stdout).toBe('/usr/local\n');
    });

    test('a name of its own', async () => {
      expect((await sh('hostname; cat /proc/sys/kernel/hostname', ['--hostname', 'vessel'])).stdout).toBe(
        'vessel\nvessel\n',
      );
    });

    test('a root it can write to, all of which is gone afterwards', async () => {
      const script = 'echo changed > /kept && rm -r /usr && echo x > /new && cat /kept && ls /';
      expect((await sh(script)).stdout).toMatch(/^changed\n[^]*^new$/m);
      expect((await sh('cat /kept; ls -d /usr /new')).stdout).toBe('kept\n/usr\n');
    });

    test('with --read-only, a root it cannot write to', async () => {
      const result = await sh('echo x > /open/x; echo y > /dev/shm/y && cat /dev/shm/y', ['--read-only']);
      expect(result).toMatchObject({ status: 0, stdout: 'y\n' });
      expect(result.stderr).toContain('Read-only file system');
    });

    test('the network of the host, or none', async () => {
      const script = 'tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d " "';
      expect((await sh(script, ['--network', 'none'])).stdout).toBe('lo\n');
      const interfaces = readFileSync('/proc/net/dev', 'utf8').trim().split('\n').slice(2);
      const names = interfaces.map((line) => line.split(':', 1)[0]?.trim());
      expect((await sh(script)).stdout.trim().split('\n')).toEqual(names);
    });

    test('processes of its own, and no sight of others', async () => {
      const { stdout } = await sh('echo $$; ls /proc | grep -c "^[0-9]*$"');
      const [pid, count] = stdout.trim().split('\n').map(Number);
      expect(pid).toBeLessThan(10);
      expect(count).toBeLessThan(8);
    });

    test('no file of the host', async () => {
      expect((await sh(`ls ${bench.folder}`)).status).not.toBe(0);
      expect((await sh('cat /etc/passwd')).stdout).not.toBe(readFileSync('/etc/passwd', 'utf8'));
    });
  });

  describe('a terminal', () => {
    test('is the program’s own with -t', async () => {
      const script = 'test -t 0 && test -t 1 && test -t 2 && echo "a terminal, $TERM"; stty size';
      const { output, status } = await runOnTerminal(
        bench,
        ['run', '-t', '-i', 'shell', 'sh', '-c', script],
        { rows: 21, columns: 91 },
      );
      expect([status, output]).toEqual([0, 'a terminal, xterm-256color\r\n21 91\r\n']);
    });

    test('is left as it was, whatever the program did to it', async () => {
      const args = ['run', '-ti', 'shell', 'sh', '-c', 'stty -echo -icanon; exit 5'];
      const { before, after, status } = await runOnTerminal(bench, args);
      expect(status).toBe(5);
      expect(after).toBe(before);
    });

    test('is refused where there is none', async () => {
      const result = await sh('true', ['-t']);
      expect(result).toMatchObject({ status: 2, stdout: '' });
      expect(result.stderr).toContain('there is no terminal');
    });
  });

  test('nothing is left behind', async () => {
    await sh('mkfifo /open/pipe; (sleep 30077 &) ; echo x > /open/y; chmod 000 /open');
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(bench.folder);
    expect(readdirSync(join(bench.home, 'tmp'))).toEqual([]);
    expect(openFiles(bench.folder)).toEqual([]);
    expect(commandLines()).not.toContain('sleep 30077');
  });
});

const byNumber = (one: string, other: string): number =>
  Number.parseInt(one, 10) - Number.parseInt(other, 10);
