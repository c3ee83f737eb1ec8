/**
 * Large contexts and many stages: a tree of 1.1 GB in 50 000 files copied into `scratch` and exported as a compressed OCI
 * archive, beside the peers and beside the least that anybody could do (`tar`, compressed on all processors, hashed); the
 * same with nothing changed; how it grows; and stages that wait side by side.
 */
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, need } from '../scripts/processes.mjs';
import { atMost, fastestPeer, inTurns, peakMemory, row, seconds, whenMeasured } from './measuring.mjs';

const FILES = 50_000;
/** 22 kB each on average: 1.1 GB in 50 000. */
const MEAN_BYTES = 22_000;
const FILES_IN_A_FOLDER = 100;

export async function tree({ folder, us, all }) {
  const context = makeContext(join(folder, 'tree'), FILES);
  const limit = { name: 'limit', exports: () => leastPossible(context.context, join(folder, 'least')) };
  const exporting = all.map((builder) => ({
    name: builder.name,
    exports: exporter(builder, context, folder),
  }));
  const run = ({ exports }, cache) => seconds(() => exports(cache));
  const { limit: least, ...times } = await inTurns([...exporting, limit], 2, (builder) =>
    run(builder, false),
  );
  const again = await inTurns(exporting, 3, (builder) => run(builder, true));
  const peak = await peakMemory(us.program, exportArguments(us, context, folder, false), us.env);
  rmSync(context.context, { recursive: true });
  return [
    row('1.1 GB in 50 000 files, copied and exported', times, [
      ...whenMeasured(fastestPeer(times), (peer) =>
        atMost(times.decant, 0.25 * peer, '0.25 of the faster peer'),
      ),
      atMost(times.decant, 2 * least, `twice the limit, ${least.toFixed(1)} s`),
    ]),
    row('the same with nothing changed', again, [
      ...whenMeasured(fastestPeer(again), (peer) =>
        atMost(again.decant, 0.35 * peer, '0.35 of the faster peer'),
      ),
    ]),
    {
      label: 'peak memory of that',
      unit: 'MB',
      values: { decant: peak / 1e6 },
      asked: [{ text: 'under 200 MB', isMet: peak < 200e6 }],
    },
  ];
}

/** Time for each file must not grow with how many there are. */
export async function growth({ folder, us }) {
  const rows = [];
  for (const files of [10_000, 50_000, 200_000]) {
    const context = makeContext(join(folder, 'growth'), files, 2000);
    const values = await inTurns([us], 2, () => seconds(() => exporter(us, context, folder)(false)));
    const peak = await peakMemory(us.program, exportArguments(us, context, folder, false), us.env);
    rmSync(context.context, { recursive: true });
    const perFile = (values.decant / files) * 1e6;
    const first = rows[0]?.perFile ?? perFile;
    rows.push({
      ...row(`${files} files of 2 kB, copied and exported`, values, [
        { text: `linear: ${perFile.toFixed(0)} µs a file`, isMet: perFile <= 1.25 * first },
        { text: `under 200 MB: ${Math.round(peak / 1e6)} MB`, isMet: peak < 200e6 },
      ]),
      perFile,
    });
  }
  return rows;
}

export async function sleeps({ folder, all }) {
  const context = join(folder, 'sleeps');
  mkdirSync(context, { recursive: true });
  const file = join(context, 'Dockerfile');
  const names = Array.from({ length: 10 }, (_, index) => `stage${index}`);
  const stages = names.map(
    (name) => `FROM debian:bookworm AS ${name}\nRUN sleep 1 && echo ${name} > /${name}\n`,
  );
  const copies = names.map((name) => `COPY --from=${name} /${name} /${name}\n`);
  writeFileSync(file, `${stages.join('')}FROM scratch\n${copies.join('')}`);
  const times = await inTurns(all, 2, (builder) =>
    seconds(() => builder.build({ file, context, tag: 'bench-sleeps', cache: false })),
  );
  return [row('ten stages of `sleep 1`', times, [{ text: 'under 2.5 s', isMet: times.decant < 2.5 }])];
}

/** A folder of files that repeat about as much as programs and texts do, the same on every run, and a Dockerfile. */
function makeContext(context, files, meanBytes = MEAN_BYTES) {
  const file = `${context}.Dockerfile`;
  writeFileSync(file, 'FROM scratch\nCOPY . /\n');
  const words = Array.from({ length: 4096 }, (_, index) =>
    ((index + 1) * 2_654_435_761).toString(36).slice(0, 7),
  );
  let state = 1;
  const next = () => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff) >> 8;
  const text = Buffer.from(
    Array.from({ length: 200_000 }, () => words[Math.min(next(), next()) & 4095]).join(' '),
  );
  for (let index = 0; index < files; index += 1) {
    const directory = join(context, `d${Math.floor(index / FILES_IN_A_FOLDER)}`);
    if (index % FILES_IN_A_FOLDER === 0) mkdirSync(directory, { recursive: true });
    const size = next() % (2 * meanBytes);
    const from = next() % (text.length - size);
    const descriptor = openSync(join(directory, `f${index}`), 'w');
    writeSync(descriptor, text, from, size);
    closeSync(descriptor);
  }
  return { context, file, tag: 'bench-tree' };
}

/** Nobody can do less than read the files, compress them and hash both. */
async function leastPossible(context, file) {
  const compressor = findProgram('pigz') ? 'pigz' : 'gzip';
  const script = `tar -cf - -C "$1" . | tee >(sha256sum >&2) | ${compressor} -6 | tee "$2" | sha256sum`;
  await need('bash', ['-c', script, 'bash', context, file]);
  rmSync(file);
}

function exportArguments(us, context, folder, cache) {
  const destination = join(folder, 'tree.decant');
  return [...us.arguments({ ...context, cache }), '-o', `type=oci,dest=${destination}`];
}

function exporter(builder, context, folder) {
  const file = join(folder, `tree.${builder.name}`);
  return async (cache) => {
    if (builder.export) await builder.export({ ...context, cache }, file);
    else await need(builder.program, exportArguments(builder, context, folder, cache), { env: builder.env });
    rmSync(file, { force: true });
  };
}
