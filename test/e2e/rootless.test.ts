/**
 * The whole program as an ordinary user: everything works, and gives what it gives root. Where the tests themselves are
 * run by an ordinary user there is no root to compare with; the recorded digest of determinism.test.ts is.
 */
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listing } from '../support/images.ts';
import { openFiles } from '../support/processes.ts';
import { ranSteps } from '../support/progress.ts';
import type { User } from '../support/users.ts';
import { SELF, USERS } from '../support/users.ts';
import type { Workbench } from '../support/workbench.ts';
import { BASE, createWorkbench, withBase } from '../support/workbench.ts';

const ORDINARY = USERS.at(-1) ?? SELF;

const Dockerfile = `\
FROM ${BASE} AS build
RUN mkdir /out && cd /out && echo 0 > of-root && echo 1 > of-app && echo 2 > of-nobody && echo 3 > setuid
RUN cd /out && chown 1000:1001 of-app && chown 65534:65533 of-nobody && chmod 4711 setuid && chmod 0 of-root
USER app
RUN cd && cat .profile > /tmp/as-app && ! cat /srv/private/key && test "$(id -u)" = 1000
USER 0
RUN rm -r /srv/tree && mkdir -p /srv/tree/again && ln /out/setuid /srv/tree/hard && mkfifo /srv/tree/pipe
RUN chown -R 4242:4343 /srv/shared
USER web
RUN cat /srv/private/key
FROM ${BASE}
COPY --from=build /out /out
COPY --from=build --chown=5:6 /tmp/as-app /srv/
RUN cat /out/of-root && ls -ln /out
`;

let bench: Workbench;
beforeAll(async () => {
  bench = await withBase(ORDINARY);
});
afterAll(() => bench.remove());

const build = async (place: Workbench, ...flags: readonly string[]): Promise<Record<string, string>> => {
  const directory = place.files({ Dockerfile });
  return listing(
    (await place.need(['build', '-o', '-', '-o', 'type=image', '-t', 'all', ...flags, directory])).bytes,
  );
};

describe('a build', () => {
  test('keeps owners, modes and set-id bits, whoever builds', async () => {
    const files = await build(bench, '--target', 'build');
    expect(files).toMatchObject({
      '/out/of-root': 'file 0000 0:0 "0\\n"',
      '/out/of-app': 'file 0644 1000:1001 "1\\n"',
      '/out/of-nobody': 'file 0644 65534:65533 "2\\n"',
      '/out/setuid': 'file 4711 0:0 "3\\n"',
      '/srv/tree/again': 'dir 0755 0:0',
      '/srv/tree/hard': 'link -> /out/setuid',
      '/srv/tree/pipe': 'fifo 0644 0:0',
      '/srv/shared': 'dir 2775 4242:4343',
    });
    expect(Object.keys(files).filter((path) => path.startsWith('/srv/tree/'))).toHaveLength(3);
  });

  test('gives the image that root gets', async () => {
    await build(bench);
    const [own] = await bench.json<{ id: string; digest: string }[]>(['inspect', 'all']);
    for (const user of USERS) {
      const other = await withBase(user);
      try {
        await build(other);
        const [image] = await other.json<{ id: string; digest: string }[]>(['inspect', 'all']);
        expect([image?.id, image?.digest], user.name).toEqual([own?.id, own?.digest]);
      } finally {
        other.remove();
      }
    }
  });

  test('comes from the cache the second time', async () => {
    await build(bench);
    expect(await ranSteps(bench, [bench.files({ Dockerfile })])).toEqual([]);
  });

  test('reads a Dockerfile and a context from standard input', async () => {
    const input = `FROM ${BASE}\nRUN echo from standard input > /x\n`;
    expect(listing((await bench.need(['build', '-o', '-', '-'], { input })).bytes)['/x']).toBe(
      'file 0644 0:0 "from standard input\\n"',
    );
  });

  test('that fails says so once, with the status of a failure', async () => {
    const directory = bench.files({ Dockerfile: `FROM ${BASE}\nRUN echo why; exit 3\n` });
    const result = await bench.decant(['build', directory]);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr.match(/^error: /gm)).toHaveLength(1);
    expect(result.stderr.match(/^building /gm)).toHaveLength(1);
    expect(result.stderr).toContain('  | why\n');
  });

  test('writes files that belong to the user', async () => {
    const [directory, local] = [bench.files({ Dockerfile }), bench.path('local')];
    const archive = bench.path('image.tar');
    await bench.need([
      'build',
      '-o',
      `type=local,dest=${local}`,
      '-o',
      `type=oci,dest=${archive}`,
      directory,
    ]);
    for (const path of [archive, local, join(local, 'out/of-app'), join(local, 'out/of-nobody')])
      expect(lstatSync(path).uid, path).toBe(ORDINARY.uid);
    expect(readFileSync(join(local, 'out/of-app'), 'utf8')).toBe('1\n');
    expect(statSync(join(local, 'out/setuid')).mode & 0o777).toBe(0o711);
  });
});

describe('the store', () => {
  test('is in the XDG data directory, and nobody else may look into it', async () => {
    const place = createWorkbench(ORDINARY);
    try {
      const data = place.path('data');
      const variables = { DECANT_HOME: '', XDG_DATA_HOME: data };
      const directory = place.files({ Dockerfile: 'FROM scratch\nLABEL a=1\n' });
      await place.need(['build', '-t', 'x', directory], { variables });
      expect(readdirSync(join(data, 'decant'))).toContain('oci-layout');
      expect(statSync(join(data, 'decant')).mode & 0o022).toBe(0);
      await place.need(['build', '-t', 'x', directory], {
        variables: { DECANT_HOME: '', HOME: place.folder },
      });
      expect(readdirSync(place.path('.local/share/decant'))).toContain('oci-layout');
    } finally {
      place.remove();
    }
  });

  test('can be emptied, though files in it belong to many users', async () => {
    const place = await withBase(ORDINARY);
    try {
      await build(place);
      expect(readdirSync(join(place.home, 'layers'))).not.toEqual([]);
      await place.need(['rmi', 'all', BASE]);
      await place.need(['prune', '--all']);
      for (const folder of ['layers', 'blobs/sha256', 'tmp'])
        expect(readdirSync(join(place.home, folder)), folder).toEqual([]);
    } finally {
      place.remove();
    }
  });

  test('is left in order by a run and a build', async () => {
    await build(bench);
    expect((await bench.need(['run', 'all', 'cat', '/out/of-app'])).stdout).toBe('1\n');
    expect(readdirSync(join(bench.home, 'tmp'))).toEqual([]);
    expect(openFiles(bench.folder)).toEqual([]);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(bench.folder);
  });
});

// Who may become somebody else can be tried by root only.
if (SELF.uid === 0)
  describe('a user without subordinate ids', () => {
    const stranger: User = { name: 'a stranger', uid: 54_321, gid: 54_321 };
    let place: Workbench;
    beforeAll(async () => {
      place = await withBase(stranger);
    });
    afterAll(() => place.remove());

    test('can import, copy, save and ask: nothing of that takes more than being somebody', async () => {
      const directory = place.files({ Dockerfile: `FROM ${BASE}\nCOPY --chown=7:8 f /f\n`, f: 'f' });
      const archive = place.path('copied.tar');
      await place.need(['build', '-t', 'copied', directory]);
      await place.need(['save', 'copied', '-o', archive]);
      expect(await place.json(['inspect', 'copied'])).toMatchObject([{ names: ['copied:latest'] }]);
      const { bytes } = await place.need(['build', '-o', '-', directory]);
      expect(listing(bytes)['/f']).toBe('file 0644 7:8 "f"');
      await place.need(['prune', '--all']);
    });

    test.each([
      ['build', (directory: string) => ['build', directory]],
      ['run', () => ['run', BASE, 'true']],
    ])('is told by %s what is missing, and how to get it', async (_, args) => {
      const directory = place.files({ Dockerfile: `FROM ${BASE}\nRUN true\n` });
      const result = await place.decant(args(directory));
      expect(result).toMatchObject({ status: 5, stdout: '' });
      expect(result.stderr).toContain('[MACHINE_UNSUPPORTED]');
      expect(result.stderr).toContain('/etc/subuid');
      expect(result.stderr).toMatch(/^hint: .*usermod --add-subuids/m);
    });

    test('is told by doctor too', async () => {
      const result = await place.decant(['doctor', '--format', 'json']);
      expect(result.status).toBe(5);
      expect(JSON.parse(result.stdout)).toMatchObject({ healthy: false });
    });
  });
