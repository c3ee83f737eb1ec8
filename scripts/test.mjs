/**
 * All tests, in the order in which a failure is cheapest to find: formatting, lint, types, unit tests, then the tests
 * that start the whole program. `--soak` runs the long ones instead. Everything runs even after a failure, and the
 * last line counts: a check that failed, a test that was skipped and a file that could not be read are failures.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, runMain } from './processes.mjs';
import { setUp } from './setup.mjs';

const CHECKS = [
  ['formatting', 'node_modules/.bin/oxfmt', '--check'],
  ['lint', 'node_modules/.bin/oxlint', '--deny-warnings'],
  ['types', 'node_modules/.bin/tsc', '--noEmit'],
];

await runMain(async () => {
  const soak = process.argv.includes('--soak');
  await setUp(soak ? 'soak' : 'test');
  const results = [];
  if (!soak) for (const check of CHECKS) results.push(await runCheck(...check));
  for (const project of soak ? ['soak'] : ['unit', 'e2e']) results.push(await runTests(project));

  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  return failed > 0 || results.some((result) => result.passed === 0) ? 1 : 0;
});

async function runCheck(name, ...command) {
  process.stdout.write(`check: ${name}\n`);
  const { status } = await run(process.execPath, command, { stdio: ['ignore', 'inherit', 'inherit'] });
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1 };
}

async function runTests(project) {
  const folder = mkdtempSync(join(tmpdir(), 'decant-test-'));
  const report = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const { status } = await run(
      process.execPath,
      ['node_modules/vitest/vitest.mjs', 'run', '--project', project, ...reporters],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    return count(project, status, report);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function count(project, status, report) {
  const { numTotalTests: total, numPassedTests: passed, testResults: files } = readReport(report);
  const unread = files.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  const failed = total - passed + unread;
  if (total === 0) process.stdout.write(`no ${project} test ran\n`);
  // What failed outside of any test (an unhandled rejection) shows in the status alone.
  return { passed, failed: failed === 0 && status !== 0 ? 1 : failed };
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { numTotalTests: 0, numPassedTests: 0, testResults: [] };
  }
}
