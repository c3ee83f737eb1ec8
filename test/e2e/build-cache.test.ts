/** The build cache of one machine on another: by way of a registry, a folder, and an image. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { baseArchive } from '../support/base.ts';
import { type DockerRegistry, startRegistry } from '../support/docker-registry.ts';
import { mustRun } from '../support/process.ts';
import { progressOf, ranSteps } from '../support/progress.ts';
import { BASE, createWorkbench, type Workbench, withBase } from '../support/workbench.ts';

let registry: DockerRegistry;
let first: Workbench;
const others: Workbench[] = [];
beforeAll(async () => {
  [registry, first] = await Promise.all([startRegistry(), withBase()]);
  await first.need(['push', '-q', BASE, `${registry.host}/base:1`]);
});
afterAll(async () => {
  for (const bench of [first, ...others]) bench.remove();
  await registry.stop();
});

/** A machine that has the base image and nothing else. */
async function elsewhere(): Promise<Workbench> {
  const bench = createWorkbench();
  others.push(bench);
  await bench.need(['import', '-', BASE], { input: baseArchive() });
  return bench;
}

const program = (marker: string) => ({
  Dockerfile: `\
FROM ${BASE} AS build
RUN echo a compiler ${marker} > /compiler && cp /compiler /other
RUN true
COPY source.txt /src/
RUN cat /src/source.txt /compiler > /program
FROM ${BASE}
RUN echo settings ${marker} > /settings
COPY --from=build /program /program
`,
  'source.txt': `source of ${marker}\n`,
});

async function built(bench: Workbench, context: string, ...flags: readonly string[]) {
  const seen = await progressOf(bench, [context, ...flags]);
  const last = seen.events.at(-1);
  if (last?.type !== 'build.done') throw new Error(JSON.stringify(seen.events));
  return {
    digest: last.summary.digest,
    ran: seen.texts('step.start').filter((text) => text.startsWith('RUN ')),
    started: seen.texts('step.start').filter((text) => !text.startsWith('FROM ')),
    warnings: seen.events.flatMap((event) => (event.type === 'warning' ? event.message : [])),
  };
}

describe('a cache in a registry', () => {
  test('of all stages runs nothing again on an empty machine, and gives the same image', async () => {
    const context = first.files(program('all'));
    const name = `${registry.host}/cache:all`;
    const here = await built(first, context, '--cache-to', `type=registry,ref=${name},mode=max`);
    expect(here.ran).toHaveLength(4);
    const other = await elsewhere();
    const there = await built(other, context, '--cache-from', name, '-t', 'app');
    expect(there).toEqual({ digest: here.digest, ran: [], started: [], warnings: [] });
    expect((await other.need(['run', 'app', 'cat', '/program', '/settings'])).stdout).toBe(
      'source of all\na compiler all\nsettings all\n',
    );
    // Only a stage that has to go on needs the files of the steps before.
    other.change(context, { 'source.txt': 'edited\n' });
    const edited = await built(other, context, '--cache-from', name);
    expect(edited.ran).toEqual(['RUN cat /src/source.txt /compiler > /program']);
  });

  test('of the image alone runs nothing again as long as nothing changes', async () => {
    const context = first.files(program('image'));
    const name = `${registry.host}/cache:image`;
    const here = await built(first, context, '--cache-to', `type=registry,ref=${name}`);
    const there = await built(await elsewhere(), context, '--cache-from', `type=registry,ref=${name}`);
    expect(there).toMatchObject({ digest: here.digest, ran: [], warnings: [] });
    const third = await elsewhere();
    third.change(context, { 'source.txt': 'edited\n' });
    const edited = await built(third, context, '--cache-from', name);
    expect(edited.ran).toHaveLength(3);
  });

  test('is fetched for what is needed only: pushed on, layers stay where they are', async () => {
    const context = first.files(program('lazy'));
    const name = `${registry.host}/cache:lazy`;
    await built(first, context, '--cache-to', `type=registry,ref=${name},mode=max`);
    const other = await elsewhere();
    const before = (await registry.requests()).length;
    const flags = ['--cache-from', name, '--cache-to', `type=registry,ref=${name},mode=max`];
    await built(other, context, ...flags, '--push', '-t', `${registry.host}/base:lazy`);
    const requests = (await registry.requests()).slice(before);
    const blobs = requests.filter(({ method, path }) => method === 'GET' && path.includes('/blobs/'));
    // The cache's own config.
    expect(blobs).toHaveLength(1);
    expect(requests.filter(({ path, status }) => path.includes('mount=') && status === 201)).toHaveLength(2);
    const image = ['run', `${registry.host}/base:lazy`, 'cat', '/program'];
    await other.need(['pull', '-q', `${registry.host}/base:lazy`]);
    expect((await other.need(image)).stdout).toBe('source of lazy\na compiler lazy\n');
  });

  test('has the form that BuildKit reads, and skopeo copies it', async () => {
    const context = first.files(program('form'));
    const name = `${registry.host}/cache:form`;
    await built(first, context, '--cache-to', `type=registry,ref=${name},mode=max`);
    const folder = first.path('cache-copied');
    await mustRun(['skopeo', 'copy', '--src-tls-verify=false', `docker://${name}`, `dir:${folder}`]);
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    expect(manifest.config.mediaType).toBe('application/vnd.buildkit.cacheconfig.v0');
    const config = JSON.parse(readFileSync(join(folder, manifest.config.digest.slice(7)), 'utf8'));
    checkAsBuildKit(config, manifest);
  });

  test.each([
    ['that is not there', 'nothing:1'],
    ['at a registry that is not there', 'HOST1/cache:1'],
    ['that is an image without one', 'base:1'],
  ])('%s is a warning', async (_what, name) => {
    const context = first.files(program(`missing ${name}`));
    const full = name.startsWith('HOST1') ? name.replace('HOST1', 'localhost:1') : `${registry.host}/${name}`;
    const { ran, warnings } = await built(first, context, '--cache-from', full);
    expect(ran).toHaveLength(4);
    expect(warnings).toEqual([expect.stringContaining(full)]);
  });

  test('that cannot be written is an error, or a warning if that is wished', async () => {
    const context = first.files(program('unwritten'));
    const flag = ['--cache-to', 'type=registry,ref=localhost:1/cache:1'];
    const failed = await first.decant(['build', ...flag, context]);
    expect(failed.status).toBe(4);
    expect(failed.stderr).toMatch(/cache cannot be written to localhost:1\/cache:1.*\[NETWORK\]/);
    const done = await built(first, context, flag[0] ?? '', `${flag[1]},ignore-error=true`);
    expect(done.warnings).toEqual([expect.stringContaining('localhost:1/cache:1')]);
  });
});

/** What BuildKit asks of a cache (cache/remotecache/v1, Parse). */
function checkAsBuildKit(
  config: {
    layers: { blob: string; parent: number }[];
    records: {
      digest: string;
      layers?: { layer: number; createdAt: string }[];
      inputs?: { selector: string; link: number }[][];
    }[];
  },
  manifest: { layers: { digest: string; annotations: Record<string, string> }[] },
): void {
  const blobs = manifest.layers.map(({ digest }) => digest);
  expect(config.layers.map(({ blob }) => blob)).toEqual(blobs);
  for (const { annotations } of manifest.layers)
    expect(annotations['containerd.io/uncompressed']).toMatch(/^sha256:[0-9a-f]{64}$/);
  for (const { parent } of config.layers) expect(parent).toBe(-1);
  for (const [index, { digest, layers = [], inputs = [] }] of config.records.entries()) {
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    for (const { layer, createdAt } of layers) {
      expect(config.layers[layer]).toBeDefined();
      expect(Date.parse(createdAt)).toBe(0);
    }
    for (const input of inputs) {
      expect(input.length).toBeGreaterThan(0);
      // Links that only lead back cannot go round in a circle.
      for (const { link } of input) expect(link >= 0 && link < index).toBe(true);
    }
  }
}

describe('a cache in an image', () => {
  test('is part of its config and of none of its layers', async () => {
    const context = first.files(program('inline'));
    const plain = await built(first, context, '--push', '-t', `${registry.host}/app:plain`);
    const flags = ['--push', '-t', `${registry.host}/app:inline`];
    const here = await built(first, context, ...flags, '--cache-to', 'type=inline');
    expect(here.digest).not.toBe(plain.digest);
    const layersOf = async (name: string): Promise<unknown> =>
      JSON.parse(
        (await mustRun(['skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${name}`])).stdout,
      ).layers;
    expect(await layersOf(`${registry.host}/app:inline`)).toEqual(
      await layersOf(`${registry.host}/app:plain`),
    );
    const other = await elsewhere();
    const from = ['--cache-from', `type=registry,ref=${registry.host}/app:inline`];
    const there = await built(other, context, ...from, '--build-arg', 'BUILDKIT_INLINE_CACHE=1');
    expect(there).toMatchObject({ digest: here.digest, ran: [], warnings: [] });
  });
});

describe('a cache in a folder', () => {
  test('runs nothing again on an empty machine', async () => {
    const context = first.files(program('folder'));
    const folder = first.path('cache-folder');
    const here = await built(first, context, '--cache-to', `type=local,dest=${folder},mode=max`);
    const from = ['--cache-from', `type=local,src=${folder}`];
    const there = await built(await elsewhere(), context, ...from);
    expect(there).toMatchObject({ digest: here.digest, ran: [], warnings: [] });
    // The same cache written twice is one.
    const blobs = readdirSync(join(folder, 'blobs/sha256'));
    await built(first, context, '--cache-to', `type=local,dest=${folder},mode=max`);
    expect(readdirSync(join(folder, 'blobs/sha256'))).toEqual(blobs);
  });

  test('does not keep what was there before, unless another name has it', async () => {
    const folder = first.path('cache-moving');
    const files = (): number => readdirSync(join(folder, 'blobs/sha256')).length;
    const write = (text: string, tag: string): Promise<unknown> => {
      const to = `type=local,dest=${folder},tag=${tag},mode=max`;
      return built(first, first.files(program(text)), '--cache-to', to);
    };
    await write('moving one', 'main');
    const once = files();
    await write('moving two', 'main');
    expect(files()).toBe(once);
    await write('moving two', 'other');
    await write('moving three', 'main');
    const from = ['--cache-from', `type=local,src=${folder},tag=other`];
    const there = await built(await elsewhere(), first.files(program('moving two')), ...from);
    expect(there).toMatchObject({ ran: [], warnings: [] });
  });

  test.each([
    ['a layer that is gone', (path: string) => rmSync(path)],
    ['a layer with other bytes', (path: string) => writeFileSync(path, 'not what it was')],
  ])('with %s is warned of, and the step is done again', async (_what, harm) => {
    const context = first.files(program(`harmed ${harm.toString().length}`));
    const folder = first.path(`harmed-${harm.toString().length}`);
    const here = await built(first, context, '--cache-to', `type=local,dest=${folder},mode=max`);
    for (const name of readdirSync(join(folder, 'blobs/sha256'))) {
      const path = join(folder, 'blobs/sha256', name);
      if (readFileSync(path)[0] === 0x1f) harm(path);
    }
    const other = await elsewhere();
    const there = await built(other, context, '--cache-from', `type=local,src=${folder}`);
    expect(there.digest).toBe(here.digest);
    expect(there.ran).toHaveLength(4);
    expect(there.warnings).toEqual([expect.stringContaining('is of no use')]);
  });

  test('that says another diff id than its layer has is warned of', async () => {
    const context = first.files(program('lying'));
    const folder = first.path('lying');
    await built(first, context, '--cache-to', `type=local,dest=${folder}`);
    const read = (path: string) => JSON.parse(readFileSync(join(folder, path), 'utf8'));
    const index = read('index.json');
    const manifest = read(`blobs/sha256/${index.manifests[0].digest.slice(7)}`);
    for (const layer of manifest.layers)
      layer.annotations['containerd.io/uncompressed'] = `sha256:${'0'.repeat(64)}`;
    const { createHash } = await import('node:crypto');
    const bytes = JSON.stringify(manifest);
    const digest = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(folder, 'blobs/sha256', digest), bytes);
    index.manifests = [{ ...index.manifests[0], digest: `sha256:${digest}`, size: bytes.length }];
    writeFileSync(join(folder, 'index.json'), JSON.stringify(index));
    const { warnings } = await built(await elsewhere(), context, '--cache-from', `type=local,src=${folder}`);
    expect(warnings).toEqual([expect.stringContaining('diff id')]);
  });

  test('is not written where something else is', async () => {
    const context = first.files(program('elsewhere'));
    const folder = first.files({ 'a-letter.txt': 'dear' });
    const failed = await first.decant(['build', '--cache-to', `type=local,dest=${folder}`, context]);
    expect(failed).toMatchObject({ status: 1 });
    expect(failed.stderr).toContain('FILE_UNWRITABLE');
    expect(existsSync(join(folder, 'a-letter.txt'))).toBe(true);
  });
});

describe('what is typed wrong', () => {
  test.each([
    [['--cache-to', 'type=regitsry,ref=x'], /there is no type "regitsry"; did you mean/],
    [['--cache-to', 'type=registry'], /it needs ref=/],
    [['--cache-to', 'type=local'], /it needs dest=/],
    [['--cache-to', 'type=registry,ref=x,mode=all'], /mode is min or max/],
    [['--cache-from', 'type=inline'], /type=registry,ref=NAME/],
    [['--cache-from', 'type=local,source=x'], /"source" is not known for type=local/],
  ])('%j is wrong usage', async (flags, message) => {
    const { status, stderr } = await first.decant(['build', ...flags, first.folder]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  test('caches of services are passed over with a word', async () => {
    const context = first.files(program('service'));
    const { warnings } = await built(first, context, '--cache-to', 'type=gha,mode=max');
    expect(warnings).toEqual([expect.stringContaining('type=gha is not used')]);
    expect(await ranSteps(first, [context, '--cache-from', 'type=s3,bucket=x'])).toEqual([]);
  });
});
