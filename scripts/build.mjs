/**
 * Bundles the program, and keeps what V8 compiles of it, for `src/cli/start.ts`. Functions are compiled when they are first
 * called, so a build is run to call them, of which one half is cached and the other is not. Where this machine or user
 * cannot run a step, those functions are compiled later.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { need, ROOT, runMain } from './processes.mjs';

const DOCKERFILE = `FROM scratch AS cached
COPY --chmod=755 program /usr/bin/
FROM scratch AS build
COPY --from=cached /usr/bin/program /usr/bin/
WORKDIR /app
COPY changed .
RUN ["/usr/bin/program"]
FROM scratch
COPY --from=cached /usr/bin/program /
COPY --from=build /app/changed /
CMD ["/program"]
`;

await runMain(async () => {
  process.stdout.write(
    await need(process.execPath, ['node_modules/tsdown/dist/run.mjs', '--log-level', 'error']),
  );
  makeAscii(join(ROOT, 'dist/program/program.cjs'));
  const folder = mkdtempSync(join(tmpdir(), 'decant-compile-'));
  try {
    await keepCompiled(folder, DOCKERFILE).catch(() =>
      keepCompiled(folder, DOCKERFILE.replace(/^RUN .*\n/m, '')),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Other characters stand in strings and regular expressions only, where an escape is the same. */
function makeAscii(file) {
  const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  // Without the flag `u`, it is units of UTF-16 that are replaced.
  // oxlint-disable-next-line no-control-regex
  writeFileSync(file, readFileSync(file, 'utf8').replace(/[^\0-\x7f]/g, escaped));
}

async function keepCompiled(folder, dockerfile) {
  const context = join(folder, 'context');
  mkdirSync(context, { recursive: true });
  writeFileSync(join(context, 'Dockerfile'), dockerfile);
  const { smallProgram } = await import('../dist/start/small-program.cjs');
  writeFileSync(join(context, 'program'), smallProgram());
  const env = { DECANT_HOME: join(folder, 'store') };
  const command = ['build', '--progress', 'plain', '--tag', 'compiled', context];
  for (const program of ['bin/decant', 'scripts/build/keep-compiled.cjs']) {
    writeFileSync(join(context, 'changed'), program);
    await need(process.execPath, [join(ROOT, program), ...command], { env });
  }
}
