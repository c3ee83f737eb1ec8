/**
 * Real processes in real sandboxes, as root and as an ordinary user. The root file system is a static busybox; every
 * scenario is a process of its own (sandbox/driver.ts).
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ACTORS,
  buildDriver,
  carryOut,
  folderFor,
  removeFolder,
  startOnTerminal,
  startScenario,
} from './sandbox/actors.ts';
import { until } from '../support/until.ts';
import type { Scenario, ScenarioEntry, ScenarioResult } from './sandbox/scenario.ts';

/** Static on Debian (busybox-static) and Alpine. */
const BUSYBOX = '/bin/busybox';
const APPLETS = execFileSync(BUSYBOX, ['--list'], { encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((name) => name !== 'busybox');

const dir = (path: string, more: Partial<ScenarioEntry> = {}): ScenarioEntry => ({
  type: 'directory',
  path,
  ...more,
});
const file = (path: string, text: string, more: Partial<ScenarioEntry> = {}): ScenarioEntry => ({
  type: 'file',
  path,
  text,
  ...more,
});
const sorted = (...entries: ScenarioEntry[]): ScenarioEntry[] =>
  entries.sort((a, b) => (a.path < b.path ? -1 : 1));

const TOOLS: ScenarioEntry[] = sorted(
  dir('bin'),
  { type: 'file', path: 'bin/busybox', mode: 0o755, from: BUSYBOX },
  ...APPLETS.map((name): ScenarioEntry => ({ type: 'symlink', path: `bin/${name}`, target: 'busybox' })),
);
const BASE = sorted(
  ...TOOLS,
  dir('proc'),
  dir('sys'),
  dir('dev'),
  dir('etc'),
  file('etc/hosts', ''),
  file('etc/resolv.conf', ''),
  dir('tmp', { mode: 0o1777 }),
);

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nbGVudA==\n-----END CERTIFICATE-----\n';

let driver: Awaited<ReturnType<typeof buildDriver>>;
beforeAll(async () => {
  driver = await buildDriver();
});
afterAll(() => driver.remove());

describe.each(ACTORS)('as $name', (actor) => {
  const run = (scenario: Partial<Scenario> & { readonly args: readonly string[] }): Promise<ScenarioResult> =>
    carryOut(actor, driver.path, { layers: [BASE], ...scenario });
  const shell = (script: string, more: Partial<Scenario> = {}): Promise<ScenarioResult> =>
    run({ args: ['sh', '-c', script], ...more });

  describe('a process', () => {
    test.each([
      ['true', 0],
      ['exit 42', 42],
      // The first process of a namespace is not killed by its own signals, its children are.
      ['kill -9 $$; exit 3', 3],
      ['sh -c "kill -9 \\$\\$"; exit $?', 137],
      ['sh -c "kill -SEGV \\$\\$"; exit $?', 139],
      ['no-such-command', 127],
      ['/etc/hosts', 126],
    ])('%s', async (script, status) => {
      expect(await shell(script)).toMatchObject({ status });
    });

    test('of the exec form is found in PATH, and says when it is not', async () => {
      expect(await run({ args: ['echo', 'a  b'] })).toMatchObject({ status: 0, stdout: 'a  b\n' });
      expect(await run({ args: ['nothing', 'x'] })).toMatchObject({
        status: 127,
        stderr: 'nothing in PATH: not found\n',
      });
      expect(await run({ args: ['/etc/hosts'] })).toMatchObject({
        status: 126,
        stderr: '/etc/hosts: permission denied\n',
      });
    });

    test('of another platform cannot be executed, and the message says so', async () => {
      const layers = [sorted(...BASE, file('noise', '\x7fELF nonsense', { mode: 0o755 }))];
      expect(await run({ layers, args: ['/noise'] })).toMatchObject({
        status: 126,
        stderr: expect.stringContaining('another platform'),
      });
    });

    test("has its arguments, environment, umask and directory, and nothing of the host's environment", async () => {
      const layers = [sorted(...BASE, dir('w'), dir('w/x'))];
      const env = { A: "1 '2'\n3", LD_PRELOAD: '/evil.so', LD_LIBRARY_PATH: '/evil' };
      const result = await run({
        layers,
        env,
        cwd: '/w/x',
        args: ['sh', '-c', 'env; umask; pwd; echo "$0" "$1"', 'zero', 'one two'],
      });
      const lines = (result.stdout ?? '').split('\n');
      expect(lines.slice(-5)).toEqual(['PWD=/w/x', '0022', '/w/x', 'zero one two', '']);
      expect(lines).toEqual(expect.arrayContaining(["A=1 '2'", '3', 'LD_PRELOAD=/evil.so', 'PATH=/bin']));
      expect(result.stdout).not.toContain('HOST_SECRET');
    });

    test('whose working directory is missing says so', async () => {
      expect(await run({ args: ['pwd'], cwd: '/none' })).toMatchObject({
        status: 127,
        stderr: 'cannot change to the working directory /none\n',
      });
    });

    test('can write to /dev/stdout and /dev/stderr, whoever it is', async () => {
      const script = 'echo out > /dev/stdout; echo err > /dev/stderr; echo fd > /proc/self/fd/1';
      for (const uid of [0, 1000]) {
        expect(await shell(script, { user: { uid, gid: uid, groups: [] } })).toMatchObject({
          status: 0,
          stdout: 'out\nfd\n',
          stderr: 'err\n',
        });
      }
    });

    test('has an empty standard input and no descriptor of ours', async () => {
      expect(await shell('cat; ls /proc/self/fd | wc -l')).toMatchObject({ stdout: '4\n' });
    });

    test('leaves no process behind', async () => {
      // Were it waited for, the test would not end.
      expect(await shell('sleep 100000 & echo started')).toMatchObject({ status: 0, stdout: 'started\n' });
    });

    test('that writes a lot loses nothing', async () => {
      const result = await shell('i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done');
      const lines = (result.stdout ?? '').trimEnd().split('\n');
      expect(lines).toHaveLength(20000);
      expect(lines.at(-1)).toBe('line 19999');
    });
  });

  describe('isolation', () => {
    test('processes, host name and shared memory are its own', async () => {
      const result = await shell(
        'echo $$; ls /proc | grep -c "^[0-9]"; hostname; hostname other; df -P /dev/shm | tail -1',
      );
      const [pid, count, ...rest] = (result.stdout ?? '').split('\n');
      expect(pid).toBe('1');
      expect(Number(count)).toBeLessThan(6);
      expect(rest[0]).toBe('box');
      expect(result.stdout).toMatch(/65536 .* \/dev\/shm/);
    });

    test.each(['ipc', 'mnt', 'pid', 'uts'])("another %s namespace than decant's", async (name) => {
      const result = await shell(`readlink /proc/self/ns/${name}`);
      expect(result.stdout?.trim()).not.toBe(readlinkSync(`/proc/self/ns/${name}`));
    });

    test('no network means none', async () => {
      const result = await shell(
        'ls /proc/sys/net/ipv4/conf; wc -l < /proc/net/route; ping -c 1 -W 1 192.0.2.1; ping -c 1 127.0.0.1',
      );
      expect(result.stdout).toMatch(/^all\ndefault\nlo\n1\n/);
      expect(result.stderr).toContain('Network is unreachable');
      expect(result.status).toBe(0);
    });

    test("the host's network is the host's", async () => {
      const result = await shell('readlink /proc/self/ns/net; cat /etc/resolv.conf', { network: 'host' });
      expect(result.stdout).toBe(
        `${readlinkSync('/proc/self/ns/net')}\n${readFileSync('/etc/resolv.conf', 'utf8')}`,
      );
    });

    test("no way to the host's files", async () => {
      const result = await shell(
        'ls -a /; ls /oldroot /newroot 2>&1; mount | grep -v -e "^proc" -e sysfs -e cgroup -e devtmpfs -e devpts -e tmpfs -e mqueue -e binfmt_misc; ls -A /proc/sys/fs/binfmt_misc 2>/dev/null',
      );
      expect(result.stdout).toMatch(/^\.\n\.\.\nbin\ndev\netc\nproc\nsys\ntmp\nls: /);
      expect(result.stdout).toMatch(/\noverlay on \/ type overlay \(.*\n$/);
    });

    test.each([
      ["the kernel's settings", 'echo x > /proc/sys/kernel/domainname'],
      ['what the kernel runs for a crash', 'echo x > /proc/sys/kernel/core_pattern'],
      ['the system request key', 'echo h > /proc/sysrq-trigger'],
      ['/sys', 'mkdir /sys/fs/cgroup/x; echo x > /sys/kernel/uevent_helper'],
      ["the kernel's memory", 'head -c 1 /proc/kcore'],
      ['mounts', 'mount -t tmpfs none /tmp'],
      ['namespaces', 'unshare -U true'],
      ['the name of the host', 'hostname other'],
      ['a disk', 'mknod /tmp/disk b 254 0 && cat /tmp/disk'],
    ])('refused: %s', async (_, script) => {
      expect((await shell(`${script} 2>/dev/null`)).status).not.toBe(0);
    });
  });

  describe('the user', () => {
    const who = 'id -u; id -g; id -G; grep -E "^(Cap|NoNew)" /proc/self/status';
    const capabilities = (effective: string): string =>
      [
        'CapInh:\t0000000000000000',
        `CapPrm:\t${effective}`,
        `CapEff:\t${effective}`,
        'CapBnd:\t00000000a80425fb',
        'CapAmb:\t0000000000000000',
        'NoNewPrivs:\t1',
        '',
      ].join('\n');

    test("root has Docker's default capabilities", async () => {
      expect((await shell(who, { user: { uid: 0, gid: 0, groups: [5] } })).stdout).toBe(
        `0\n0\n0 5\n${capabilities('00000000a80425fb')}`,
      );
    });

    test('another has none, and the groups it is given', async () => {
      expect((await shell(who, { user: { uid: 1234, gid: 55, groups: [7, 1000] } })).stdout).toBe(
        `1234\n55\n55 7 1000\n${capabilities('0000000000000000')}`,
      );
    });

    test('is switched to on scratch, where nothing could do it but us', async () => {
      const layers: ScenarioEntry[][] = [[{ type: 'file', path: 'busybox', mode: 0o755, from: BUSYBOX }]];
      const user = { uid: 4711, gid: 1, groups: [] };
      expect(await run({ layers, args: ['/busybox', 'id', '-u'], user })).toMatchObject({ stdout: '4711\n' });
    });

    test('beyond the ids of the namespace is refused with a reason', async () => {
      const result = await shell('true', { user: { uid: 2_000_000, gid: 0, groups: [] } });
      if (actor.uid === 0) expect(result.status).toBe(0);
      else
        expect(result).toMatchObject({
          status: 126,
          stderr: expect.stringContaining('an id is not mapped here'),
        });
    });

    test('cannot read the secrets of another', async () => {
      const secret = { type: 'data', target: '/run/secrets/s', bytes: 'hush', mode: 0o400 } as const;
      const user = { uid: 1000, gid: 1000, groups: [] };
      expect(
        await shell('cat /run/secrets/s', { user, mounts: [{ ...secret, uid: 1000, gid: 1000 }] }),
      ).toMatchObject({ stdout: 'hush' });
      expect(
        (await shell('cat /run/secrets/s', { user, mounts: [{ ...secret, uid: 0, gid: 0 }] })).status,
      ).toBe(1);
      expect((await shell('cat /dev/.decant-init', { user })).status).toBe(1);
    });
  });

  describe('what it writes', () => {
    test('nothing, on an empty root with nothing but a program', async () => {
      const layers: ScenarioEntry[][] = [[{ type: 'file', path: 'busybox', mode: 0o755, from: BUSYBOX }]];
      const mounts = [
        { type: 'data', target: '/run/secrets/s', bytes: 'x', mode: 0o400, uid: 0, gid: 0 } as const,
      ];
      const result = await run({
        layers,
        mounts,
        cache: true,
        certificates: CERTIFICATE,
        args: ['/busybox', 'ls', '-R', '/run', '/etc', '/cache'],
      });
      expect(result).toMatchObject({ status: 0, written: {} });
      expect(result.stdout).toContain('ca-certificates.crt');
    });

    test('is all of it, and only that', async () => {
      const layers = [
        sorted(
          ...BASE,
          dir('d'),
          file('d/gone', 'x'),
          file('d/kept', 'x'),
          dir('whole'),
          file('whole/old', 'x'),
        ),
      ];
      const script = `cd /tmp; echo new > f; chown 7:8 f; chmod 4711 f; ln f g; ln -s ../x l; mkfifo p
        rm /d/gone; rm -r /whole; mkdir /whole; echo 1 > /whole/new; touch -d @5 old; mkdir -p deep/er; chmod 700 deep`;
      const { status, written } = await shell(script, { layers });
      expect(status).toBe(0);
      expect(written).toEqual({
        d: 'directory 0755 0:0 clock',
        'd/gone': 'whiteout',
        tmp: 'directory 1777 0:0 clock',
        'tmp/deep': 'directory 0700 0:0 clock',
        'tmp/deep/er': 'directory 0755 0:0 clock',
        'tmp/f': 'file 4711 7:8 clock "new\\n"',
        'tmp/g': 'file 4711 7:8 clock "new\\n"',
        'tmp/l': 'symlink 0777 0:0 clock -> ../x',
        'tmp/old': 'file 0644 0:0 ""',
        'tmp/p': 'fifo 0644 0:0 clock',
        whole: 'directory 0755 0:0 clock opaque',
        'whole/new': 'file 0644 0:0 clock "1\\n"',
      });
    });

    test('keeps the attributes of files it changed', async () => {
      const capability = '0100000200200000000000000000000000000000';
      const layers = [
        sorted(
          ...BASE,
          file('f', 'x', { mode: 0o755, xattrs: { 'security.capability': capability, 'user.note': '00ff' } }),
        ),
      ];
      const { written } = await shell('chmod 711 /f', { layers });
      expect(written).toEqual({ f: `file 0711 0:0 "x" security.capability=${capability} user.note=00ff` });
    });

    test('cannot be anything on a read-only root', async () => {
      expect(await shell('touch /x', { readOnly: true })).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('Read-only file system'),
      });
    });

    test("to the sandbox's own files is refused or lost", async () => {
      const { written } = await shell(
        'echo x >> /etc/hosts; echo x > /dev/new; echo x > /dev/shm/new; rm -rf /etc/hosts',
        {},
      );
      expect(written).toEqual({});
    });
  });

  describe('layers', () => {
    test('120 of them make one root', async () => {
      const layers = [
        BASE,
        ...Array.from({ length: 119 }, (_, index) => [
          file(`f${String(index).padStart(3, '0')}`, String(index)),
        ]),
      ];
      expect(await shell('ls / | grep -c ^f', { layers })).toMatchObject({ stdout: '119\n' });
    });

    test('hide what upper ones remove', async () => {
      const layers = [
        sorted(...BASE, dir('a'), file('a/x', ''), file('a/y', ''), dir('b'), file('b/old', '')),
        sorted(dir('a'), { type: 'whiteout', path: 'a/x' }, dir('b', { opaque: true }), file('b/new', '')),
      ];
      expect(await shell('ls /a /b', { layers })).toMatchObject({ stdout: '/a:\ny\n\n/b:\nnew\n' });
    });

    test('are unpacked with everything: times, links, owners, modes, names that are no text', async () => {
      const layers = [
        sorted(
          ...BASE,
          dir('a', { mode: 0o550, mtime: 77 }),
          file('a-b', 'x', { link: '1', uid: 12, gid: 13, mode: 0o6751, mtime: 1234.5 }),
          file('a/b\udcff', 'x', { link: '1', uid: 12, gid: 13, mode: 0o6751, mtime: 1234.5 }),
        ),
      ];
      const { stdout } = await shell(
        'stat -c "%n %a %u:%g %h %Y" /a /a-b /a/*; cd /a; echo * | od -A n -t x1',
        {
          layers,
        },
      );
      expect(stdout).toMatch(
        /^\/a 550 0:0 2 77\n\/a-b 6751 12:13 2 1234\n\/a\/b.* 6751 12:13 2 1234\n +62 ff 0a\n$/s,
      );
    });

    test('cannot tell the overlay anything', async () => {
      const layers = [
        sorted(...BASE, dir('secret'), file('secret/x', '')),
        [
          dir('look', {
            xattrs: {
              'trusted.overlay.redirect': '2f736563726574',
              'user.overlay.redirect': '2f736563726574',
            },
          }),
        ],
      ];
      expect(await shell('ls -a /look', { layers })).toMatchObject({ stdout: '.\n..\n' });
    });
  });

  describe('lent certificates', () => {
    const place = 'etc/ssl/certs/ca-certificates.crt';
    const withBundle = [sorted(...BASE, dir('etc/ssl'), dir('etc/ssl/certs'), file(place, 'own\n'))];

    test("are added to the image's, at the system's place and by variable", async () => {
      const result = await shell(`cat /${place}; cmp $SSL_CERT_FILE /${place}`, {
        layers: withBundle,
        certificates: CERTIFICATE,
      });
      expect(result).toMatchObject({
        status: 0,
        stdout: `own\n# Lent for this step only.\n${CERTIFICATE}`,
        written: {},
      });
    });

    test('give way to a bundle that is renamed over them', async () => {
      const script = `echo installed > /etc/ssl/certs/new && mv /etc/ssl/certs/new /${place} && cat /${place}`;
      for (const layers of [withBundle, [BASE]]) {
        const result = await shell(script, { layers, certificates: CERTIFICATE });
        expect(result).toMatchObject({ status: 0, stdout: 'installed\n' });
        expect(result.written?.[place]).toBe('file 0644 0:0 clock "installed\\n"');
      }
    });

    test('do not stay where something was appended, or only touched', async () => {
      expect(
        (await shell(`echo more >> /${place}`, { layers: withBundle, certificates: CERTIFICATE })).written?.[
          place
        ],
      ).toBe('file 0644 0:0 clock "own\\nmore\\n"');
      expect(
        (await shell(`chmod 600 /${place}`, { certificates: CERTIFICATE })).written?.[place],
      ).toBeUndefined();
    });

    test('can be removed', async () => {
      expect(
        (await shell(`rm /${place}`, { layers: withBundle, certificates: CERTIFICATE })).written?.[place],
      ).toBe('whiteout');
      expect((await shell(`rm /${place}`, { certificates: CERTIFICATE })).written?.[place]).toBeUndefined();
    });
  });

  describe('the end', () => {
    test('an abort is a SIGTERM, then a SIGKILL', async () => {
      const polite = await shell("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done", {
        abortOn: 'up',
      });
      expect(polite).toMatchObject({ error: 'INTERRUPTED' });
      const stubborn = await shell("trap '' TERM; echo up; sleep 1000", { abortOn: 'up' });
      expect(stubborn).toMatchObject({ error: 'INTERRUPTED' });
    });

    test('a signal that is passed on reaches the process', async () => {
      const script = "trap 'echo caught; exit 5' USR1; echo up; while :; do sleep 0.05; done";
      const result = await shell(script, { signalOn: { text: 'up', signal: 'SIGUSR1' } });
      expect(result).toMatchObject({ status: 5, stdout: 'up\ncaught\n' });
    });

    test('what is typed on a terminal reaches the process, Ctrl-C too', async () => {
      const place = folderFor(actor);
      try {
        const script =
          "trap 'echo caught; exit 7' INT; test -t 0 && test -t 1 && read line; echo got $line; sleep 100000 & wait";
        const child = startOnTerminal(actor, driver.path, place, {
          layers: [BASE],
          args: ['sh', '-c', script],
          terminal: true,
        });
        let output = '';
        child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
        const ended = new Promise((done) => child.on('close', done));
        child.stdin?.write('words\n');
        await until('what was read', () => output.includes('got words'));
        child.stdin?.write('\x03');
        await ended;
        expect(output).toContain('caught');
        expect(JSON.parse(output.trim().split('\n').at(-1) ?? '')).toMatchObject({ status: 7 });
      } finally {
        removeFolder(actor, place);
      }
    });

    test('when decant is killed, nothing is left: no process, no mount', async () => {
      const place = folderFor(actor);
      const log = join(place, 'log');
      const marker = `1${process.pid}${Math.floor(Math.random() * 1e6)}`;
      try {
        const scenario = {
          layers: [BASE],
          args: ['sh', '-c', `sleep ${marker} & echo up; sleep ${marker}`],
          log,
        };
        const child = startScenario(actor, driver.path, place, scenario);
        await until('the process', () => existsSync(log) && readFileSync(log, 'utf8').includes('up'));
        expect(processesWith(marker).length).toBeGreaterThan(1);
        // As an ordinary user the child that runs the sandbox is decant's own child; it has to notice.
        child.kill('SIGKILL');
        await until('their end', () => processesWith(marker).length + processesWith(place).length === 0);
        expect(mountsBelow(place)).toEqual([]);
      } finally {
        removeFolder(actor, place);
      }
    });

    test.each([0, 2, 4, 6, 8, 10, 15, 25])('not even %i ms after it was started', async (delay) => {
      const place = folderFor(actor);
      const marker = `2${process.pid}${Math.floor(Math.random() * 1e6)}`;
      try {
        const child = startScenario(actor, driver.path, place, { layers: [BASE], args: ['sleep', marker] });
        await until('the start', () => existsSync(join(place, 'scratch')));
        await setTimeout(delay);
        child.kill('SIGKILL');
        await until('their end', () => processesWith(marker).length + processesWith(place).length === 0);
      } finally {
        removeFolder(actor, place);
      }
    });
  });
});

/** Processes that have the text in their arguments, or the folder in their mounts. */
function processesWith(text: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) return false;
    return ['cmdline', 'mountinfo'].some((name) => readIfThere(`/proc/${pid}/${name}`).includes(text));
  });
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function mountsBelow(place: string): string[] {
  return readIfThere('/proc/self/mounts')
    .split('\n')
    .filter((line) => line.includes(place));
}
