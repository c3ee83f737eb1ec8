/**
 * The builders that are measured, behind one small shape: `build` runs the builder's own command line once, from start to
 * end, on a store of its own. Whatever a builder needs beforehand (a daemon, the base image) is not part of a measurement.
 */
import { mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { findProgram, need, ROOT, run } from '../scripts/processes.mjs';

const BASE = 'debian:bookworm';
// What the peers would not read, and what costs every Node program a quarter of its start.
const QUIET = { NODE_EXTRA_CA_CERTS: undefined };

export function decant(folder) {
  const program = join(ROOT, 'bin/decant');
  const env = { ...QUIET, DECANT_HOME: join(folder, 'decant') };
  const arguments_ = ({ file, context, tag, cache }) => [
    'build',
    '--progress',
    'quiet',
    '--network',
    'host',
    ...noCache(cache),
    '-f',
    file,
    '-t',
    tag,
    context,
  ];
  return {
    name: 'decant',
    program,
    env,
    version: async () => (await need(program, ['--version'], { env })).trim(),
    importBase: (tar) => need(program, ['import', tar, BASE], { env }),
    arguments: arguments_,
    build: (options) => need(program, arguments_(options), { env }),
    /** Forgets everything, so that the next build also unpacks the base anew. */
    reset: () => rmSync(env.DECANT_HOME, { recursive: true, force: true }),
    stop: async () => {},
  };
}

export async function buildah(folder) {
  if (!findProgram('buildah')) return undefined;
  const store = [
    '--root',
    join(folder, 'buildah'),
    '--runroot',
    join(folder, 'buildah-run'),
    '--storage-driver',
    'overlay',
  ];
  const isolation = findProgram('runc')
    ? ['--isolation', 'oci', '--runtime', 'runc']
    : ['--isolation', 'chroot'];
  const builder = {
    name: 'buildah',
    version: async () => (await need('buildah', ['--version'])).split(' ')[2],
    importBase: async (tar) => {
      const container = (await need('buildah', [...store, 'from', 'scratch'])).trim();
      await need('buildah', [...store, 'add', '--quiet', container, tar, '/']);
      await need('buildah', [...store, 'commit', '--quiet', '--rm', container, BASE]);
    },
    build: ({ file, context, tag, cache }) =>
      need('buildah', [
        ...store,
        'build',
        '--quiet',
        '--layers',
        ...isolation,
        '--network',
        'host',
        ...noCache(cache),
        '-f',
        file,
        '-t',
        tag,
        context,
      ]),
    /** @param archive Gets the image as an OCI archive, its layers compressed. */
    export: async (options, archive) => {
      await builder.build(options);
      await need('buildah', [...store, 'push', '--quiet', options.tag, `oci-archive:${archive}`]);
    },
    stop: async () => {
      await run('buildah', [...store, 'rm', '--all']);
      await run('buildah', [...store, 'rmi', '--all', '--force']);
    },
  };
  return builder;
}

/** Docker's builder (BuildKit), behind a daemon of its own. Undefined with a word on standard error where it cannot run. */
export async function docker(folder) {
  const client = await clientWithBuildKit();
  if (!client || !findProgram('dockerd') || process.getuid() !== 0) return undefined;
  const data = join(folder, 'docker');
  const socket = join(folder, 'docker.sock');
  const state = join(folder, 'docker-run');
  mkdirSync(data, { recursive: true });
  // dockerd makes its data root's mount private, which it can do only where the folder is a mount.
  await need('mount', ['--bind', data, data]);
  const log = join(folder, 'dockerd.log');
  const output = openSync(log, 'w');
  const daemon = spawn(
    findProgram('dockerd'),
    [
      '--host',
      `unix://${socket}`,
      '--data-root',
      data,
      '--exec-root',
      state,
      '--pidfile',
      join(folder, 'dockerd.pid'),
      '--iptables=false',
      '--ip6tables=false',
      '--bridge=none',
    ],
    { stdio: ['ignore', output, output] },
  );
  const ended = new Promise((resolve) => {
    daemon.once('error', resolve);
    daemon.once('close', resolve);
  });
  const stop = async () => {
    daemon.kill('SIGTERM');
    await ended;
    await run('umount', ['--lazy', join(state, 'netns/default')]);
    await run('umount', ['--lazy', data]);
  };
  const env = {
    DOCKER_HOST: `unix://${socket}`,
    DOCKER_BUILDKIT: '1',
    DOCKER_CONFIG: join(folder, 'docker-config'),
  };
  if (!(await answers(client, env))) {
    await stop();
    process.stderr.write(`dockerd does not start here and is left out: ${lastLine(log)}\n`);
    return undefined;
  }
  const builder = {
    name: 'docker',
    version: async () => (await need(client, ['version', '--format', '{{.Server.Version}}'], { env })).trim(),
    importBase: (tar) => need(client, ['import', tar, BASE], { env }),
    build: ({ file, context, tag, cache }) =>
      need(
        client,
        ['build', '--quiet', '--network', 'host', ...noCache(cache), '-f', file, '-t', tag, context],
        { env },
      ),
    /** The daemon has no exporter of OCI archives: what `docker save` gives, compressed on all processors. */
    export: async (options, archive) => {
      await builder.build(options);
      const compressor = findProgram('pigz') ? 'pigz' : 'gzip';
      const script = `"$1" save "$2" | ${compressor} -6 > "$3"`;
      await need('sh', ['-c', script, 'sh', client, options.tag, archive], { env });
    },
    stop,
  };
  return builder;
}

function noCache(cache) {
  return cache ? [] : ['--no-cache'];
}

/** Newer clients build through a plugin; the one of Debian's docker.io has BuildKit's client built in. */
async function clientWithBuildKit() {
  for (const client of [findProgram('docker'), '/usr/bin/docker']) {
    if (!client) continue;
    const help = await run(client, ['build', '--help'], { env: { DOCKER_BUILDKIT: '1' } });
    if (help.stdout.includes('--secret')) return client;
  }
  return undefined;
}

async function answers(client, env) {
  for (let attempt = 0; attempt < 60; attempt++) {
    if ((await run(client, ['version'], { env })).status === 0) return true;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return false;
}

function lastLine(file) {
  return readFileSync(file, 'utf8').trimEnd().split('\n').at(-1);
}
