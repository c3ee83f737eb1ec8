/** `decant build`: where the Dockerfile and the files come from, what the flags do, and what is refused. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listing, outputOf, treeText } from '../support/images.ts';
import { run } from '../support/process.ts';
import type { Workbench } from '../support/workbench.ts';
import { BASE, withBase } from '../support/workbench.ts';

let bench: Workbench;
beforeAll(async () => {
  bench = await withBase();
});
afterAll(() => bench.remove());

/** What `-o type=tar,dest=-` gives for a Dockerfile, as `path: line`. */
const build = async (
  files: Parameters<Workbench['files']>[0],
  ...flags: readonly string[]
): Promise<Record<string, string>> => {
  const { bytes } = await bench.need(['build', '-o', '-', ...flags, bench.files(files)]);
  return listing(bytes);
};

interface Inspected {
  readonly id: string;
  readonly digest: string;
  readonly config: Readonly<Record<string, unknown>>;
}
const inspect = async (name: string): Promise<Inspected> => {
  const [image] = await bench.json<Inspected[]>(['inspect', name]);
  if (!image) throw new Error(`inspect said nothing of ${name}`);
  return image;
};

describe('where the Dockerfile comes from', () => {
  test('-f names a file outside of the context', async () => {
    const outside = bench.files({ 'Own.dockerfile': 'FROM scratch\nCOPY a /a\n' });
    const files = { Dockerfile: 'not even read', a: 'a' };
    expect(await build(files, '-f', join(outside, 'Own.dockerfile'))).toEqual({ '/a': 'file 0644 0:0 "a"' });
  });

  test('-f is relative to the working directory, not to the context', async () => {
    const context = bench.files({ 'sub/Dockerfile.x': 'FROM scratch\nCOPY sub/a /a\n', 'sub/a': 'a' });
    const { bytes } = await bench.need(['build', '-o', '-', '-f', 'Dockerfile.x', '..'], {
      cwd: join(context, 'sub'),
    });
    expect(listing(bytes)).toEqual({ '/a': 'file 0644 0:0 "a"' });
  });

  test('-f - reads it from standard input, with the context beside it', async () => {
    const context = bench.files({ Dockerfile: 'not even read', a: 'a' });
    const { bytes } = await bench.need(['build', '-o', '-', '-f', '-', context], {
      input: 'FROM scratch\nCOPY a /b\n',
    });
    expect(listing(bytes)).toEqual({ '/b': 'file 0644 0:0 "a"' });
  });

  test('- reads it from standard input, without any context', async () => {
    const input = 'FROM scratch\nCOPY <<end /a\nhello\nend\n';
    const { bytes } = await bench.need(['build', '-o', '-', '-'], { input });
    expect(listing(bytes)).toEqual({ '/a': 'file 0644 0:0 "hello\\n"' });
    const copies = await bench.decant(['build', '-'], { input: 'FROM scratch\nCOPY a /a\n' });
    expect(copies).toMatchObject({ status: 1 });
    expect(copies.stderr).toContain('COPY a /a');
  });

  test('- takes a context as a tar archive too', async () => {
    const context = bench.files({ Dockerfile: 'FROM scratch\nCOPY a /a\n', a: 'in the archive' });
    const archive = await run(['tar', '-C', context, '-c', '.']);
    const { bytes } = await bench.need(['build', '-o', '-', '-'], { input: archive.bytes });
    expect(listing(bytes)).toEqual({ '/a': 'file 0644 0:0 "in the archive"' });
  });

  test.each([
    ['a missing context', ['build', 'nowhere'], 1, 'CONTEXT_MISSING', '"nowhere"'],
    ['a context that is a file', ['build', 'file'], 1, 'CONTEXT_INVALID', '"file"'],
    ['no Dockerfile', ['build', 'empty'], 1, 'DOCKERFILE_MISSING', '"empty"'],
    ['a missing -f', ['build', '-f', 'nowhere', 'empty'], 1, 'DOCKERFILE_MISSING', '"nowhere"'],
    ['nothing on standard input', ['build', '-'], 1, 'DOCKERFILE_MISSING', 'standard input'],
    ['no context at all', ['build'], 2, 'USAGE', 'context'],
    ['an unknown flag', ['build', '--colour', 'empty'], 2, 'USAGE', '--colour'],
    ['an unknown progress', ['build', '--progress', 'loud', 'empty'], 2, 'USAGE', 'loud'],
    ['a name that is none', ['build', '-t', 'UPPER', 'one'], 2, 'REFERENCE_INVALID', 'UPPER'],
    ['an unknown output', ['build', '-o', 'type=zip,dest=x', 'one'], 2, 'USAGE', 'zip'],
    ['an output without a place', ['build', '-o', 'type=local', 'one'], 2, 'USAGE', 'dest'],
    ['a build argument without a name', ['build', '--build-arg', '=x', 'one'], 2, 'USAGE', '--build-arg'],
  ])('%s is one clear error', async (_, args, status, code, name) => {
    for (const [directory, files] of Object.entries({ empty: {}, one: { Dockerfile: 'FROM scratch\n' } }))
      if (!existsSync(bench.path(directory))) bench.files(files, directory);
    if (!existsSync(bench.path('file'))) bench.change(bench.folder, { file: '' });
    const result = await bench.decant(args);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toContain(`[${code}]`);
    expect(result.stderr).toContain(name);
    expect(result.stderr.match(/^error: /gm)).toHaveLength(1);
    expect(result.stderr).not.toMatch(/^ {4}at /m);
  });
});

describe('what the context holds', () => {
  const files = { a: 'a', b: 'b', 'sub/a': 'a', 'sub/b': 'b' };

  test('.dockerignore leaves files out', async () => {
    const context = { ...files, Dockerfile: 'FROM scratch\nCOPY . /\n', '.dockerignore': '**/a\nDocker*\n' };
    expect(Object.keys(await build(context))).toEqual(['/.dockerignore', '/b', '/sub', '/sub/b']);
  });

  test('a Dockerfile with an ignore file of its own uses that one', async () => {
    const context = bench.files({
      ...files,
      '.dockerignore': '**\n',
      'x.Dockerfile': 'FROM scratch\nCOPY . /\n',
      'x.Dockerfile.dockerignore': '*\n!sub\nsub/b\n',
    });
    const { bytes } = await bench.need(['build', '-o', '-', '-f', join(context, 'x.Dockerfile'), context]);
    expect(Object.keys(listing(bytes))).toEqual(['/sub', '/sub/a']);
  });

  test('what is left out cannot be copied, and the error says why', async () => {
    const context = bench.files({ a: '', Dockerfile: 'FROM scratch\nCOPY a /\n', '.dockerignore': 'a\n' });
    const { status, stderr } = await bench.decant(['build', context]);
    expect(status).toBe(1);
    expect(stderr).toContain('[COPY_SOURCE_MISSING]');
    expect(stderr).toMatch(/^ {2}>>> 2 \| COPY a \/$/m);
    expect(stderr).toMatch(/hint: .*\.dockerignore/);
  });

  test('nothing outside of it can be reached, through links neither', async () => {
    bench.change(bench.folder, { secret: 'secret' });
    const links = { inner: { link: '../secret' }, outer: { link: bench.path('secret') } };
    for (const source of ['../secret', 'inner', 'outer']) {
      const context = bench.files({ Dockerfile: `FROM scratch\nCOPY ${source} /x\n`, ...links });
      const result = await bench.decant(['build', '-o', '-', context]);
      expect(result.status, source).toBe(1);
      expect(result.stderr).toContain('[COPY_SOURCE_MISSING]');
    }
  });
});

describe('arguments', () => {
  const Dockerfile = `\
ARG BASE=nowhere
FROM $BASE
ARG ONE=default
ARG TWO
ARG THREE
RUN echo "$ONE,\${TWO-unset},\${THREE-unset}" > /said
`;

  test('--build-arg wins over the default, and without a value is taken from the environment', async () => {
    const context = bench.files({ Dockerfile });
    const flags = ['--build-arg', `BASE=${BASE}`, '--build-arg', 'ONE=1', '--build-arg', 'TWO'];
    const args = ['build', '-o', '-', ...flags, '--build-arg', 'THREE', context];
    const { bytes } = await bench.need(args, { variables: { TWO: 'from outside' } });
    expect(listing(bytes)['/said']).toBe('file 0644 0:0 "1,from outside,unset\\n"');
    expect(await treeText(bench, ['--build-arg', `BASE=${BASE}`, context], '/said')).toBe(
      'default,unset,unset\n',
    );
  });

  test('a build argument that no ARG takes is told, and does no harm', async () => {
    const context = bench.files({ Dockerfile: 'FROM scratch\n' });
    const args = ['build', '--progress', 'plain', '--build-arg', 'UNUSED=1', context];
    expect((await bench.need(args)).stderr).toMatch(/^WARNING: .*UNUSED.* no ARG takes it$/m);
  });

  test('--label sets labels over those of the Dockerfile', async () => {
    const context = bench.files({ Dockerfile: 'FROM scratch\nLABEL a=file b=file\n' });
    await bench.need(['build', '-t', 'labelled', '--label', 'b=flag', '--label', 'c=', context]);
    expect((await inspect('labelled')).config['labels']).toEqual({ a: 'file', b: 'flag', c: '' });
    // A label is no reason to do anything again.
    const copying = bench.files({ Dockerfile: 'FROM scratch\nCOPY f /\n', f: 'f' });
    await bench.need(['build', copying]);
    expect((await bench.need(['build', '--label', 'd=e', copying])).stderr).toContain('1 of 1 step');
  });

  test('--platform is that of the image, where no RUN has to be carried out', async () => {
    const context = bench.files({
      Dockerfile: 'FROM scratch\nARG TARGETARCH TARGETVARIANT\nENV IS=$TARGETARCH$TARGETVARIANT\n',
    });
    await bench.need(['build', '-t', 'other', '--platform', 'linux/arm/v7', context]);
    expect(await inspect('other')).toMatchObject({
      platform: 'linux/arm/v7',
      config: { environment: expect.arrayContaining(['IS=armv7']) as unknown },
    });
  });
});

describe('names and files that tell of the result', () => {
  test('several -t, --iidfile and --metadata-file all name the same image', async () => {
    const context = bench.files({ Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
    const [iidfile, metadataFile] = [bench.path('iid'), bench.path('metadata.json')];
    const names = ['-t', 'several:one', '-t', 'example.org/team/several:two', '-t', 'several'];
    await bench.need(['build', ...names, '--iidfile', iidfile, '--metadata-file', metadataFile, context]);
    const { id, digest } = await inspect('several:one');
    expect(await inspect('example.org/team/several:two')).toMatchObject({ id, digest });
    expect(await inspect('several:latest')).toMatchObject({
      names: ['example.org/team/several:two', 'several:latest', 'several:one'],
    });
    expect(readFileSync(iidfile, 'utf8')).toBe(id);
    expect(JSON.parse(readFileSync(metadataFile, 'utf8'))).toMatchObject({
      'containerimage.digest': digest,
      'containerimage.config.digest': id,
      'containerimage.descriptor': { digest, mediaType: 'application/vnd.oci.image.manifest.v1+json' },
      'image.name': 'several:one,example.org/team/several:two,several:latest',
    });
  });

  test('an image is found by id, by the first digits of it, and by digest', async () => {
    const context = bench.files({ Dockerfile: 'FROM scratch\nLABEL found=by\n' });
    const id = (await bench.need(['build', '-q', context])).stdout.trim();
    expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
    const { digest } = await inspect(id);
    for (const text of [id.slice('sha256:'.length, 'sha256:'.length + 12), digest])
      expect(await inspect(text)).toMatchObject({ id, digest });
  });

  test('a name goes to the newest image, and other names of the older one stay', async () => {
    const old = await buildNamed('moving', 'FROM scratch\nENV V=1\n');
    await bench.need(['tag', 'moving', 'staying']);
    const fresh = await buildNamed('moving', 'FROM scratch\nENV V=2\n');
    expect(fresh).not.toBe(old);
    expect(await inspect('moving')).toMatchObject({ id: fresh, names: ['moving:latest'] });
    expect(await inspect(old)).toMatchObject({ names: ['staying:latest'] });
  });

  const buildNamed = async (name: string, Dockerfile: string): Promise<string> => {
    await bench.need(['build', '-t', name, bench.files({ Dockerfile })]);
    return (await inspect(name)).id;
  };

  test('a failed build writes none of them but why it failed, and the name stays where it was', async () => {
    const before = await buildNamed('kept', 'FROM scratch\nENV V=1\n');
    const context = bench.files({ Dockerfile: `FROM ${BASE}\nRUN false\n` });
    const files = [bench.path('none.iid'), bench.path('none.json'), bench.path('none.tar')];
    const [iid = '', metadata = '', tar = ''] = files;
    const flags = ['-t', 'kept', '--iidfile', iid, '--metadata-file', metadata];
    const outputs = ['-o', 'type=image', '-o', `type=tar,dest=${tar}`];
    const result = await bench.decant(['build', ...flags, ...outputs, context]);
    expect(result.status).toBe(1);
    expect(files.filter((file) => existsSync(file))).toEqual([metadata]);
    expect((await inspect('kept')).id).toBe(before);
  });
});

describe('steps', () => {
  test('--no-cache runs every step again', async () => {
    const context = bench.files({ Dockerfile: `FROM ${BASE}\nRUN cat /proc/sys/kernel/random/uuid > /u\n` });
    const first = await treeText(bench, [context], '/u');
    expect(await treeText(bench, [context], '/u')).toBe(first);
    const other = await treeText(bench, ['--no-cache', context], '/u');
    expect(other).not.toBe(first);
    // What ran again is what later builds find.
    expect(await treeText(bench, [context], '/u')).toBe(other);
  });

  test('--network none has nothing but a loopback that answers nobody', async () => {
    const Dockerfile = `FROM ${BASE}\nRUN cut -d: -f1 /proc/net/dev | tail -n +3 | tr -d ' ' > /devices\n`;
    const context = bench.files({ Dockerfile });
    expect(await treeText(bench, ['--network', 'none', context], '/devices')).toBe('lo\n');
    // Other programs may add one meanwhile, or take one away.
    const names = (): string => {
      const host = readFileSync('/proc/net/dev', 'utf8').split('\n').slice(2, -1);
      return host.map((line) => `${line.split(':', 1)[0]?.trim()}\n`).join('');
    };
    const before = names();
    const seen = await treeText(bench, ['--network', 'host', context], '/devices');
    expect([before, names()]).toContain(seen);
  });

  test('a step of its own may ask for no network', async () => {
    const Dockerfile = `FROM ${BASE}\nRUN --network=none tail -n +3 /proc/net/dev | wc -l > /count\n`;
    expect(await treeText(bench, [bench.files({ Dockerfile })], '/count')).toBe('1\n');
  });

  test('what a process is given leaves no trace in the image', async () => {
    const script = 'cat /etc/resolv.conf /etc/hosts /proc/1/comm > /dev/null && ls /sys /dev > /dev/null';
    const files = await build({ Dockerfile: `FROM ${BASE} AS base\nFROM base\nRUN ${script} && touch /x\n` });
    const before = await build({ Dockerfile: `FROM ${BASE}\n` });
    const added = Object.keys(files).filter((path) => files[path] !== before[path]);
    expect(added).toEqual(['/x']);
    expect(Object.keys(before).filter((path) => files[path] === undefined)).toEqual([]);
  });

  test('the first error stops the other stages', async () => {
    const Dockerfile = `\
FROM ${BASE} AS slow
RUN sleep 100000
FROM ${BASE} AS broken
RUN echo said before the end; exit 9
FROM scratch
COPY --from=slow /etc/passwd /
COPY --from=broken /etc/passwd /
`;
    const result = await bench.decant(['build', '--progress', 'plain', bench.files({ Dockerfile })]);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('exit code: 9');
    expect(result.stderr).toMatch(/^ {2}\| said before the end$/m);
    expect(result.stderr).toMatch(/^#\d+ CANCELED /m);
  });
});

describe('what this version does not carry out fails, with its line, before anything runs', () => {
  test.each([['RUN --device', 'RUN --device=vendor.com/gpu=all true']])('%s', async (name, instruction) => {
    const context = bench.files({ a: '', Dockerfile: `FROM ${BASE}\nRUN echo ran\n${instruction}\n` });
    const result = await bench.decant(['build', '--progress', 'plain', context]);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain(name);
    expect(result.stderr).toContain('[DOCKERFILE_UNSUPPORTED]');
    expect(result.stderr).toContain(`>>> 3 | ${instruction}`);
    expect(result.stderr).not.toContain('ran\n#');
  });

  test.each([
    ['an instruction that does not exist', 'BOGUS x', 'DOCKERFILE_SYNTAX', 'BOGUS'],
    ['a flag that does not exist', 'COPY --fast a /a', 'DOCKERFILE_SYNTAX', 'fast'],
    ['a stage that comes later', 'COPY --from=later a /a', 'STAGE_CYCLE', 'later'],
    ['itself', 'COPY --from=0 /a /a', 'STAGE_CYCLE', '0'],
    ['a mode that is none', 'COPY --chmod=worldwide a /a', 'DOCKERFILE_SYNTAX', 'worldwide'],
    ['a port that is none', 'EXPOSE many', 'DOCKERFILE_SYNTAX', 'many'],
  ])('%s', async (_, instruction, code, name) => {
    const Dockerfile = `FROM ${BASE}\n${instruction}\nFROM ${BASE} AS later\n`;
    const context = bench.files({ a: '', Dockerfile });
    const result = await bench.decant(['build', '--target', '0', context]);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(`[${code}]`);
    expect(result.stderr).toContain(name);
    expect(result.stderr).toContain(`>>> 2 | ${instruction}`);
  });
});

describe('ADD', () => {
  test('lays local archives down as files, COPY does not', async () => {
    const inner = bench.files({ 'd/f': 'from the archive' });
    const archive = bench.path('archive.tar');
    await run(['tar', '--owner=0', '--group=0', '-C', inner, '-cf', archive, 'd']);
    const bytes = readFileSync(archive);
    const files = await build({
      Dockerfile: 'FROM scratch\nADD a.tar /add/\nCOPY a.tar /copy/\nADD plain /add/\n',
      'a.tar': { text: bytes },
      plain: 'plain',
    });
    expect(files).toMatchObject({
      '/add/d/f': 'file 0644 0:0 "from the archive"',
      '/add/plain': 'file 0644 0:0 "plain"',
    });
    expect(files['/add/a.tar']).toBeUndefined();
    expect(files['/copy/a.tar']).toContain(`${bytes.length} bytes`);
  });
});

describe('the whole of an image', () => {
  test('every instruction that sets something is in the config', async () => {
    const Dockerfile = `\
# escape=\\
FROM scratch
MAINTAINER someone
ENV A=1 B="two words"
LABEL \\
  # a comment between lines
  one=1
EXPOSE 80 53/udp
VOLUME /data
WORKDIR /srv/app
USER 65532:65532
STOPSIGNAL SIGQUIT
SHELL ["/bin/sh", "-ec"]
HEALTHCHECK --interval=5s CMD ["/ok"]
ENTRYPOINT ["/app"]
CMD ["--help"]
ONBUILD RUN true
`;
    await bench.need(['build', '-t', 'whole', bench.files({ Dockerfile })]);
    expect((await inspect('whole')).config).toEqual({
      user: '65532:65532',
      workingDirectory: '/srv/app',
      entrypoint: ['/app'],
      command: ['--help'],
      environment: [
        'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        'A=1',
        'B=two words',
      ],
      ports: ['53/udp', '80/tcp'],
      volumes: ['/data'],
      labels: { one: '1' },
      stopSignal: 'SIGQUIT',
      shell: ['/bin/sh', '-ec'],
      healthcheck: ['CMD', '/ok'],
    });
    const config = await run(['skopeo', 'inspect', '--config', '--raw', `oci:${bench.home}:whole:latest`]);
    expect(JSON.parse(outputOf(config))).toMatchObject({
      author: 'someone',
      config: { OnBuild: ['RUN true'], Healthcheck: { Interval: 5_000_000_000 } },
    });
  });

  test('the image of a Dockerfile that only copies from a stage has only that', async () => {
    const Dockerfile = `\
FROM ${BASE} AS build
RUN mkdir /out && echo made > /out/app && chmod 755 /out/app && chown 7:8 /out/app
FROM scratch
COPY --from=build /out/app /app
`;
    expect(await build({ Dockerfile })).toEqual({ '/app': 'file 0755 7:8 "made\\n"' });
    expect(statSync(bench.home).isDirectory()).toBe(true);
  });
});
