/**
 * An image of 1 GB in six layers to a registry on loopback and back, with decant and with skopeo, in turns. Each push goes to a
 * registry that was started for it and has nothing; each pull into a new store, or a new folder. Nothing that the disk has yet to
 * write is left over from the turn before.
 */
import { spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { need, run, Stop } from '../scripts/processes.mjs';
import { atMost, inTurns, median, peakMemory, row } from './measuring.mjs';

const LAYERS = 6;
const MEGABYTES = 1000;
const ROUNDS = 5;
const MAX_MEMORY = 150e6;

export async function registry({ folder, us }) {
  const layout = await makeImage(folder, us);
  const store = join(folder, 'registry-store');
  const withStore = (home) => ({ ...us.env, DECANT_HOME: home });
  await need(us.program, ['copy', `oci:${layout}:large`, 'store:large'], { env: withStore(store) });
  const pushes = {
    decant: (host) => [us.program, ['push', '-q', 'large', `${host}/large:1`], withStore(store)],
    skopeo: (host) => [
      'skopeo',
      ['copy', '-q', '--dest-tls-verify=false', `oci:${layout}:large`, `docker://${host}/large:1`],
      {},
    ],
  };
  const pulls = {
    decant: (host, target) => [us.program, ['pull', '-q', `${host}/large:1`], withStore(target)],
    skopeo: (host, target) => [
      'skopeo',
      ['copy', '-q', '--src-tls-verify=false', `docker://${host}/large:1`, `oci:${target}:large`],
      {},
    ],
  };
  const programs = Object.keys(pushes).map((name) => ({ name }));
  const processor = { push: {}, pull: {} };
  const pushed = await inTurns(programs, ROUNDS, ({ name }) =>
    withRegistry(folder, (host) => timed(pushes[name](host), (processor.push[name] ??= []))),
  );
  const rows = await withRegistry(folder, async (host) => {
    await once(pushes.skopeo(host));
    const pulled = await inTurns(programs, ROUNDS, ({ name }) =>
      withTarget(folder, (target) => timed(pulls[name](host, target), (processor.pull[name] ??= []))),
    );
    const pulling = await withTarget(folder, (target) => peakMemory(...pulls.decant(host, target)));
    return [
      compared('pull of 1 GB in six layers', pulled),
      ofProcessor(processor.pull),
      memory('its peak memory', pulling),
    ];
  });
  const pushing = await withRegistry(folder, (host) => peakMemory(...pushes.decant(host)));
  return [
    compared('push of 1 GB in six layers', pushed),
    ofProcessor(processor.push),
    memory('its peak memory', pushing),
    ...rows,
  ];
}

function compared(label, times) {
  return row(label, times, [atMost(times.decant, times.skopeo, "skopeo's time")]);
}

/** What a busy machine does not change as much as the time that passes. */
function ofProcessor(times) {
  const values = Object.fromEntries(Object.entries(times).map(([name, each]) => [name, median(each)]));
  return row('processor time of it', values, []);
}

function memory(label, bytes) {
  return {
    label,
    unit: 'MB',
    values: { decant: bytes / 1e6 },
    asked: [{ text: 'under 150 MB', isMet: bytes < MAX_MEMORY }],
  };
}

/** Noise: nothing of it can be compressed, so what is measured is moving bytes. */
async function makeImage(folder, us) {
  const context = join(folder, 'large');
  mkdirSync(context, { recursive: true });
  const names = Array.from({ length: LAYERS }, (_, layer) => `data-${layer}`);
  for (const name of names) writeNoise(join(context, name), Math.round(MEGABYTES / LAYERS));
  writeFileSync(
    join(context, 'Dockerfile'),
    ['FROM scratch', ...names.map((name) => `COPY ${name} /`), ''].join('\n'),
  );
  const layout = join(folder, 'large-layout');
  const output = `type=oci,tar=false,dest=${layout},compression-level=1`;
  await need(us.program, ['build', '--progress', 'quiet', '-t', 'large', '-o', output, context], {
    env: us.env,
  });
  rmSync(context, { recursive: true });
  us.reset();
  await need('skopeo', ['copy', '-q', `oci:${layout}`, `oci:${layout}-tagged:large`]);
  rmSync(layout, { recursive: true });
  return `${layout}-tagged`;
}

function writeNoise(path, megabytes) {
  const file = openSync(path, 'w');
  const block = Buffer.alloc(1 << 20);
  for (let written = 0; written < megabytes; written += 1) writeSync(file, randomFillSync(block));
  closeSync(file);
}

/** Seconds that pass; the seconds of processors are added to the list. */
async function timed([program, args, env], processor) {
  await need('sync', []);
  const command = 'TIMEFORMAT="%U %S"; time "$0" "$@" 2>/dev/null';
  const start = performance.now();
  const { status, stderr } = await run('bash', ['-c', command, program, ...args], { env });
  const passed = (performance.now() - start) / 1000;
  if (status !== 0) throw new Stop(`${program} ${args[0]} ended with status ${status}`);
  const [user, system] = stderr.trim().split(' ').map(Number);
  processor.push(user + system);
  return passed;
}

const once = ([program, args, env]) => need(program, args, { env });

async function withTarget(folder, work) {
  const target = join(folder, 'pulled');
  try {
    return await work(target);
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

/** Debian's docker-registry with nothing in it, for as long as the work lasts. */
async function withRegistry(folder, work) {
  const data = join(folder, 'registry');
  const port = await freePort();
  const config = join(folder, 'registry.yml');
  // JSON is YAML.
  writeFileSync(
    config,
    JSON.stringify({
      version: '0.1',
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: data } },
      http: { addr: `127.0.0.1:${port}`, secret: 'of the measurement' },
    }),
  );
  const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
  const ended = new Promise((resolve) => {
    child.once('error', resolve);
    child.once('close', resolve);
  });
  try {
    await answers(port, ended);
    return await work(`localhost:${port}`);
  } finally {
    child.kill();
    await ended;
    rmSync(data, { recursive: true, force: true });
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(port, ended) {
  let isOver = false;
  void ended.then(() => (isOver = true));
  for (;;) {
    if (isOver) throw new Stop('docker-registry does not start');
    const isOpen = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
