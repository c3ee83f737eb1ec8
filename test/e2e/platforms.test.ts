/** One build for several platforms: what is shared, what comes out of it, and RUN steps of another processor. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileProgram } from '../../src/sandbox/static-program.ts';
import { blobOf, layoutFiles, listing, outputOf } from '../support/images.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { startRegistry } from '../support/docker-registry.ts';
import { mustRun, run } from '../support/process.ts';
import { USERS } from '../support/users.ts';
import type { Workbench } from '../support/workbench.ts';
import { BASE, withBase } from '../support/workbench.ts';

const BOTH = ['--platform', 'linux/amd64,linux/arm64'];
const Dockerfile = `\
FROM --platform=$BUILDPLATFORM ${BASE} AS build
RUN cat /proc/sys/kernel/random/uuid > /once
ARG TARGETARCH
RUN echo "for $TARGETARCH" > /out
FROM scratch
COPY --from=build /once /out /
ARG TARGETPLATFORM
ENV MADE_FOR=$TARGETPLATFORM
`;

interface Index {
  readonly annotations?: object;
  readonly manifests: readonly {
    readonly digest: string;
    readonly platform?: { readonly architecture: string };
    readonly annotations?: object;
  }[];
}

describe.each(USERS)('as $name', (user) => {
  let bench: Workbench;
  let context = '';
  beforeAll(async () => {
    bench = await withBase(user);
    context = bench.files({ Dockerfile, words: 'words\n' });
    await bench.need(['build', ...BOTH, '-t', 'multi:1', context]);
  });
  afterAll(() => bench.remove());

  const build = (...args: readonly string[]) => bench.need(['build', ...BOTH, ...args, context]);

  test('makes an index, which skopeo reads in the store, and does shared steps once', async () => {
    const at = `oci:${bench.home}:multi:1`;
    const index = JSON.parse(outputOf(await run(['skopeo', 'inspect', '--raw', at]))) as Index;
    expect(index.manifests.map(({ platform }) => platform?.architecture)).toEqual(['amd64', 'arm64']);
    for (const arch of ['amd64', 'arm64']) {
      const config = await run(['skopeo', '--override-arch', arch, 'inspect', '--config', at]);
      expect(JSON.parse(outputOf(config))).toMatchObject({
        architecture: arch,
        config: { Env: expect.arrayContaining([`MADE_FOR=linux/${arch}`]) as unknown },
      });
    }
    const files = listing((await build('-o', '-')).bytes);
    expect(files['/linux_amd64/out']).toContain('for amd64');
    expect(files['/linux_arm64/out']).toContain('for arm64');
    expect(files['/linux_arm64/once']).toBe(files['/linux_amd64/once']);
  });

  test('says which step is for which platform', async () => {
    const { stderr } = await build('--no-cache', '--progress', 'plain', '-o', 'type=cacheonly');
    expect(stderr.match(/\[linux\S+ build \d\/3\] RUN .*/g)?.toSorted()).toEqual([
      '[linux/amd64 build 2/3] RUN cat /proc/sys/kernel/random/uuid > /once',
      '[linux/amd64 build 3/3] RUN echo "for amd64" > /out',
      '[linux/amd64->arm64 build 3/3] RUN echo "for arm64" > /out',
    ]);
  });

  test('gives the same index again, to an archive too, and names it in the metadata and the id file', async () => {
    const [archive, metadata, idFile] = ['index.tar', 'metadata.json', 'id'].map((name) => bench.path(name));
    await build(
      '-t',
      'multi:1',
      '-o',
      `type=oci,dest=${archive}`,
      '--metadata-file',
      metadata ?? '',
      '--iidfile',
      idFile ?? '',
    );
    const files = layoutFiles(readFileSync(archive ?? ''));
    const top = JSON.parse(files.get('index.json')?.toString() ?? '') as Index;
    const digest = top.manifests[0]?.digest ?? '';
    const index = JSON.parse(blobOf(files, digest).toString()) as Index;
    for (const manifest of index.manifests) blobOf(files, manifest.digest);
    expect(
      await bench.json<{ digest: string }[]>(['manifest', 'ls', `oci:${bench.home}:multi:1`]),
    ).toHaveLength(2);
    const told = JSON.parse(readFileSync(metadata ?? '', 'utf8')) as Record<string, unknown>;
    expect(told).toMatchObject({ 'containerimage.digest': digest, 'image.name': 'multi:1' });
    expect(told).not.toHaveProperty(['containerimage.config.digest']);
    expect(readFileSync(idFile ?? '', 'utf8')).toBe(digest);
  });

  test('annotations go to the index, to all manifests or to one', async () => {
    const folder = bench.path('annotated');
    const levels = ['index:i=1', 'm=2', 'manifest[linux/arm64]:only=arm64', 'manifest-descriptor:d=3'];
    await build(
      ...levels.flatMap((each) => ['--annotation', each]),
      '-o',
      `type=oci,tar=false,dest=${folder}`,
    );
    const read = (path: string) => JSON.parse(readFileSync(join(folder, path), 'utf8')) as Index;
    const blob = (digest = '') => read(`blobs/${digest.replace(':', '/')}`);
    const index = blob(read('index.json').manifests[0]?.digest);
    expect(index.annotations).toEqual({ i: '1' });
    expect(index.manifests.map(({ annotations }) => annotations)).toEqual([{ d: '3' }, { d: '3' }]);
    const manifests = index.manifests.map(({ digest }) => blob(digest).annotations);
    expect(manifests).toEqual([{ m: '2' }, { m: '2', only: 'arm64' }]);
  });

  test('files go to a folder for each platform, or to one where they do not differ', async () => {
    const [split, joined, single] = ['split', 'joined', 'single'].map((name) => bench.path(name));
    await build('-o', `type=local,dest=${split}`);
    expect(readFileSync(join(split ?? '', 'linux_arm64/out'), 'utf8')).toBe('for arm64\n');
    const clash = await bench.decant([
      'build',
      ...BOTH,
      '-o',
      `type=local,dest=${joined},platform-split=false`,
      context,
    ]);
    expect(clash).toMatchObject({ status: 2 });
    expect(clash.stderr).toContain('"/once" is there for linux/amd64 and for linux/arm64');
    await bench.need([
      'build',
      '--platform',
      'linux/arm64',
      '-o',
      `type=local,dest=${single},platform-split=true`,
      context,
    ]);
    expect(readdirSync(single ?? '')).toEqual(['linux_arm64']);
  });

  test('what holds one image takes no index', async () => {
    for (const output of [
      ['-o', 'type=docker,dest=x'],
      ['-o', 'type=docker'],
    ]) {
      const { status, stderr } = await bench.decant(['build', ...BOTH, ...output, context]);
      expect(status).toBe(2);
      expect(stderr).toContain('type=docker takes an image for one platform, not for 2');
    }
  });

  test('images for other machines only are listed as well', async () => {
    const files = bench.files({ Dockerfile: 'FROM scratch\nCOPY a /\n', a: '' });
    await bench.need(['build', '--platform', 'linux/arm64,linux/riscv64', '-t', 'foreign', files]);
    expect((await bench.need(['images'])).stdout).toContain('foreign:latest');
  });

  /** An executable that writes a line, for a processor given by its number; its name is in the padding of the header. */
  const program = (machine: number, name: string): Buffer => {
    const text = Buffer.from(`started ${name}\n`);
    const file = Buffer.from(
      compileProgram('arm64', [
        { call: 'write', args: [1, text, text.length] },
        { call: 'exit_group', args: [0] },
      ]),
    );
    file.write(name.padEnd(7, '\0').slice(0, 7), 9, 'latin1');
    file.writeUInt16LE(machine, 18);
    return file;
  };
  const foreign = (machine: number, name: string): string =>
    bench.files({
      Dockerfile: 'FROM scratch\nCOPY --chmod=755 program /\nRUN ["/program"]\n',
      program: { text: program(machine, name) },
    });

  test('RUN of a processor that nobody emulates is one clear error', async () => {
    const args = ['build', '--platform', 'linux/loong64', foreign(258, 'decant')];
    const { status, stderr } = await bench.decant(args);
    expect(status).toBe(5);
    expect(stderr).toContain('/program is a program for linux/loong64, which this machine');
    expect(stderr).toContain('FROM --platform=$BUILDPLATFORM');
    expect(stderr).toContain('>>> 3 | RUN ["/program"]');
  });

  test('RUN of another processor works through the emulator that the kernel knows', async () => {
    const name = `dec${process.pid % 1000}`;
    const emulated = await withEmulator(name, () =>
      bench.decant(['build', '--progress', 'plain', '--platform', 'linux/arm64', foreign(183, name)]),
    );
    // A container may keep its processes from telling the kernel of emulators.
    const native = process.arch === 'arm64';
    if (emulated.registered || native) {
      expect(emulated.result.stderr).toContain(`started ${name}`);
      expect(emulated.result.status).toBe(0);
    } else expect(emulated.result).toMatchObject({ status: 5 });
  });
});

const BINFMT = '/proc/sys/fs/binfmt_misc';

/** Registers qemu for the programs of this test alone: their headers have its name. */
async function withEmulator<T>(name: string, work: () => Promise<T>) {
  const registered = await register(name);
  try {
    return { registered, result: await work() };
  } finally {
    if (registered) writeFileSync(join(BINFMT, name), '-1');
  }
}

async function register(name: string): Promise<boolean> {
  if (!existsSync(join(BINFMT, 'register'))) await run(['mount', '-t', 'binfmt_misc', 'binfmt_misc', BINFMT]);
  const hex = [...Buffer.from(name.padEnd(7, '\0').slice(0, 7), 'latin1')].map(escaped).join('');
  const magic = `\\x7fELF\\x02\\x01\\x01\\x00\\x00${hex}\\x02\\x00\\xb7\\x00`;
  try {
    writeFileSync(join(BINFMT, 'register'), `:${name}:M::${magic}::/usr/bin/qemu-aarch64-static:F`);
    return true;
  } catch {
    return false;
  }
}

function escaped(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

describe('with a registry', () => {
  let bench: Workbench;
  let registry: DockerRegistry;
  beforeAll(async () => {
    [bench, registry] = await Promise.all([withBase(), startRegistry()]);
  });
  afterAll(async () => {
    bench.remove();
    await registry.stop();
  });

  test('the index is pushed, copied by skopeo with all it names, and pulled as a base for each platform', async () => {
    const name = `${registry.host}/multi:1`;
    const context = bench.files({ Dockerfile });
    await bench.need(['build', ...BOTH, '-t', name, '--push', context]);
    const copied = bench.path('copied');
    const from = ['copy', '--all', '--src-tls-verify=false', `docker://${name}`, `oci:${copied}:1`];
    await mustRun(['skopeo', ...from]);
    const child = bench.files({ Dockerfile: `FROM ${name}\nCOPY more /\n`, more: 'more' });
    const { bytes } = await bench.need(['build', ...BOTH, '-o', '-', child], {
      home: bench.path('elsewhere'),
    });
    const files = listing(bytes);
    expect(files['/linux_amd64/out']).toContain('for amd64');
    expect(files['/linux_arm64/out']).toContain('for arm64');
  });
});
