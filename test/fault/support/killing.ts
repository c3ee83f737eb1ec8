/** Builds that are killed at random moments, and what must be true afterwards. The soak test does the same for longer. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'vitest';
import { until } from '../../support/until.ts';
import { expectNoTrace, need, run, start } from './decant.ts';
import type { RunOptions } from './decant.ts';
import { BASE, makeStore, writeFiles } from './place.ts';
import { mountsBelow, processesWith } from './processes.ts';
import { noise, randomNumbers } from './random.ts';

const IMAGE = 'fault:killed';
/** Everything that a build does: unpacking, two stages at once, RUN, COPY between stages, packing of something large. */
const DOCKERFILE = `FROM ${BASE} AS one
COPY one /one
RUN cp /one /copy && sleep 0.05
FROM ${BASE} AS two
RUN dd if=/bin/busybox of=/large bs=4096 && ln /large /link
COPY noise /noise
FROM ${BASE}
COPY --from=one /copy /
COPY --from=two /large /link /noise /
RUN sha256sum /copy /noise > /sums
`;

/** What each killed process was doing is chosen by the seed; how far it came, by the machine. */
export async function killManyTimes(
  folder: string,
  times: number,
  seed: number,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): Promise<void> {
  const as: RunOptions = uid === process.getuid?.() ? {} : { user: { uid, gid }, env: { HOME: folder } };
  const random = randomNumbers(seed);
  const home = await makeStore(folder, as.user);
  const context = writeFiles(join(folder, 'context'), {
    Dockerfile: DOCKERFILE,
    one: 'one\n',
    noise: noise(2 << 20),
  });
  const fresh = await makeStore(join(folder, 'fresh'), as.user);
  const args = ['build', '--network=none', '-q', '-t', IMAGE];
  const { stdout: expected, milliseconds } = await need(fresh, [...args, context], as);

  const commands: readonly (readonly string[])[] = [
    [...args, '--no-cache', context],
    [...args, '--no-cache', context],
    [...args, context],
    ['import', join(folder, 'base.tar'), BASE],
    ['save', '-o', join(folder, 'saved.tar'), IMAGE],
    ['run', '--network=none', BASE, 'sleep', '1'],
    ['prune', '--all'],
  ];
  // The longest that each may be left alone: what ended by itself did so in less, however busy the machine was before.
  const lasting = commands.map(() => milliseconds);
  let killed = 0;
  for (let round = 0; killed < times; round += 1) {
    expect(round, 'most have ended before they could be killed').toBeLessThan(times * 5);
    const which = Math.floor(random() * commands.length);
    const begin = performance.now();
    const child = start(home, commands[which] ?? [], { ...as, stdio: 'ignore' });
    const exited = once(child, 'exit');
    await Promise.race([exited, setTimeout(random() * (lasting[which] ?? 0))]);
    if (child.kill('SIGKILL')) killed += 1;
    else lasting[which] = performance.now() - begin;
    await exited;
    // Asked of the store in the state that it was left in, before anything is tidied up.
    if (round % 10 === 9) {
      expectNoTrace(await need(home, ['images'], as));
      await skopeoReads(home, as);
    }
  }

  const nobody = (): boolean => processesWith(`${folder}/`).length === 0;
  await until('the end of every process', nobody);
  expect(mountsBelow(folder)).toEqual([]);

  await need(home, ['import', join(folder, 'base.tar'), BASE], as);
  expect((await need(home, [...args, context], as)).stdout).toBe(expected);
  expect((await need(home, [...args, '--no-cache', context], as)).stdout).toBe(expected);
  expect(
    (await need(home, ['run', '--network=none', IMAGE, 'sha256sum', '-c', '/sums'], as)).stdout,
  ).toContain('OK');
  await skopeoReads(home, as, IMAGE);
  await need(home, ['prune', '--all'], as);
  for (const folders of ['tmp', 'locks/use', 'mounts', 'layers', 'cache/layer']) {
    expect(listed(join(home, folders)), folders).toEqual([]);
  }
  expect(readdirSync(join(home, 'locks'))).toEqual(['use']);
  // All that is left is what the two images consist of.
  expect(readdirSync(join(home, 'blobs/sha256')).length).toBe(await blobsOf(home, as));
}

/** As other tools see it: `skopeo inspect` of an image in the store as it stands. */
async function skopeoReads(home: string, as: RunOptions, name = BASE): Promise<void> {
  const known = (await run(home, ['images'], as)).stdout.includes(name.split(':')[1] ?? '');
  if (known)
    execFileSync('skopeo', ['inspect', `oci:${home}:${name}`], { stdio: ['ignore', 'ignore', 'pipe'] });
}

async function blobsOf(home: string, as: RunOptions): Promise<number> {
  const digests = new Set<string>();
  for (const image of [BASE, IMAGE]) {
    const [found] = JSON.parse((await need(home, ['inspect', '--format=json', image], as)).stdout) as [
      { digest: string; id: string; layers: { digest: string }[] },
    ];
    for (const digest of [found.digest, found.id, ...found.layers.map((layer) => layer.digest)])
      digests.add(digest);
  }
  return digests.size;
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}
