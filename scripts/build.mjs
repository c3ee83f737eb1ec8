/**
 * Bundles the program, and keeps what V8 compiles of it, for `src/cli/start.ts`. Functions are compiled when they are first
 * called, so a build of which all is cached is run to call them: to none does the time of the start matter so much.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { need, ROOT, runMain } from './processes.mjs';

const DOCKERFILE = `FROM scratch AS build
COPY --chmod=755 program /usr/bin/
FROM scratch
COPY --from=build /usr/bin/program /
CMD ["/program"]
`;

await runMain(async () => {
  process.stdout.write(
    await need(process.execPath, ['node_modules/tsdown/dist/run.mjs', '--log-level', 'error']),
  );
  const folder = mkdtempSync(join(tmpdir(), 'decant-compile-'));
  try {
    const context = join(folder, 'context');
    mkdirSync(context);
    writeFileSync(join(context, 'Dockerfile'), DOCKERFILE);
    writeFileSync(join(context, 'program'), '');
    const env = { DECANT_HOME: join(folder, 'store') };
    const command = ['build', '--progress', 'plain', '--tag', 'compiled', context];
    await need(process.execPath, [join(ROOT, 'bin/decant'), ...command], { env });
    await need(process.execPath, [join(ROOT, 'scripts/build/keep-compiled.cjs'), ...command], { env });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
