/** What building on a large base costs that lies in a registry. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DockerRegistry, startRegistry } from '../support/docker-registry.ts';
import { createWorkbench, type Workbench } from '../support/workbench.ts';

const GIGABYTE = 1_000_000_000;
const MOST_BYTES = 200_000;

let registry: DockerRegistry;
const benches: Workbench[] = [];
const workbench = (): Workbench => {
  const bench = createWorkbench();
  benches.push(bench);
  return bench;
};

beforeAll(async () => {
  registry = await startRegistry();
  const bench = workbench();
  const folder = bench.files({});
  execFileSync('sh', ['-c', `head -c ${GIGABYTE} /dev/urandom > data && tar -cf root.tar data`], {
    cwd: folder,
  });
  await bench.need(['import', `${folder}/root.tar`, `${registry.host}/base:1`]);
  await bench.need(['push', '-q', `${registry.host}/base:1`]);
});
afterAll(async () => {
  for (const bench of benches) bench.remove();
  await registry.stop();
});

test('a COPY on a base of a gigabyte reads less than 200 kB of the registry, and sends what is new', async () => {
  const bench = workbench();
  const context = bench.files({
    Dockerfile: `FROM ${registry.host}/base:1\nCOPY app /app\n`,
    app: 'a program',
  });
  const before = (await registry.requests()).length;
  await bench.need(['build', '--push', '-t', `${registry.host}/app:1`, context]);
  const requests = (await registry.requests()).slice(before);
  const read = requests
    .filter(({ method }) => method === 'GET')
    .reduce((sum, { written }) => sum + written, 0);
  expect(read).toBeGreaterThan(0);
  expect(read).toBeLessThan(MOST_BYTES);
  expect(
    requests.some(
      ({ method, path, status }) => method === 'POST' && path.includes('mount=') && status === 201,
    ),
  ).toBe(true);
});
