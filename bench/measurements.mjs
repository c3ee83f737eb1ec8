/**
 * What is measured, and what is asked of decant. Each measurement builds in turns (decant, buildah, docker, decant, …) and
 * returns rows: `{ label, unit, values: { [builder]: median }, asked: [{ text, isMet }] }`.
 */
import { spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { need, ROOT, Stop } from '../scripts/processes.mjs';

export const MEASUREMENTS = { cold, cached, changed, thirty, packing };

/** Everything from the base image on: the compiler is downloaded and installed, the program built, the image made. */
async function cold({ folder, base, us, all }) {
  const context = calculator(folder);
  const times = await inTurns(all, 2, async (builder, round) => {
    if (builder === us && round > 0) {
      us.reset();
      await us.importBase(base);
    }
    return seconds(() => builder.build({ ...context, tag: 'bench-calculator', cache: false }));
  });
  return [row('cold build of the calculator', times, fasterThanPeers(times))];
}

/** Nothing has changed. */
async function cached({ folder, all }) {
  const context = calculator(folder);
  const build = (builder) => builder.build({ ...context, tag: 'bench-calculator', cache: true });
  for (const builder of all) await build(builder);
  const node = {
    name: 'node',
    build: () => need(process.execPath, ['-e', '0'], { env: { NODE_EXTRA_CA_CERTS: undefined } }),
  };
  const times = await inTurns([...all, node], 15, (builder) => seconds(() => build(builder)));
  const { node: start, ...builders } = times;
  const own = builders.decant - start;
  return [
    row('fully cached rebuild', builders, [
      ...whenMeasured(builders.buildah, (peer) => atMost(builders.decant, 0.25 * peer, "0.25 of buildah's")),
      {
        text: `at most 60 ms more than \`node -e 0\`: ${Math.round(own * 1000)} ms more`,
        isMet: own <= 0.06,
      },
    ]),
  ];
}

/** Most of this is the compiler, which is the same for everyone; so its own time, as the step sees it, is told beside. */
async function changed({ folder, us, all }) {
  const context = calculator(folder);
  const build = (builder) => builder.build({ ...context, tag: 'bench-calculator', cache: true });
  for (const builder of all) await build(builder);
  let lines = 0;
  const change = () =>
    appendFileSync(join(context.context, 'main.go'), `\n// Changed ${(lines += 1)} times.\n`);
  const times = await inTurns(all, 5, (builder) => {
    change();
    return seconds(() => build(builder));
  });
  const compiler = await inTurns([us], 5, () => {
    change();
    return secondsOfCompiler(us, context, folder);
  });
  return [
    row('one source line changed', times, fasterThanPeers(times)),
    row('of which the compiler alone', compiler, []),
  ];
}

/** The calculator's own Dockerfile, with a clock before and after the compiler in the same step. */
async function secondsOfCompiler(builder, { context, file }, folder) {
  const timed = join(folder, 'Dockerfile.timed');
  const output = join(folder, 'times');
  const text = readFileSync(file, 'utf8')
    .replace(/^RUN (CGO_ENABLED=.*)$/m, 'RUN date +%s.%N > /start && $1 && date +%s.%N > /end')
    .replace(/^COPY --from=.*$/m, 'COPY --from=build /start /end /');
  writeFileSync(timed, text);
  const options = { file: timed, context, tag: 'bench-timed', cache: true };
  await need(builder.program, [...builder.arguments(options), '-o', `type=local,dest=${output}`], {
    env: builder.env,
  });
  const [start, end] = ['start', 'end'].map((name) => Number(readFileSync(join(output, name), 'utf8')));
  rmSync(output, { recursive: true });
  return end - start;
}

async function thirty({ folder, all }) {
  const context = join(folder, 'thirty');
  mkdirSync(context, { recursive: true });
  const file = join(context, 'Dockerfile');
  const steps = Array.from({ length: 30 }, (_, step) => `RUN true ${step}\n`);
  writeFileSync(file, `FROM debian:bookworm\n${steps.join('')}`);
  const times = await inTurns(all, 3, (builder) =>
    seconds(() => builder.build({ file, context, tag: 'bench-thirty', cache: false })),
  );
  const perStep = (times.decant / 30) * 1000;
  return [
    row('thirty trivial RUN steps', times, [
      ...whenMeasured(times.buildah, (peer) => atMost(times.decant, 0.12 * peer, "0.12 of buildah's")),
      { text: `no more than 40 ms a step: ${perStep.toFixed(1)} ms`, isMet: perStep <= 40 },
    ]),
  ];
}

/** A layer of 1 GB, half of it noise, packed into an archive. Memory is decant's own, at its highest. */
async function packing({ folder, us }) {
  const context = join(folder, 'packing');
  mkdirSync(context, { recursive: true });
  const file = join(context, 'Dockerfile');
  writeFileSync(file, 'FROM scratch\nCOPY data /data\n');
  writeGigabyte(join(context, 'data'));
  const output = join(folder, 'packed.tar');
  const args = [
    ...us.arguments({ file, context, tag: 'bench-packing', cache: false }),
    '-o',
    `type=oci,dest=${output}`,
  ];
  const start = performance.now();
  const peak = await peakMemory(us.program, args, us.env);
  const time = (performance.now() - start) / 1000;
  rmSync(context, { recursive: true, force: true });
  rmSync(output, { force: true });
  return [
    { label: 'packing a 1 GB layer', unit: 's', values: { decant: time }, asked: [] },
    {
      label: 'its peak memory',
      unit: 'MB',
      values: { decant: peak / 1e6 },
      asked: [{ text: 'under 200 MB', isMet: peak < 200e6 }],
    },
  ];
}

function calculator(folder) {
  const context = join(folder, 'calculator');
  cpSync(join(ROOT, 'examples/calculator'), context, { recursive: true });
  return { context, file: join(context, 'Dockerfile') };
}

async function inTurns(builders, rounds, measure) {
  const all = Object.fromEntries(builders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const builder of builders) {
      all[builder.name].push(await measure(builder, round));
    }
  }
  return Object.fromEntries(Object.entries(all).map(([name, values]) => [name, median(values)]));
}

async function seconds(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function row(label, values, asked) {
  return { label, unit: 's', values, asked };
}

/** Undefined where no peer was measured. */
function fastestPeer(times) {
  const peers = Object.entries(times).filter(([name]) => name !== 'decant');
  return peers.length === 0 ? undefined : Math.min(...peers.map(([, time]) => time));
}

function fasterThanPeers(times) {
  return whenMeasured(fastestPeer(times), (peer) =>
    atMost(times.decant, 0.9 * peer, '0.9 of the faster peer'),
  );
}

function atMost(value, limit, text) {
  return { text: `at most ${text}`, isMet: value <= limit };
}

function whenMeasured(value, promise) {
  return value === undefined ? [] : [promise(value)];
}

function writeGigabyte(path) {
  const file = openSync(path, 'w');
  const block = Buffer.alloc(1 << 20, 'decant pours the application into a small, clean vessel\n');
  for (let written = 0; written < 1000; written += 1) {
    writeSync(file, written % 2 === 0 ? block : randomFillSync(Buffer.alloc(1 << 20)));
  }
  closeSync(file);
}

/** The high-water mark of a program's resident memory in bytes: its own and, one by one, that of the decants it starts. */
async function peakMemory(program, args, env) {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let peak = 0;
  const timer = setInterval(() => {
    for (const pid of family(child.pid)) peak = Math.max(peak, highWater(pid));
  }, 20);
  const status = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(timer);
  if (status !== 0) throw new Stop(`packing ended with status ${status}`);
  return peak;
}

function family(root) {
  const parents = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = /^PPid:\t(\d+)$/m.exec(statusOf(name))?.[1];
    if (parent) parents.set(Number(name), Number(parent));
  }
  const members = [root];
  for (const member of members) {
    for (const [pid, parent] of parents) if (parent === member) members.push(pid);
  }
  return members;
}

function highWater(pid) {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(statusOf(pid))?.[1] ?? 0) * 1024;
}

function statusOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return ''; // It has ended meanwhile.
  }
}
