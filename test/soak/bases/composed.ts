/** Bases composed by the program, read back from its store, and what every one of them has to be. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, inject } from 'vitest';
import { readElf } from '../../../src/codec/elf.ts';
import type { Member } from '../../differential/tar.ts';
import { readTar } from '../../differential/tar.ts';
import { SELF } from '../../support/users.ts';
import { createWorkbench, type Workbench } from '../../support/workbench.ts';

interface Built {
  readonly digest: string;
  readonly packedSize: number;
  readonly packages: readonly { readonly name: string; readonly version: string }[];
}

interface Document {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
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

export interface Base extends Built {
  readonly layers: Document['layers'];
  /** By path, as all layers together have it. Read when it is asked for: a base may be large. */
  readonly files: () => ReadonlyMap<string, Member>;
  readonly image: Config;
}

/** A workbench with the store of all bases. */
export function basesWorkbench(): Workbench {
  return createWorkbench(SELF, inject('basesStore'));
}

export async function compose(bench: Workbench, name: string, ...flags: string[]): Promise<Base> {
  const blob = (digest: string): Buffer => readFileSync(join(bench.home, 'blobs', digest.replace(':', '/')));
  const parsed = (digest: string): unknown => JSON.parse(blob(digest).toString());
  const built = await bench.json<Built>(['base', 'build', name, '-t', tagOf(name), ...flags]);
  const { config, layers } = parsed(built.digest) as Document;
  let files: ReadonlyMap<string, Member> | undefined;
  const read = (): ReadonlyMap<string, Member> =>
    new Map(layers.flatMap(({ digest }) => membersOf(digest, blob).map((member) => [member.path, member])));
  return { ...built, layers, files: () => (files ??= read()), image: parsed(config.digest) as Config };
}

/** Layers that were read last; those of one base and its variants are the same for the most part. */
const READ = new Map<string, readonly Member[]>();
const MAX_READ = 12;

function membersOf(digest: string, blob: (digest: string) => Buffer): readonly Member[] {
  const members = READ.get(digest) ?? readTar(gunzipSync(blob(digest)));
  READ.delete(digest);
  READ.set(digest, members);
  for (const [oldest] of READ) if (READ.size > MAX_READ) READ.delete(oldest);
  return members;
}

/** The name that `compose` gives, for `decant run`. */
export function tagOf(name: string): string {
  if (name.endsWith('.yaml')) return 'recipe:latest';
  return name.includes(':') ? name : `${name}:latest`;
}

/** Programs of a shell, of package managers and of a system that people work in. */
const NEVER =
  /^(?:usr\/|busybox\/)?(?:local\/)?s?bin\/(?:(?:ba|da|z|k|a|c)?sh|busybox|apt.*|dpkg.*|gem|npm|pip.*|cp|mv|ls|cat|rm|env|id|sed|grep|[gm]?awk|find|tar|gzip|curl|wget|mount|su|ps|ip|getent|iconv|ldd|login|update-.*)$/;
/** Where the debug variants have it, and nowhere else: there is no /bin/sh even there. */
const BUSYBOX = /^busybox\/|^usr\/bin\/busybox$/;
const DOCUMENTS = /^usr\/share\/(?:man|info|lintian|bug)\/|^usr\/share\/doc\/.*\/changelog/;

export function checkStructure(base: Base, suite: string): void {
  const { image, packages } = base;
  const files = base.files();
  const isDebug = image.config.Entrypoint?.[0] === '/busybox/sh';
  const programs = [...files.keys()].filter((path) => NEVER.test(path));
  expect(isDebug ? programs.filter((path) => !BUSYBOX.test(path)) : programs).toEqual([]);
  expect(isDebug).toBe(files.has('busybox/sh'));
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
  expect([...files.keys()].filter((path) => /(?:^|\/)\.wh\./.test(path))).toEqual([]);
  for (const { path, mode, type } of files.values()) if (type === 'file') expect(mode & 0o6000, path).toBe(0);
}

/** Libraries that some program or library of the base asks for and that nothing in it is named as. */
export function missingLibraries(base: Base): readonly string[] {
  const files = base.files();
  const names = new Set([...files.keys()].map((path) => path.slice(path.lastIndexOf('/') + 1)));
  return [...files.values()].flatMap((member) =>
    neededBy(member)
      .filter((name) => !names.has(name))
      .map((name) => `${name} of ${member.path}`),
  );
}

const NEEDED = new WeakMap<Member, readonly string[]>();

function neededBy(member: Member): readonly string[] {
  const known = NEEDED.get(member);
  if (known) return known;
  const needed = (member.type === 'file' ? readElf(member.content)?.needed : undefined) ?? [];
  NEEDED.set(member, needed);
  return needed;
}
