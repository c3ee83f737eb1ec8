/**
 * What a fresh clone needs before anything in it works: npm packages, the built program, and Debian packages.
 * `npm run demo` and `npm test` begin here. Nothing that is in place already is done again.
 */
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { findProgram, need, ROOT, Stop } from './processes.mjs';

/** Program → Debian package. */
const DEMO_TOOLS = {
  bwrap: 'bubblewrap',
  newuidmap: 'uidmap',
  getfattr: 'attr',
  tar: 'tar',
};
const TEST_TOOLS = {
  ...DEMO_TOOLS,
  mmdebstrap: 'mmdebstrap',
  gpgv: 'gpgv',
  xz: 'xz-utils',
  zstd: 'zstd',
  'qemu-aarch64-static': 'qemu-user-static',
  skopeo: 'skopeo',
  'docker-registry': 'docker-registry',
  buildah: 'buildah',
  podman: 'podman',
  umoci: 'umoci',
  runc: 'runc',
  busybox: 'busybox-static',
  openssl: 'openssl',
  git: 'git',
  'ssh-agent': 'openssh-client',
  bzip2: 'bzip2',
  gcc: 'gcc',
  readelf: 'binutils',
  keytool: 'default-jre-headless',
  script: 'bsdutils',
  tmux: 'tmux',
  chromium: 'chromium',
};
/** The long tests start Docker's own builder too. */
const SOAK_TOOLS = { ...TEST_TOOLS, dockerd: 'docker.io' };
const TOOLS = { demo: DEMO_TOOLS, test: TEST_TOOLS, soak: SOAK_TOOLS };

export async function setUp(purpose) {
  await installPackages();
  await build();
  await installTools(TOOLS[purpose]);
}

async function installPackages() {
  const installed = modified('node_modules/.package-lock.json');
  if (installed >= modified('package-lock.json')) return;
  // A worktree may share the folder of another through a link, which npm would follow to empty it.
  if (installed > 0 && lstatSync(join(ROOT, 'node_modules')).isSymbolicLink()) return;
  tell('installing the npm packages');
  await need('npm', ['ci', '--include=dev', '--loglevel=error']);
}

async function build() {
  const sources = ['src', 'scripts', 'tsdown.config.ts', 'package-lock.json'].map(newest);
  if (modified('dist/start/program.v8') >= Math.max(...sources)) return;
  tell('building decant');
  await need('npm', ['run', 'build', '--silent']);
}

async function installTools(tools) {
  const missing = missingPackages(tools);
  if (missing.length > 0) {
    const isDebian = existsSync('/etc/debian_version') && findProgram('apt-get');
    if (!isDebian || process.getuid?.() !== 0) {
      throw new Stop(howToInstall(isDebian, missing), 5);
    }
    tell(`installing ${missing.join(', ')}`);
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const patience = ['-qq', '-o', 'DPkg::Lock::Timeout=300'];
    await need('apt-get', [...patience, 'update'], { env });
    await need('apt-get', [...patience, 'install', '-y', '--no-install-recommends', ...missing], { env });
    const still = missingPackages(tools);
    if (still.length > 0)
      throw new Stop(`apt-get has installed them, and yet nothing works of: ${still.join(' ')}`, 5);
  }
  checkSubordinateIds();
}

function howToInstall(isDebian, packages) {
  const names = packages.join(' ');
  return isDebian
    ? `system programs are missing; install them with: sudo apt-get install ${names}`
    : `system programs are missing; install what your distribution calls these Debian packages: ${names}`;
}

/** An ordinary user's build runs as many users as a system has: it needs a range of ids to lend to them. */
function checkSubordinateIds() {
  const { uid, username } = userInfo();
  if (uid === 0) return;
  for (const file of ['/etc/subuid', '/etc/subgid']) {
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
    if (lines.some((line) => line.startsWith(`${username}:`) || line.startsWith(`${uid}:`))) continue;
    const hint = `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${username}`;
    throw new Stop(`${file} has no range for the user ${username}\nhint: run \`${hint}\``, 5);
  }
}

function missingPackages(tools) {
  return Object.entries(tools)
    .filter(([program]) => !findProgram(program))
    .map(([, name]) => name);
}

/** Milliseconds; 0 for what does not exist. */
function modified(path) {
  return statSync(join(ROOT, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The latest change of a file or of anything below a folder. A folder's own time tells of files removed from it. */
function newest(path) {
  const own = modified(path);
  if (!statSync(join(ROOT, path)).isDirectory()) return own;
  return Math.max(own, ...readdirSync(join(ROOT, path)).map((name) => newest(join(path, name))));
}

function tell(message) {
  process.stderr.write(`setup: ${message}\n`);
}
