/**
 * A Debian 12 root filesystem as a tar archive, made by mmdebstrap (a Debian package) from the mirror that this machine's
 * own apt uses, or from DECANT_DEBIAN_MIRROR.
 *
 * It has what the official `debian:bookworm` image has: the same package set (minbase), and an apt that keeps neither
 * downloaded packages nor translations, so that an image built on it is no larger than one built on the official base.
 */
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { need, Stop } from './processes.mjs';

/** Writes the archive to a file. The same packages give the same archive. */
export async function makeDebianBase(file) {
  const sources = await debianSources();
  const output = openSync(file, 'w');
  try {
    await mmdebstrap(output, sources, await carriedAptSettings());
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(output);
  }
}

const SUITE = 'bookworm';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const RELEASE_DAY = String(Date.UTC(2023, 5, 10) / 1000);

const SMALL_APT = `\
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb || true"; };
Acquire::GzipIndexes "true";
Acquire::Languages "none";
`;

async function mmdebstrap(output, sources, settings) {
  const args = ['--quiet', '--variant=minbase', '--format=tar'];
  args.push(process.getuid() === 0 ? '--mode=root' : '--mode=unshare');
  // apt's own caches hold times of this run.
  for (const setting of ['Dir::Cache::pkgcache "";', 'Dir::Cache::srcpkgcache "";', ...settings]) {
    args.push(`--aptopt=${setting}`);
  }
  // mmdebstrap leaves this machine's name and name servers behind.
  args.push('--customize-hook=rm -f "$1/etc/hostname" "$1/etc/resolv.conf"');
  args.push('--customize-hook=printf %s "$SMALL_APT" > "$1/etc/apt/apt.conf.d/docker-clean"');
  args.push(SUITE, '-', '-');
  const env = { ...process.env, SMALL_APT, SOURCE_DATE_EPOCH: RELEASE_DAY };
  const child = spawn('mmdebstrap', args, { env, stdio: ['pipe', output, 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  child.stdin.on('error', () => {}); // It ended before reading its sources: its status tells why.
  child.stdin.end(sources);
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (status !== 0) {
    throw new Stop(
      `mmdebstrap ended with status ${status}\n${said.trimEnd().split('\n').slice(-15).join('\n')}`,
      4,
    );
  }
}

/** Lines for apt's sources.list. */
async function debianSources() {
  const option = existsSync(KEYRING) ? `[signed-by=${KEYRING}] ` : '';
  const mirror = process.env.DECANT_DEBIAN_MIRROR;
  const suites = mirror ? [{ uri: mirror, suite: SUITE }] : await suitesOfThisMachine();
  return suites.map(({ uri, suite }) => `deb ${option}${uri} ${suite} main\n`).join('');
}

/** The suites this machine's apt reads, under the name they have in the release we want. */
async function suitesOfThisMachine() {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const codename = /^VERSION_CODENAME=(\w+)$/m.exec(release)?.[1];
  const setMirror =
    'hint: set DECANT_DEBIAN_MIRROR to the address of a Debian mirror (the folder that has dists/)';
  if (!/^ID=debian$/m.test(release) || !codename) {
    throw new Stop(`this machine is not a Debian system, so its apt knows no Debian mirror\n${setMirror}`, 5);
  }
  const format = ['--format', '$(REPO_URI) $(RELEASE) $(COMPONENT)', 'Identifier: Packages'];
  const rows = (await need('apt-get', ['indextargets', ...format]))
    .split('\n')
    .map((line) => line.split(' '));
  const found = new Map();
  for (const [uri, suite, component] of rows) {
    const [, name, suffix] = /^(\w+)(-updates|-security)?$/.exec(suite ?? '') ?? [];
    if (component === 'main' && (name === codename || name === 'stable'))
      found.set(`${SUITE}${suffix ?? ''}`, uri);
  }
  if (!found.has(SUITE)) throw new Stop(`this machine's apt has no source for ${codename}\n${setMirror}`, 5);
  return [...found].map(([suite, uri]) => ({ uri, suite }));
}

/** Settings without which an apt inside the base could not reach the same mirror: proxies, and dates not to check. */
async function carriedAptSettings() {
  const settings = (await need('apt-config', ['dump', '--format', '%F "%v";%n'])).split('\n');
  return settings.filter((line) => /^Acquire::(https?::Proxy|Check-Valid-Until|Check-Date)[: ]/.test(line));
}
