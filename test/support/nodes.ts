/** Other versions of Node than the one that runs the tests, as far as npm can get them. */
import { spawnSync } from 'node:child_process';

const WANTED = ['20', '22'];

/** Versions and paths. None where there is no way to a registry: the tests are then of this version alone. */
export function otherNodes(): readonly (readonly [string, string])[] {
  return WANTED.filter((version) => !process.version.startsWith(`v${version}.`)).flatMap((version) => {
    const args = [
      'exec',
      '--yes',
      '--prefer-offline',
      '--fetch-retries=0',
      `--package=node@${version}`,
      '--',
    ];
    const command = ['node', '-p', '`${process.version} ${process.execPath}`'];
    const { stdout, status } = spawnSync('npm', [...args, ...command], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    const [found = '', path = ''] = stdout?.trim().split(' ') ?? [];
    if (status === 0 && found.startsWith(`v${version}.`)) return [[found, path] as const];
    process.stderr.write(`Node ${version} could not be had through npm: not tested with it\n`);
    return [];
  });
}
