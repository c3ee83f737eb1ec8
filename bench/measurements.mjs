/**
 * What is measured, and what is asked of decant. Each measurement builds in turns (decant, buildah, docker, decant, …) and
 * returns rows: `{ label, unit, values: { [builder]: median }, asked: [{ text, isMet }] }`.
 */
import { randomFillSync } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { need, ROOT } from '../scripts/processes.mjs';
import { composing } from './composing.mjs';
import { atMost, fasterThanPeers, inTurns, peakMemory, row, seconds, whenMeasured } from './measuring.mjs';
import { registry } from './registry.mjs';
import { growth, sleeps, tree } from './tree.mjs';

export const MEASUREMENTS = {
  cold,
  cached,
  changed,
  thirty,
  packing,
  composing,
  tree,
  growth,
  sleeps,
  registry,
  audit,
};

/** Those that need neither a base image nor other builders. */
export const ALONE = new Set(['packing', 'composing', 'growth', 'registry', 'audit']);

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
    .replace(/^ +(CGO_ENABLED=.*)$/m, '    date +%s.%N > /start && $1 && date +%s.%N > /end')
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

/** Surface, secrets and records of an image of a gigabyte, beside the digest of the same bytes as files. */
async function audit({ folder, us }) {
  const context = join(folder, 'audit');
  mkdirSync(context, { recursive: true });
  const file = join(context, 'Dockerfile');
  writeFileSync(file, 'FROM scratch\nCOPY data /data\n');
  const data = join(context, 'data');
  writeGigabyte(data);
  const results = [];
  for (const compression of ['uncompressed', 'gzip']) {
    const output = join(folder, `audit-${compression}`);
    const build = us.arguments({ file, context, tag: 'bench-audit', cache: false });
    await need(us.program, [...build, '-o', `type=oci,tar=false,compression=${compression},dest=${output}`], {
      env: us.env,
    });
    const args = ['audit', `oci:${output}`];
    let peak = 0;
    const times = { decant: [], sha256sum: [] };
    for (let round = 0; round < 3; round += 1) {
      times.sha256sum.push(await seconds(() => need('sha256sum', [data])));
      times.decant.push(
        await seconds(async () => {
          peak = Math.max(peak, await peakMemory(us.program, args, us.env));
        }),
      );
    }
    rmSync(output, { recursive: true, force: true });
    const [own, peer] = [Math.min(...times.decant), Math.min(...times.sha256sum)];
    results.push(
      {
        label: `audit of a 1 GB image, ${compression}`,
        unit: 's',
        values: { decant: own, sha256sum: peer },
        asked: [atMost(own, 1.5 * peer, "1.5 of sha256sum's")],
      },
      {
        label: 'its peak memory',
        unit: 'MB',
        values: { decant: peak / 1e6 },
        asked: [{ text: 'under 300 MB', isMet: peak < 300e6 }],
      },
    );
  }
  rmSync(context, { recursive: true, force: true });
  return results;
}

function calculator(folder) {
  const context = join(folder, 'calculator');
  cpSync(join(ROOT, 'examples/calculator'), context, { recursive: true });
  return { context, file: join(context, 'Dockerfile') };
}

function writeGigabyte(path) {
  const file = openSync(path, 'w');
  const block = Buffer.alloc(1 << 20, 'decant pours the application into a small, clean vessel\n');
  for (let written = 0; written < 1000; written += 1) {
    writeSync(file, written % 2 === 0 ? block : randomFillSync(Buffer.alloc(1 << 20)));
  }
  closeSync(file);
}
