/** The build cache within a limit: by `decant prune`, and by itself as decant.yaml says. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorkbench } from '../support/workbench.ts';
import type { Workbench } from '../support/workbench.ts';

const MIB = 1024 * 1024;
let bench: Workbench;
beforeAll(() => {
  bench = createWorkbench();
});
afterAll(() => bench.remove());

let contexts: readonly string[] = [];
/** Two builds that leave a layer of 2 MiB each, the first used longer ago. */
async function twoBuilds(): Promise<void> {
  contexts = [1, 2].map(() =>
    bench.files({
      Dockerfile: 'FROM scratch\nCOPY data /\n',
      data: { text: randomBytes(2 * MIB) },
      'decant.yaml': 'cache:\n  max-size: none\n',
    }),
  );
  await bench.need(['prune', '--all']);
  for (const context of contexts) await build(context);
}

const build = (context: string) =>
  bench.need(['build', '--progress', 'plain', '-o', `type=oci,dest=${bench.path('out.tar')}`, '.'], {
    cwd: context,
  });
const isCached = async (context: string): Promise<boolean> =>
  (await build(context)).stderr.includes('#1 CACHED');

interface Pruned {
  readonly freed: number;
}

test('prune --max-used-space removes what was not used for longest, and no more', async () => {
  await twoBuilds();
  const { freed } = await bench.json<Pruned>(['prune', '--max-used-space', '3m']);
  expect(freed).toBeGreaterThan(2 * MIB);
  expect(freed).toBeLessThan(3 * MIB);
  expect(await isCached(contexts[1] ?? '')).toBe(true);
  expect(await isCached(contexts[0] ?? '')).toBe(false);
});

test('prune --min-free-space frees what the disk lacks, but for what is reserved', async () => {
  await twoBuilds();
  // More than any disk has: everything goes that is not reserved.
  const sizes = ['--min-free-space', '900000g', '--reserved-space', '3m'];
  const { freed } = await bench.json<Pruned>(['prune', ...sizes]);
  expect(freed).toBeGreaterThan(2 * MIB);
  expect(await isCached(contexts[1] ?? '')).toBe(true);
  expect(await isCached(contexts[0] ?? '')).toBe(false);
  // A disk that has enough leaves the cache alone, however old.
  expect((await bench.json<Pruned>(['prune', '--min-free-space', '1k'])).freed).toBeLessThan(MIB);
  expect((await bench.json<Pruned>(['prune', '--reserved-space', '0'])).freed).toBeGreaterThan(2 * MIB);
});

test('what an image needs does not count, and stays', async () => {
  await twoBuilds();
  await bench.need(['build', '-t', 'kept', contexts[0] ?? '']);
  await bench.need(['prune', '--keep-storage', '3m']);
  for (const context of contexts) expect(await isCached(context)).toBe(true);
  await bench.need(['prune', '--max-used-space', '0']);
  expect((await bench.need(['images'])).stdout).toContain('kept:latest');
  await bench.need(['rmi', 'kept']);
});

test('prune --filter until= goes by age', async () => {
  await twoBuilds();
  expect((await bench.json<Pruned>(['prune', '--filter', 'until=1h'])).freed).toBeLessThan(MIB);
  expect((await bench.json<Pruned>(['prune', '--filter', 'until=0s'])).freed).toBeGreaterThan(4 * MIB);
  const { status, stderr } = await bench.decant(['prune', '--filter', 'label=x']);
  expect(status).toBe(2);
  expect(stderr).toContain('write --filter until=24h');
});

test('a build keeps within the limit of decant.yaml by itself, and removes no image', async () => {
  await twoBuilds();
  const [first = '', second = ''] = contexts;
  await bench.need(['build', first]);
  bench.change(second, { 'decant.yaml': 'cache:\n  max-size: 3MB\n', data: { text: randomBytes(2 * MIB) } });
  const { stderr } = await build(second);
  expect(stderr).toContain('the build cache is kept within 3.15 MB');
  expect(await isCached(second)).toBe(true);
  // It has no name, and was not asked to go.
  expect((await bench.need(['images'])).stdout).toContain('<none>');
});

test.each([
  ['max-size: lots', '"max-size" cannot be "lots"'],
  ['size: 3GB', 'there is no key "size"'],
])('%s in decant.yaml is an error', async (line, message) => {
  const context = bench.files({ Dockerfile: 'FROM scratch\n', 'decant.yaml': `cache:\n  ${line}\n` });
  const { status, stderr } = await bench.decant(['build', '.'], { cwd: context });
  expect(status).toBe(2);
  expect(stderr).toContain(message);
});
