/**
 * What a base holds against what Debian's own tools unpack of the same packages: mmdebstrap's variant `extract`, which
 * is apt and dpkg-deb without a maintainer script. Same files, modes, owners, links and contents, apart from what the
 * recipe leaves out, what hooks make, and what mmdebstrap itself puts into every system.
 */
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogueRecipe } from '../../src/distroless/catalogue/catalogue.ts';
import { leavesOut } from '../../src/distroless/merge/leave-out.ts';
import { mergedPath } from '../../src/distroless/merge/usr-merge.ts';
import { type Member, readTar } from '../differential/tar.ts';
import { mustRun } from '../support/process.ts';
import type { Workbench } from '../support/workbench.ts';
import { basesWorkbench, compose } from './bases/composed.ts';

let bench: Workbench;
beforeAll(() => {
  bench = basesWorkbench();
});
afterAll(() => bench.remove());

/** What hooks make that no package has, and instead of what; all below it where there is a slash at the end. */
const MADE: Readonly<Record<string, string>> = {
  'etc/passwd': 'the users of the public distroless images',
  'etc/group': 'the users of the public distroless images',
  'home/nonroot': 'the users of the public distroless images',
  'etc/nsswitch.conf': 'postinst of libc-bin',
  'etc/ld.so.cache': 'postinst of libc-bin: ldconfig',
  'etc/ssl/certs/ca-certificates.crt': 'postinst of ca-certificates',
  'usr/lib/ssl/': 'so that OpenSSL needs no environment',
  'run/lock': 'postinst of base-files',
  'var/lib/dpkg/status.d/': 'for scanners',
  'etc/inputrc': 'postinst of readline-common',
  'usr/bin/python': 'the public distroless images have it',
  'usr/bin/python3': 'of python3-minimal, which is left out',
  'usr/local/': 'postinst of python3: dist-packages',
  'etc/fonts/conf.d/': 'postinst of fontconfig-config',
  'etc/ssl/certs/java/cacerts': 'postinst of ca-certificates-java',
  'etc/.java/': 'postinst of the Java runtime',
  'etc/alternatives/': 'update-alternatives',
  'usr/bin/java': 'update-alternatives',
  'usr/bin/jexec': 'update-alternatives',
  'usr/bin/jpackage': 'update-alternatives',
  'usr/bin/keytool': 'update-alternatives',
  'usr/bin/rmiregistry': 'update-alternatives',
  'usr/bin/php': 'update-alternatives',
  'etc/php/': 'phpenmod and ucf',
  'etc/nginx/sites-enabled/default': 'postinst of nginx',
  'var/log/nginx/access.log': 'logs go to the standard streams',
  'var/log/nginx/error.log': 'logs go to the standard streams',
  'var/www/': 'postinst of nginx',
};

/** What packages have and composing has otherwise. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'usr/lib/os-release': 'the name says that it is not a whole Debian',
  'var/lock': 'postinst of base-files: a link into /run',
  'var/run': 'postinst of base-files: a link to /run',
};

/** What mmdebstrap has in every system, whatever is unpacked; the root itself. */
const OF_MMDEBSTRAP =
  /^$|^(?:dev|etc\/apt|etc\/dpkg|var\/(?:lib|cache|log)\/apt|var\/lib\/dpkg)(?:\/|$)|^etc\/(?:fstab|hostname|resolv\.conf)$/;

const isMade = (path: string): boolean =>
  Object.keys(MADE).some((made) => `${path}/`.startsWith(made.endsWith('/') ? made : `${made}/`));

interface Locked {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly size: number;
  readonly digest: string;
}

/** The packages of a base, unpacked by mmdebstrap out of an archive that has nothing else and asks for nothing else. */
async function extracted(name: string): Promise<readonly Member[]> {
  const [lock, archive, tar] = ['lock', 'archive', 'extracted.tar'].map((file) =>
    bench.path(`${name}-${file}`),
  ) as [string, string, string];
  await bench.need(['base', 'lock', name, '--platform', 'linux/amd64', '-o', lock]);
  const { architectures } = JSON.parse(readFileSync(lock, 'utf8')) as {
    architectures: Record<string, readonly Locked[]>;
  };
  const packages = Object.values(architectures).flat();
  mkdirSync(archive);
  const stanzas = packages.map(({ name: of, version, architecture, size, digest }) => {
    const file = `${of}.deb`;
    copyFileSync(join(bench.home, 'blobs', digest.replace(':', '/')), join(archive, file));
    chmodSync(join(archive, file), 0o644);
    const fields = { Package: of, Version: version, Architecture: architecture, Filename: `./${file}` };
    const lines = Object.entries({ ...fields, Size: size, SHA256: digest.slice('sha256:'.length) });
    return lines.map(([key, value]) => `${key}: ${value}\n`).join('');
  });
  writeFileSync(join(archive, 'Packages'), stanzas.join('\n'));
  const include = packages.map(({ name: of }) => of).join(',');
  const source = `deb [trusted=yes] copy:${archive} ./`;
  await mustRun(['mmdebstrap', '--quiet', '--variant=extract', `--include=${include}`, '', tar, source]);
  return readTar(readFileSync(tar));
}

/** Each path where it is with /usr merged, hard links as the files that they are. */
function byPath(members: Iterable<Member>): ReadonlyMap<string, Member> {
  const all = new Map<string, Member>();
  for (const member of members) {
    const path = mergedPath(member.path);
    const file = member.type === 'link' ? all.get(mergedPath(member.target)) : undefined;
    // A link of /usr in one package, and a directory in another.
    if (path === member.path || !all.has(path)) all.set(path, { ...(file ?? member), path });
  }
  return all;
}

function described({ type, mode, uid, gid, target, content }: Member): string {
  const sum = createHash('sha256').update(content).digest('hex');
  return `${type} ${mode.toString(8)} ${uid}:${gid} ${type === 'file' ? sum : target}`;
}

test.each([
  ['python3', '12'],
  ['python3', '13'],
  ['java17', '12'],
  ['php-cli', '13'],
  ['nginx', '12'],
] as const)('%s on Debian %s has what its packages have', async (family, suite) => {
  const name = `${family}-debian${suite}`;
  const ours = byPath((await compose(bench, name)).files().values());
  const theirs = byPath(await extracted(name));
  const isLeftOut = leavesOut(catalogueRecipe(family, suite)?.leaveOut ?? []);
  const [here, there] = [[...ours.keys()], [...theirs.keys()]];

  const lacking = there.filter((path) => !ours.has(path) && !OF_MMDEBSTRAP.test(path));
  expect(lacking.filter((path) => !isLeftOut(path))).toEqual([]);
  expect(lacking).toContain('usr/share/doc/libc6/changelog.Debian.gz');
  expect(here.filter((path) => !theirs.has(path) && !isMade(path))).toEqual([]);

  const both = here.filter((path) => theirs.has(path) && !(path in DIFFERENT));
  expect(both.length).toBeGreaterThan(500);
  const lines = (of: ReadonlyMap<string, Member>): readonly string[] =>
    both.map((path) => `${path} ${described(of.get(path) as Member)}`);
  expect(lines(ours)).toEqual(lines(theirs));
});
