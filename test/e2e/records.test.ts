/** What builds leave behind to look at: logs, records, the shell of a failed step, cache mounts as archives. */
import { readFileSync, readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listing, treeText } from '../support/images.ts';
import { ranSteps } from '../support/progress.ts';
import { runOnTerminal } from '../support/terminal.ts';
import { USERS } from '../support/users.ts';
import type { Workbench } from '../support/workbench.ts';
import { BASE, withBase } from '../support/workbench.ts';

interface Build {
  readonly id: string;
  readonly status: string;
  readonly error: { readonly code: string; readonly exitCode: number; readonly line: number } | null;
}
interface Cache {
  readonly id: string;
  readonly name: string;
  readonly size: number;
}

describe.each(USERS)('as $name', (user) => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await withBase(user);
  });
  afterAll(() => bench.remove());

  const context = (text: string): string => bench.files({ Dockerfile: `FROM ${BASE} AS one\n${text}\n` });
  const builds = (): Promise<readonly Build[]> => bench.json<Build[]>(['builds', 'ls']);

  describe('logs', () => {
    test('have all that a step said, of a build that failed too', async () => {
      const lines = 3000;
      const text = `RUN echo first\nRUN i=0; while [ $i -lt ${lines} ]; do echo line $i; i=$((i+1)); done; printf 'no end' >&2; exit 7`;
      const failed = await bench.decant(['build', context(text)]);
      expect(failed.status).toBe(1);
      expect(failed.stderr).toContain('more before this: `decant logs latest failed` shows all');
      expect(failed.stderr).not.toContain('| line 5\n');
      const all = Array.from({ length: lines }, (_, index) => `line ${index}\n`).join('');
      const { stdout } = await bench.need(['logs', 'latest', 'failed']);
      expect(stdout.replace('no end\n', '')).toBe(all);
      expect((await bench.need(['logs', '2'])).stdout).toBe('first\n');
      const [{ id }] = (await builds()) as [Build];
      const whole = (await bench.need(['logs', id.slice(0, 11)])).stdout;
      expect(whole).toContain(`build ${id}: Dockerfile, target one, failed`);
      expect(whole).toContain('#2 [one 2/3] RUN echo first\nfirst\n#2 DONE');
      expect(whole).toContain('did not complete successfully: exit code: 7');
    });

    test('of steps that were in the cache are empty', async () => {
      const directory = context('RUN echo said once');
      await bench.need(['build', directory]);
      await bench.need(['build', directory]);
      expect((await bench.need(['logs'])).stdout).toMatch(/#2 \[one 2\/2\] RUN echo said once\n#2 CACHED\n$/);
      const answer = await bench.json<{ steps: { status: string; log: string }[] }>(['logs', 'latest', '2']);
      expect(answer.steps).toMatchObject([{ status: 'cached', log: '' }]);
    });

    test.each([
      [['logs', 'zzz'], 'there is no build "zzz"'],
      [['logs', '77'], 'has no step "77"'],
      [['logs', 'latest', 'failed'], 'has no step "failed"'],
    ])('%j is an error', async (args, message) => {
      await bench.need(['build', context('')]);
      const { status, stderr } = await bench.decant(args);
      expect(status).toBe(1);
      expect(stderr).toContain(message);
      expect(stderr).toContain('[BUILD_UNKNOWN]');
    });
  });

  test('builds are listed, the newest first, with how they ended; prune --all removes them', async () => {
    await bench.need(['build', '-t', 'named', context('RUN echo 1')]);
    await bench.decant(['build', context('RUN exit 9')]);
    const [latest, before] = (await builds()) as [Build, Build];
    expect(latest).toMatchObject({ status: 'failed', error: { code: 'EXEC_FAILED', exitCode: 9, line: 2 } });
    expect(before).toMatchObject({ status: 'done', error: null, names: ['named'] });
    expect((await bench.need(['builds', 'ls'])).stdout).toMatch(/ failed \(9\) /);
    await bench.need(['prune', '--all']);
    expect(await builds()).toEqual([]);
    expect(readdirSync(join(bench.home, 'builds'))).toEqual([]);
  });

  test('the metadata file of a failed build has the status of the step itself', async () => {
    const file = bench.path('metadata.json');
    expect((await bench.decant(['build', '--metadata-file', file, context('RUN exit 42')])).status).toBe(1);
    const { 'decant.failure': failure } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, object>;
    const [{ id }] = (await builds()) as [Build];
    expect(failure).toMatchObject({
      code: 'EXEC_FAILED',
      exitCode: 42,
      file: 'Dockerfile',
      line: 2,
      build: id,
    });
  });

  test('--no-cache-filter runs the steps of a stage again, and no others', async () => {
    const directory = context(
      `RUN echo one > /one\nFROM ${BASE} AS two\nRUN echo two > /two\nFROM ${BASE}\nCOPY --from=one /one /\nCOPY --from=two /two /`,
    );
    await bench.need(['build', directory]);
    expect(await ranSteps(bench, [directory])).toEqual([]);
    expect(await ranSteps(bench, ['--no-cache-filter', 'TWO', directory])).toEqual(['RUN echo two > /two']);
    const { status, stderr } = await bench.decant(['build', '--no-cache-filter', 'tow', directory]);
    expect(status).toBe(1);
    expect(stderr).toContain('did you mean two?');
  });

  test('a base is not counted among the steps that were in the cache', async () => {
    const directory = context('RUN echo counted');
    expect((await bench.need(['build', directory])).stderr).toMatch(/cached +0 of 1 step$/m);
    expect((await bench.need(['build', directory])).stderr).toMatch(/cached +1 of 1 step$/m);
  });

  describe('--on-error shell', () => {
    test('opens a shell where the step failed, with what it had written and what was mounted', async () => {
      const directory = context(
        'ENV NAME=value\nWORKDIR /here\nRUN --mount=type=tmpfs,target=/lent echo left > file; exit 5',
      );
      const keys = 'cat file; echo $NAME; pwd; ls -d /lent; touch /lent/x && exit\n';
      const typed = { keys, after: '/here # ' };
      const { output, status } = await runOnTerminal(bench, ['build', '--on-error', 'shell', directory], {
        typed,
        variables: { NO_COLOR: '1' },
      });
      const shown = output.replaceAll('\r', '');
      expect(shown).toContain('exit code: 5 [EXEC_FAILED]');
      expect(shown).toMatch(/left\nvalue\n\/here\n\/lent\n/);
      expect(shown.split('[EXEC_FAILED]')).toHaveLength(2);
      expect(status).toBe(1);
      expect(readdirSync(join(bench.home, 'tmp'))).toEqual([]);
    });

    test('says so where the image has no shell', async () => {
      const Dockerfile = `FROM ${BASE} AS tools\nFROM scratch\nCOPY --from=tools /bin/busybox /program\nRUN ["/program", "false"]\n`;
      const { output, status } = await runOnTerminal(bench, [
        'build',
        '--on-error=shell',
        bench.files({ Dockerfile }),
      ]);
      expect(output).toContain('there is no shell in the file system of the failed step');
      expect(status).toBe(1);
    });

    test('needs a terminal', async () => {
      const { status, stderr } = await bench.decant(['build', '--on-error', 'shell', context('RUN false')]);
      expect(status).toBe(2);
      expect(stderr).toContain('--on-error shell needs a terminal');
    });
  });

  describe('cache', () => {
    const use =
      'RUN --mount=type=cache,id=kept,target=/c cat /c/* > /seen; echo more >> /c/list; chown 1000 /c/list';

    test('is listed, exported, removed, and seeded from an archive', async () => {
      await bench.need(['build', context(use)]);
      const caches = await bench.json<Cache[]>(['cache', 'ls']);
      expect(caches).toMatchObject([{ id: 'kept', uid: 0, mode: '0755', inUse: false }]);
      const { bytes } = await bench.need(['cache', 'export', 'kept']);
      expect(listing(bytes)).toEqual({ '/list': 'file 0644 1000:0 "more\\n"' });
      expect((await bench.need(['cache', 'rm', 'kept'])).stdout).toBe('kept\n');
      expect(await bench.json(['cache', 'ls'])).toEqual([]);

      await bench.need(['cache', 'import', 'kept', '-'], { input: gzipSync(bytes) });
      expect(await treeText(bench, ['--no-cache', context(use)], '/seen')).toBe('more\n');
      const file = bench.path('cache.tar');
      await bench.need(['cache', 'export', '-o', file, 'kept']);
      await bench.need(['cache', 'import', '--uid', '1000', '--mode', '700', 'other', file]);
      const text =
        'USER 1000\nRUN --mount=type=cache,id=other,uid=1000,mode=0700,target=/c cat /c/list > /tmp/seen';
      expect(await treeText(bench, [context(text)], '/tmp/seen')).toBe('more\nmore\n');
      expect((await bench.need(['cache', 'rm', '--all'])).stdout.split('\n').toSorted()).toEqual([
        '',
        'kept',
        'other',
      ]);
    });

    test.each([
      [['cache', 'export', 'none'], 1, 'there is no cache "none"'],
      [['cache', 'rm', 'none'], 1, 'there is no cache "none"'],
      [['cache', 'rm'], 2, 'no cache was named'],
      [['cache', 'import', 'x', '/no/such/file'], 1, '/no/such/file'],
      [['cache', 'import', 'x', '--mode', '9', '-'], 2, '--mode "9" is not a number'],
      [['cache', 'import', 'x', '/etc/passwd'], 1, '[ARCHIVE_INVALID]'],
    ])('%j is an error', async (args, status, message) => {
      const ended = await bench.decant(args);
      expect(ended.stderr).toContain(message);
      expect(ended.status).toBe(status);
    });
  });
});
