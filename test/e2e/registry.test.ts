/** Pulling, pushing and building against Debian's docker-registry, side by side with skopeo. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { baseArchive } from '../support/base.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { PASSWORD, startRegistry, USERNAME } from '../support/docker-registry.ts';
import { mustRun } from '../support/process.ts';
import { runOnTerminal, screenAfter } from '../support/terminal.ts';
import { BASE, createWorkbench, withBase, type Workbench } from '../support/workbench.ts';

interface Pulled {
  readonly digest: string;
  readonly layers: { readonly fetched: number; readonly present: number; readonly left: number };
}
interface Pushed {
  readonly digest: string;
  readonly uploadedBytes: number;
  readonly blobs: readonly { readonly action: string }[];
}

let bench: Workbench;
let registry: DockerRegistry;
const others: Workbench[] = [];
beforeAll(async () => {
  [bench, registry] = await Promise.all([withBase(), startRegistry()]);
  await bench.need(['push', BASE, `${registry.host}/base:1`]);
});
afterAll(async () => {
  for (const each of [bench, ...others]) each.remove();
  await registry.stop();
});

/** A store of its own: another machine. */
function elsewhere(): Workbench {
  const other = createWorkbench();
  others.push(other);
  return other;
}

const skopeo = async (...args: readonly string[]): Promise<string> =>
  (await mustRun(['skopeo', ...args])).stdout;

describe('push and pull', () => {
  test('skopeo finds what decant has pushed, under the same digest', async () => {
    const { stdout } = await bench.need(['push', BASE, `${registry.host}/app:1`, `${registry.host}/app:2`]);
    const digest = /sha256:[0-9a-f]{64}/.exec(stdout)?.[0];
    for (const tag of ['1', '2']) {
      const seen = await skopeo(
        'inspect',
        '--tls-verify=false',
        '--format={{.Digest}}',
        `docker://${registry.host}/app:${tag}`,
      );
      expect(seen.trim()).toBe(digest);
    }
    const folder = join(bench.folder, 'copied');
    await skopeo('copy', '--src-tls-verify=false', `docker://${registry.host}/app:1`, `dir:${folder}`);
    expect(readdirSync(folder)).toContain('manifest.json');
  });

  test('decant pulls and builds from what skopeo has pushed, as OCI and as Docker images', async () => {
    const archive = bench.path('base.tar');
    await bench.need(['save', BASE, '-o', archive]);
    for (const format of ['oci', 'v2s2']) {
      const name = `${registry.host}/from-skopeo:${format}`;
      await skopeo(
        'copy',
        '-f',
        format,
        '--dest-tls-verify=false',
        `docker-archive:${archive}`,
        `docker://${name}`,
      );
      const other = elsewhere();
      const [pulled] = await other.json<Pulled[]>(['pull', name]);
      const seen = await skopeo('inspect', '--tls-verify=false', '--format={{.Digest}}', `docker://${name}`);
      expect(pulled?.digest).toBe(seen.trim());
      const context = other.files({ Dockerfile: `FROM ${name}\nRUN echo built > /made\n` });
      await other.need(['build', '-t', 'made', context]);
      expect((await other.need(['run', 'made', 'cat', '/made'])).stdout).toBe('built\n');
    }
  });

  test('what is there is neither pulled nor pushed again', async () => {
    const other = elsewhere();
    const name = `${registry.host}/base:1`;
    expect((await other.json<Pulled[]>(['pull', name]))[0]?.layers).toEqual({
      fetched: 1,
      present: 0,
      left: 0,
    });
    expect((await other.json<Pulled[]>(['pull', name]))[0]?.layers).toEqual({
      fetched: 0,
      present: 1,
      left: 0,
    });
    const [again] = await other.json<Pushed[]>(['push', name]);
    expect(again).toMatchObject({ uploadedBytes: 0, blobs: [{ action: 'present' }, { action: 'present' }] });
    const [mounted] = await other.json<Pushed[]>(['push', name, `${registry.host}/mounted`]);
    expect(mounted).toMatchObject({
      uploadedBytes: 0,
      blobs: [{ action: 'mounted' }, { action: 'mounted' }],
    });
  });

  test('--dry-run says what would be done and does nothing', async () => {
    const name = `${registry.host}/never`;
    const { stdout } = await bench.need(['push', '--dry-run', BASE, name]);
    expect(stdout).toMatch(/to be (?:mounted|uploaded)/);
    expect(await bench.decant(['pull', name])).toMatchObject({ status: 1 });
  });

  test.each([
    [
      'an image that is not there',
      ['pull', 'HOST/nothing'],
      1,
      /there is no image .*nothing.*\[IMAGE_UNKNOWN\]/,
    ],
    ['a registry that is not there', ['pull', 'localhost:1/x'], 4, /localhost:1.*\[NETWORK\]/],
    [
      'a platform that is not there',
      ['pull', '--platform', 'linux/nope', '--all-platforms', 'x'],
      2,
      /exclude each other/,
    ],
    ['an id as a destination', ['push', 'ID'], 2, /does not say what .*\[USAGE\][^]*decant push/],
    ['a URL', ['pull', 'https://HOST/base'], 2, /leave out https/],
  ])('%s', async (_, args, status, message) => {
    const { stdout: id } = await bench.need(['images', '-q']);
    const filled = args.map((arg) => arg.replace('HOST', registry.host).replace('ID', id.trim()));
    const ended = await bench.decant(filled);
    expect(ended.stderr).toMatch(message);
    expect(ended.status).toBe(status);
  });
});

describe('push-by-digest=true', () => {
  const BY_DIGEST = 'type=image,push=true,push-by-digest=true,name-canonical=true';

  test('pushes without a tag, for an index of all platforms', async () => {
    const other = elsewhere();
    const repository = `${registry.host}/by-digest`;
    const context = other.files({ Dockerfile: 'FROM scratch\nCOPY app /app\n', app: 'hello' });
    const metadata = join(other.folder, 'metadata.json');
    for (const platform of ['linux/amd64', 'linux/arm64']) {
      const output = `${BY_DIGEST},name=${repository}`;
      const args = [
        'build',
        '-q',
        '--platform',
        platform,
        '--metadata-file',
        metadata,
        '-o',
        output,
        context,
      ];
      await other.need(args);
      const { 'containerimage.digest': digest } = JSON.parse(readFileSync(metadata, 'utf8')) as {
        readonly 'containerimage.digest': string;
      };
      const image = `docker://${repository}@${digest}`;
      const found = await skopeo('inspect', '--config', '--tls-verify=false', image);
      expect(JSON.parse(found)).toMatchObject({ architecture: platform.slice('linux/'.length) });
    }
    expect((await other.decant(['digest', `${repository}:latest`])).status).not.toBe(0);
    expect(await other.json(['images'])).toMatchObject([{ name: null }, { name: null }]);
  });

  test('is refused for a tag', async () => {
    const context = bench.files({ Dockerfile: 'FROM scratch\nCOPY app /app\n', app: 'hello' });
    const name = `${registry.host}/by-digest:1`;
    const refused = await bench.decant(['build', '-t', name, '-o', BY_DIGEST, context]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/by-digest:1 has a tag, and push-by-digest=true gives none \[USAGE\]/);
  });
});

describe('a base that was not pulled', () => {
  test('is not read for a COPY; only the new layer is pushed', async () => {
    const other = elsewhere();
    const name = `${registry.host}/lazy:1`;
    const context = other.files({
      Dockerfile: `FROM ${registry.host}/base:1\nCOPY app /app\n`,
      app: 'hello',
    });
    const before = (await registry.requests()).length;
    await other.need(['build', '--push', '-t', name, context]);
    const requests = (await registry.requests()).slice(before);
    const read = requests
      .filter(({ method }) => method === 'GET')
      .reduce((sum, { written }) => sum + written, 0);
    expect(read).toBeLessThan(20_000);
    // The same image comes of it as from a base that is there.
    const exact = elsewhere();
    await exact.need(['pull', '-q', `${registry.host}/base:1`]);
    const id = await exact.need(['build', '-q', context]);
    const lazy = await other.need(['build', '-q', context]);
    expect(lazy.stdout).toBe(id.stdout);
  });

  test('is fetched by a RUN step, an archive, and whoever looks into it', async () => {
    for (const args of [
      ['run', 'NAME', 'true'],
      ['save', 'NAME', '-o', 'out.tar'],
      ['inspect', 'NAME'],
    ]) {
      const other = elsewhere();
      const name = `${registry.host}/base:1`;
      expect((await other.json<Pulled[]>(['pull', '--lazy', name]))[0]?.layers.left).toBe(1);
      await other.need(args.map((arg) => arg.replace('NAME', name)));
      expect((await other.json<Pulled[]>(['pull', name]))[0]?.layers.present).toBe(1);
    }
  });

  test('is missed with --offline, and survives prune', async () => {
    const other = elsewhere();
    const name = `${registry.host}/base:1`;
    await other.need(['pull', '--lazy', name]);
    await other.need(['prune', '--all']);
    const context = other.files({ Dockerfile: `FROM ${name}\nRUN true\n` });
    const ended = await other.decant(['build', '--offline', context]);
    expect(ended.stderr).toMatch(/was left in .*\[OFFLINE\]/);
    expect(ended.status).toBe(4);
    await other.need(['build', context]);
  });
});

describe.each([
  ['a password file', 'htpasswd', true],
  ['a token service', 'token', true],
  ['a token service without TLS', 'token', false],
] as const)('a registry with %s', (_, auth, tls) => {
  let guarded: DockerRegistry;
  let settings: { readonly variables: Readonly<Record<string, string>> };
  beforeAll(async () => {
    guarded = await startRegistry({ auth, tls });
    const files = bench.files({
      'registries.yaml': `registries:\n  - prefix: ${guarded.host}\n    ca: [${guarded.ca}]\n`,
    });
    settings = {
      variables: { DECANT_REGISTRIES: join(files, 'registries.yaml'), DOCKER_CONFIG: join(files, 'docker') },
    };
  });
  afterAll(() => guarded.stop());

  test('wants credentials, which login keeps and logout forgets', async () => {
    const name = `${guarded.host}/team/app:1`;
    const refused = await bench.decant(['push', BASE, name], settings);
    expect(refused.stderr).toMatch(new RegExp(`\\[REGISTRY_DENIED\\][^]*decant login ${guarded.host}`));
    expect(refused.status).toBe(4);
    const login = ['login', '-u', USERNAME, '--password-stdin', guarded.host];
    const wrong = await bench.decant(login, { ...settings, input: 'wrong' });
    expect(wrong.stderr).toContain('[REGISTRY_DENIED]');
    const logged = await bench.need(login, { ...settings, input: `${PASSWORD}\n` });
    expect(logged.stdout + logged.stderr).not.toContain(PASSWORD);
    const file = join(settings.variables['DOCKER_CONFIG'] ?? '', 'config.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toContain(guarded.host);

    const pushed = await bench.need(['push', BASE, name], settings);
    const other = elsewhere();
    const [pulled] = await other.json<Pulled[]>(['pull', name], settings);
    expect(pushed.stdout).toContain(pulled?.digest);

    await bench.need(['logout', guarded.host], settings);
    expect(readFileSync(file, 'utf8')).not.toContain(guarded.host);
    expect((await bench.decant(['push', BASE, name], settings)).status).toBe(4);
  });
});

test('a certificate that nobody vouches for is refused, and what to do is said', async () => {
  const guarded = await startRegistry({ tls: true });
  try {
    const ended = await bench.decant(['pull', `${guarded.host}/x`]);
    expect(ended.stderr).toMatch(/\[NETWORK\][^]*certificate[^]*registries\.yaml/);
    expect(ended.status).toBe(4);
  } finally {
    await guarded.stop();
  }
});

describe('progress', () => {
  interface Transfer {
    readonly type: string;
    readonly bytes: number;
    readonly total?: number;
    readonly done: boolean;
    readonly skipped?: string;
  }

  test('as JSON has the bytes of each blob, and why one is not sent', async () => {
    const name = `${registry.host}/progress:1`;
    const other = elsewhere();
    await other.need(['import', '-', 'large'], { input: baseArchive() });
    const transfers = async (args: readonly string[]): Promise<readonly Transfer[]> =>
      (await other.need([...args, '--progress', 'json'])).stderr
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Transfer);
    const sent = (await transfers(['push', 'large', name])).filter(({ done }) => done);
    expect(sent).toHaveLength(2);
    for (const { type, bytes, total } of sent) expect([type, bytes]).toEqual(['transfer', total]);
    const again = await transfers(['push', 'large', name]);
    expect(again.map(({ skipped }) => skipped)).toEqual(Array(2).fill('already in the registry'));
    const beside = await transfers(['push', 'large', `${registry.host}/beside:1`]);
    expect(beside.map(({ skipped }) => skipped)).toEqual(
      Array(2).fill(`mounted from ${registry.host}/progress`),
    );
    const pulled = await transfers(['pull', name]);
    expect(pulled.map(({ skipped }) => skipped)).toEqual(['in the store']);
    const copied = await transfers(['copy', `docker://${name}`, `oci:${other.path('layout')}:1`]);
    expect(copied.filter(({ done }) => done).every(({ bytes, total }) => bytes === total)).toBe(true);
  });

  test('in a log has a line for each blob, with its rate; on a terminal it goes when all is done', async () => {
    const other = elsewhere();
    const name = `${registry.host}/base:1`;
    const { stderr } = await other.need(['pull', name]);
    expect(stderr).toMatch(/^#\d+ pulling sha256:[0-9a-f]{12}: \d.* [kM]?B in \d+\.\ds/m);
    expect(stderr).not.toContain('\u001B');
    const third = elsewhere();
    const { status, output, before, after } = await runOnTerminal(third, ['pull', name]);
    expect(status).toBe(0);
    const shown = await screenAfter(third, output);
    expect(shown).toMatch(/✓ (?:pulling sha256:[0-9a-f]{12}|\d transfers, )/);
    expect(shown).toMatch(/1 layer fetched/);
    expect(after).toBe(before);
  });
});
