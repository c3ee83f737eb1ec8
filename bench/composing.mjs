/**
 * The base `python3` composed of packages that are in the store already, beside what the same packages take with Debian's own
 * tools: each unpacked by dpkg-deb, and all of it packed by tar and gzip. Each round has a store of its own that has the packages,
 * what the store keeps of packages that were read, and nothing that was ever packed.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { need } from '../scripts/processes.mjs';
import { inTurns, peakMemory, row, seconds } from './measuring.mjs';

const BASE = 'python3-debian12';
const ROUNDS = 5;
const MAX_SECONDS = 3;
const MAX_MEMORY = 200e6;

export async function composing({ folder, us }) {
  const kept = join(folder, 'composing-packages');
  const env = { ...us.env, DECANT_HOME: kept };
  // Composes it to look at it: the packages are fetched, and nothing is packed.
  await need(us.program, ['base', 'diff', BASE, BASE, '--progress', 'quiet'], { env });
  const packages = await packagePaths(us, env, folder);
  const compose = ['base', 'build', BASE, '--offline', '--progress', 'quiet'];
  const fresh = (work) => withStore(folder, kept, (home) => work({ ...us.env, DECANT_HOME: home }));
  const ways = {
    decant: () => fresh((own) => seconds(() => need(us.program, compose, { env: own }))),
    'dpkg-deb': () => withTarget(folder, (target) => seconds(() => unpackAndPack(packages, target))),
  };
  const programs = Object.keys(ways).map((name) => ({ name }));
  const times = await inTurns(programs, ROUNDS, ({ name }) => ways[name]());
  const peak = await fresh((own) => peakMemory(us.program, compose, own));
  return [
    row('composing python3, packages in the store', times, [
      { text: `at most ${MAX_SECONDS} s`, isMet: times.decant <= MAX_SECONDS },
    ]),
    {
      label: 'its peak memory',
      unit: 'MB',
      values: { decant: peak / 1e6 },
      asked: [{ text: `under ${MAX_MEMORY / 1e6} MB`, isMet: peak < MAX_MEMORY }],
    },
  ];
}

/** The packages as files, by the lock of the base. */
async function packagePaths(us, env, folder) {
  const file = join(folder, 'composing.lock');
  await need(us.program, ['base', 'lock', BASE, '--offline', '--platform', 'linux', '-o', file], { env });
  const { architectures } = JSON.parse(readFileSync(file, 'utf8'));
  return Object.values(architectures)
    .flat()
    .map(({ digest }) => join(env.DECANT_HOME, 'blobs', digest.replace(':', '/')));
}

async function unpackAndPack(packages, target) {
  const script = join(target, 'script');
  writeFileSync(
    script,
    [
      'set -eu',
      'for package in "$@"; do dpkg-deb -x "$package" root; done',
      'tar --sort=name --numeric-owner -C root -c . | gzip -6 -n > layer.tar.gz',
      'sha256sum layer.tar.gz > digest',
    ].join('\n'),
  );
  await need('bash', ['-c', `cd "$0" && . ./script`, target, ...packages]);
}

async function withStore(folder, kept, work) {
  const home = join(folder, 'composing-store');
  cpSync(kept, home, { recursive: true });
  try {
    return await work(home);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function withTarget(folder, work) {
  const target = join(folder, 'composing-target');
  mkdirSync(join(target, 'root'), { recursive: true });
  try {
    return await work(target);
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}
