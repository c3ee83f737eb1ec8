/**
 * decant measured side by side with buildah and, where a daemon can be started, Docker's builder: the same Dockerfiles, the
 * same base image, in one run and in turns, so that what disturbs this machine disturbs everyone. Medians; ratios; and
 * whether what is asked of decant was met. The table also goes to bench/results.md.
 *
 * `npm run bench` runs everything in about ten minutes; `npm run bench -- cached thirty` runs the measurements named.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { need, ROOT, runMain, Stop } from '../scripts/processes.mjs';
import { setUp } from '../scripts/setup.mjs';
import { buildah, decant, docker } from './builders.mjs';
import { ALONE, MEASUREMENTS } from './measurements.mjs';
import { asMarkdown } from './table.mjs';

await runMain(async () => {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => !(name in MEASUREMENTS));
  if (unknown.length > 0) {
    throw new Stop(
      `no measurement is called ${unknown.join(', ')}; there are ${Object.keys(MEASUREMENTS).join(', ')}`,
      2,
    );
  }
  await setUp('test');
  const [load] = loadavg();
  const folder = mkdtempSync(join(tmpdir(), 'decant-bench-'));
  const builders = [];
  try {
    const us = decant(folder);
    builders.push(us);
    const isAlone = wanted.length > 0 && wanted.every((name) => ALONE.has(name));
    const base = isAlone ? undefined : await cachedBase(us, folder);
    us.reset();
    for (const start of isAlone ? [] : [buildah, docker]) {
      const peer = await start(folder);
      if (peer) builders.push(peer);
    }
    for (const builder of base === undefined ? [] : builders) await builder.importBase(base);

    const results = [];
    for (const [name, measure] of Object.entries(MEASUREMENTS)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      process.stderr.write(`measuring: ${name}\n`);
      results.push(...(await measure({ folder, base, us, peers: builders.slice(1), all: builders })));
    }
    const table = asMarkdown(await heading(builders, load), builders, results);
    process.stdout.write(table);
    if (wanted.length === 0) writeFileSync(join(ROOT, 'bench/results.md'), table);
    return results.every((result) => result.asked.every((promise) => promise.isMet)) ? 0 : 1;
  } finally {
    for (const builder of builders) await builder.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** One archive for all builders and all runs: Debian's root filesystem, as decant composes it. */
async function cachedBase({ program, env }, folder) {
  const cache = join(tmpdir(), `decant-bench-base-${process.getuid()}`);
  const file = join(cache, 'bookworm.tar');
  if (!existsSync(file)) {
    process.stderr.write('composing debian:bookworm (once)\n');
    await need(program, ['base', 'build', 'debian:bookworm'], { env });
    const dockerfile = join(folder, 'Dockerfile.base');
    writeFileSync(dockerfile, 'FROM debian:bookworm\n');
    mkdirSync(cache, { recursive: true });
    await need(program, ['build', '-f', dockerfile, '-o', `type=tar,dest=${file}.new`, folder], { env });
    renameSync(`${file}.new`, file);
  }
  return file;
}

async function heading(builders, load) {
  const versions = await Promise.all(builders.map(async ({ name, version }) => `${name} ${await version()}`));
  const machine = `${cpus().length} processors, ${cpus()[0]?.model ?? 'unknown'}, load ${load.toFixed(1)}`;
  return `${versions.join(', ')}; Node ${process.versions.node}; ${machine}`;
}
