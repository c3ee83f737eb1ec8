/** Who runs the scenarios: root, where the tests run as root, and an ordinary user with subordinate ids. */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'tsdown';
import { SELF, USERS } from '../../support/users.ts';
import type { User } from '../../support/users.ts';
import type { Scenario, ScenarioResult } from './scenario.ts';

export type Actor = User;

/** Both, as root; else only the user that runs the tests. */
export const ACTORS: readonly Actor[] = USERS;

/** The driver as one JavaScript file that every user can read. */
export async function buildDriver(): Promise<{ readonly path: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'decant-driver-'));
  await build({
    config: false,
    entry: { driver: resolve('test/e2e/sandbox/driver.ts') },
    outDir: folder,
    format: 'esm',
    platform: 'node',
    dts: false,
    logLevel: 'error',
  });
  chmodSync(folder, 0o755);
  return { path: join(folder, 'driver.mjs'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A folder of the actor's own. */
export function folderFor(actor: Actor): string {
  const folder = mkdtempSync(join(tmpdir(), 'decant-sandbox-'));
  chownSync(folder, actor.uid, actor.gid);
  const place = join(folder, 'place');
  mkdirSync(place);
  chownSync(place, actor.uid, actor.gid);
  return place;
}

/** Removes what a run left: files that belong to the user's subordinate ids too. */
export function removeFolder(actor: Actor, place: string): void {
  const folder = join(place, '..');
  if (SELF.uid === 0) rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  else execFileSync('unshare', ['--user', '--map-root-user', '--map-auto', 'rm', '-rf', folder]);
}

/** Starts a scenario as the actor; decant's own process is the child itself. */
export function startScenario(actor: Actor, driver: string, place: string, scenario: Scenario): ChildProcess {
  const env = { PATH: process.env['PATH'] ?? '', HOME: '/', TMPDIR: tmpdir(), HOST_SECRET: 'of the host' };
  return spawn(process.execPath, [driver, place, JSON.stringify(scenario)], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(actor.uid === SELF.uid ? {} : { uid: actor.uid, gid: actor.gid }),
  });
}

/** As `startScenario`, on a terminal of its own (script(1)): what is written to the child is typed there. */
export function startOnTerminal(
  actor: Actor,
  driver: string,
  place: string,
  scenario: Scenario,
): ChildProcess {
  const quoted = [process.execPath, driver, place, JSON.stringify(scenario)].map(
    (each) => `'${each.replaceAll("'", "'\\''")}'`,
  );
  return spawn('script', ['--quiet', '--return', '--command', quoted.join(' '), '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(actor.uid === SELF.uid ? {} : { uid: actor.uid, gid: actor.gid }),
  });
}

export async function carryOut(actor: Actor, driver: string, scenario: Scenario): Promise<ScenarioResult> {
  const place = folderFor(actor);
  try {
    const child = startScenario(actor, driver, place, scenario);
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const status = await new Promise<number | null>((done) => child.on('close', done));
    if (status !== 0) throw new Error(`the driver ended with ${status}: ${stderr}`);
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as ScenarioResult;
  } finally {
    removeFolder(actor, place);
  }
}
