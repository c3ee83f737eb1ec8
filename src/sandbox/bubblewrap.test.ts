import { expect, test } from 'vitest';
import { bubblewrapCommand } from './bubblewrap.ts';
import type { BubblewrapRequest } from './bubblewrap.ts';
import { givenCapabilities } from './capabilities.ts';

const request: BubblewrapRequest = {
  root: '/scratch/root',
  readOnly: false,
  network: 'host',
  hostname: 'box',
  terminal: false,
  capabilities: givenCapabilities(1n),
  insecure: false,
  seccomp: Buffer.from('filter'),
  mounts: [],
  exists: () => false,
};

function command(changes: Partial<BubblewrapRequest> = {}): { line: string; data: string[] } {
  const { args, data } = bubblewrapCommand({ ...request, ...changes });
  return {
    line: args.toString().replaceAll('\0', ' '),
    data: data.map((bytes) => Buffer.from(bytes).toString()),
  };
}

test("namespaces of its own, Docker's capabilities, a filter, and a root", () => {
  const { line, data } = command();
  for (const part of [
    '--unshare-pid --unshare-ipc --unshare-uts --hostname box ',
    '--die-with-parent --as-pid-1 --new-session ',
    '--cap-drop ALL --cap-add CAP_CHOWN ',
    '--seccomp 9 --bind /scratch/root / ',
    '--perms 0500 --ro-bind-data 8 /dev/.decant-init ',
  ]) {
    expect(line).toContain(part);
  }
  expect(line).not.toContain('--unshare-net');
  expect(data).toEqual(['filter']);
});

test.each<[string, Partial<BubblewrapRequest>, string]>([
  ['no network', { network: 'none' }, '--unshare-net '],
  ['a read-only root', { readOnly: true }, '--ro-bind /scratch/root / '],
  [
    'what the machine has to hide',
    { exists: (path) => path === '/proc/kcore' },
    '--ro-bind /dev/null /proc/kcore ',
  ],
  [
    'what the machine must not have changed',
    { exists: (path) => path === '/proc/sys' },
    '--ro-bind /proc/sys /proc/sys ',
  ],
  [
    'a bound directory',
    { mounts: [{ type: 'bind', source: '/s', directory: true, target: 't', readOnly: true }] },
    '--ro-bind /s /t ',
  ],
  [
    'a tmpfs',
    { mounts: [{ type: 'tmpfs', target: 't', mode: 0o700, size: 4096 }] },
    '--perms 0700 --size 4096 --tmpfs /t ',
  ],
  [
    'a file in memory',
    { mounts: [{ type: 'data', target: 't', bytes: Buffer.from('x'), mode: 0o400, uid: 0, gid: 0 }] },
    '--perms 0400 --ro-bind-data 10 /t ',
  ],
  [
    'one to be given away',
    { mounts: [{ type: 'data', target: 't', bytes: Buffer.from('x'), mode: 0o400, uid: 7, gid: 0 }] },
    '--perms 0400 --bind-data 10 /t ',
  ],
])('%s', (_, changes, expected) => {
  expect(command(changes).line).toContain(expected);
});

test('a terminal is kept only when it is asked for', () => {
  expect(command({ terminal: true }).line).not.toContain('--new-session');
});

test('a name that is not UTF-8 is handed over byte for byte', () => {
  const { args } = bubblewrapCommand({ ...request, mounts: [{ type: 'tmpfs', target: 'b\udcff' }] });
  expect(args.includes(Buffer.from([0x2f, 0x62, 0xff, 0]))).toBe(true);
});
