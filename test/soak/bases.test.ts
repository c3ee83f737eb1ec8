/**
 * What the bases of the catalogue hold, composed from the archive that the host's apt is set up for: nothing that a
 * running program does not need, and everything that it does. Sizes are those of the packed layer.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readElf } from '../../src/codec/elf.ts';
import { FAMILIES } from '../../src/distroless/catalogue/families.ts';
import type { Member } from '../differential/tar.ts';
import { readTar } from '../differential/tar.ts';
import type { Workbench } from '../support/workbench.ts';
import { createWorkbench } from '../support/workbench.ts';

interface Built {
  readonly digest: string;
  readonly packedSize: number;
  readonly packages: readonly { readonly name: string }[];
}

interface Document {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string }[];
}

interface Config {
  readonly architecture: string;
  readonly config: {
    readonly User: string;
    readonly Env: readonly string[];
    readonly WorkingDir: string;
    readonly Entrypoint?: readonly string[];
  };
}

interface Base extends Built {
  readonly files: ReadonlyMap<string, Member>;
  readonly image: Config;
}

let bench: Workbench;
const sizes: Record<string, number> = {};
beforeAll(() => {
  bench = createWorkbench();
});
afterAll(() => {
  for (const [name, size] of Object.entries(sizes)) console.info(`${name}: ${(size / 1e6).toFixed(2)} MB`);
  bench.remove();
});

function blob(digest: string): Buffer {
  return readFileSync(join(bench.home, 'blobs', digest.replace(':', '/')));
}

function parsed(digest: string): unknown {
  return JSON.parse(blob(digest).toString());
}

async function compose(name: string, ...flags: string[]): Promise<Base> {
  const built = await bench.json<Built>(['base', 'build', name, '-t', tagOf(name), ...flags]);
  const { config, layers } = parsed(built.digest) as Document;
  const members = layers.flatMap(({ digest }) => readTar(gunzipSync(blob(digest))));
  sizes[[name, ...flags].join(' ')] = built.packedSize;
  return {
    ...built,
    files: new Map(members.map((member) => [member.path, member])),
    image: parsed(config.digest) as Config,
  };
}

function tagOf(name: string): string {
  return name.includes(':') ? name : `${name}:latest`;
}

/** Programs of a shell, of package managers and of a system that people work in. */
const NEVER =
  /^(?:usr\/|busybox\/)?(?:local\/)?s?bin\/(?:(?:ba|da|z|k|a|c)?sh|busybox|apt.*|dpkg.*|gem|npm|pip.*|cp|mv|ls|cat|rm|env|id|sed|grep|[gm]?awk|find|tar|gzip|curl|wget|mount|su|ps|ip|getent|iconv|ldd|login|update-.*)$/;
const DOCUMENTS = /^usr\/share\/(?:man|info|lintian|bug)\/|^usr\/share\/doc\/.*\/changelog/;

function checkStructure({ files, image, packages }: Base, suite: string): void {
  expect([...files.keys()].filter((path) => NEVER.test(path))).toEqual([]);
  expect([...files.keys()].filter((path) => DOCUMENTS.test(path))).toEqual([]);
  expect(files.get('etc/passwd')?.content.toString()).toMatch(
    /^root:x:0:0:root:\/root:\/sbin\/nologin\nnobody:x:65534:65534:.*\nnonroot:x:65532:65532:nonroot:\/home\/nonroot:\/sbin\/nologin\n/,
  );
  expect(files.get('etc/group')?.content.toString()).toMatch(/^nonroot:x:65532:$/m);
  expect(files.get('tmp')).toMatchObject({ type: 'dir', mode: 0o1777 });
  expect(files.get('root')).toMatchObject({ type: 'dir', mode: 0o700, uid: 0 });
  expect(files.get('home/nonroot')).toMatchObject({ type: 'dir', mode: 0o700, uid: 65532, gid: 65532 });
  expect(files.get('usr/lib/os-release')?.content.toString()).toMatch(
    new RegExp(`^ID="?debian"?$[^]*^VERSION_ID="${suite}"$`, 'm'),
  );
  const bundle = files.get('etc/ssl/certs/ca-certificates.crt')?.content.toString() ?? '';
  expect(bundle.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0).toBeGreaterThan(100);
  const statuses = [...files].filter(([path]) => /^var\/lib\/dpkg\/status\.d\/[^/]+$/.test(path));
  const named = statuses
    .filter(([path]) => !path.endsWith('.md5sums'))
    .map(([, { content }]) => /^Package: (.+)$/m.exec(content.toString())?.[1]);
  expect(new Set(named)).toEqual(new Set(packages.map(({ name }) => name)));
  expect(files.has('var/lib/dpkg/status')).toBe(false);
  for (const link of ['bin', 'sbin', 'lib']) {
    const node = files.get(link);
    if (node) expect(node).toMatchObject({ type: 'symlink', target: `usr/${link}` });
  }
  expect(image.config.Env).toContain('SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt');
  expect(image.config.Env.find((line) => line.startsWith('PATH='))).toContain(
    '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  );
  const [entry] = image.config.Entrypoint ?? [];
  if (entry !== undefined) expect(files.has(entry.slice(1)), entry).toBe(true);
}

/** Libraries that some program or library of the base asks for and that nothing in it is named as. */
function missingLibraries({ files }: Base): readonly string[] {
  const names = new Set([...files.keys()].map((path) => path.slice(path.lastIndexOf('/') + 1)));
  const missing = [...files.values()].flatMap(({ type, path, content }) => {
    const elf = type === 'file' ? readElf(content) : undefined;
    return (elf?.needed ?? []).filter((name) => !names.has(name)).map((name) => `${name} of ${path}`);
  });
  return missing;
}

const ALL = FAMILIES.flatMap(({ name, suites }) => suites.map((suite) => [name, suite] as const));

/** MB that the same packages take as one gzip layer of the public project's make. */
const PUBLIC: Readonly<Record<string, number>> = {
  'static-debian13': 0.85,
  'base-nossl-debian13': 5.93,
  'base-debian13': 9.49,
  'cc-debian13': 10.7,
  'python3-debian13': 22.6,
  'java-base-debian13': 11,
  'base-nossl-debian12': 5.66,
  'base-debian12': 8.17,
  'cc-debian12': 9.19,
  'static-debian12': 0.71,
};

describe('every base', () => {
  test.each(ALL)('%s on Debian %s holds what it should, and nothing else', async (family, suite) => {
    const name = `${family}-debian${suite}`;
    const base = await compose(name);
    checkStructure(base, suite);
    expect(missingLibraries(base)).toEqual([]);
    expect(base.image.config).toMatchObject({ User: '0', WorkingDir: '/' });
    expect(base.packedSize).toBeLessThanOrEqual((PUBLIC[name] ?? 100) * 1e6);
  });
});

describe('variants', () => {
  test.each(['static-debian13:nonroot', 'python3-debian12:nonroot', 'cc-debian13:lean-nonroot'])(
    '%s runs as 65532',
    async (name) => {
      const base = await compose(name);
      checkStructure(base, name.includes('12') ? '12' : '13');
      expect(base.image.config).toMatchObject({ User: '65532', WorkingDir: '/home/nonroot' });
    },
  );

  test.each(['static-debian13:debug', 'base-debian12:debug-nonroot'])(
    '%s has a busybox, in one place',
    async (name) => {
      const { files, image } = await compose(name);
      expect(image.config.Entrypoint).toEqual(['/busybox/sh']);
      expect(image.config.Env.find((line) => line.startsWith('PATH='))).toMatch(/:\/busybox$/);
      expect(files.has('busybox/ls')).toBe(true);
      expect(files.has('usr/bin/sh')).toBe(false);
      const { stdout } = await bench.need(['run', name, '-c', 'id -u; ls / | grep -c busybox']);
      expect(stdout).toBe(name.includes('nonroot') ? '65532\n1\n' : '0\n1\n');
    },
  );

  test.each([
    ['base', 9.49],
    ['cc', 10.7],
    ['python3', 22.6],
  ])('%s:lean takes at most three quarters', async (name, full) => {
    const base = await compose(`${name}-debian13:lean`);
    checkStructure(base, '13');
    expect(missingLibraries(base)).toEqual([]);
    const paths = [...base.files.keys()];
    expect(paths.filter((path) => /\/gconv\/[^/]+\.so$/.test(path))).toHaveLength(8);
    expect(
      paths.filter((path) => /^usr\/share\/doc\/[^/]+\/(?!copyright$)|ensurepip|bin\/ldconfig/.test(path)),
    ).toEqual([]);
    expect(base.packedSize).toBeLessThanOrEqual(full * 0.75 * 1e6);
  });
});

test.each(['cc-debian13', 'nodejs-debian12'])('%s is composed for another architecture', async (name) => {
  const base = await compose(name, '--platform', 'linux/arm64', '-t', `${name}:arm64`);
  checkStructure(base, name.slice(-2));
  expect(missingLibraries(base)).toEqual([]);
  expect(base.image.architecture).toBe('arm64');
  const libc = base.files.get('usr/lib/aarch64-linux-gnu/libc.so.6');
  expect(readElf(libc?.content ?? Buffer.alloc(0))?.machine).toBe(183);
});

test('made again, from a lock, elsewhere, it is the same', async () => {
  const first = await compose('cc-debian12');
  const lock = bench.path('cc.lock');
  await bench.need(['base', 'lock', 'cc-debian12', '-o', lock]);
  const again = await compose('cc-debian12', '--lock', lock);
  const other = createWorkbench();
  try {
    const variables = { TZ: 'Asia/Kathmandu', LC_ALL: 'C' };
    const elsewhere = await other.json<Built>(['base', 'build', 'cc-debian12'], { variables });
    expect([again.digest, elsewhere.digest]).toEqual([first.digest, first.digest]);
  } finally {
    other.remove();
  }
});
