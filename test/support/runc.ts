/** runc by itself, without a daemon or a store around it: the plainest of the other runtimes. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ended } from './process.ts';
import { mustRun, run } from './process.ts';

interface Spec {
  process: { terminal: boolean; args: readonly string[]; env: readonly string[] };
  root: { path: string; readonly: boolean };
}

export interface Runc {
  /** Runs a program as root in a directory of files, which it may change. */
  readonly run: (rootfs: string, env: readonly string[], args: readonly string[]) => Promise<Ended>;
}

export async function createRunc(folder: string): Promise<Runc> {
  const bundle = join(folder, 'bundle');
  mkdirSync(bundle);
  await mustRun(['runc', 'spec', '--bundle', bundle]);
  const file = join(bundle, 'config.json');
  const spec = JSON.parse(readFileSync(file, 'utf8')) as Spec;
  let count = 0;
  return {
    run(rootfs, env, args) {
      spec.process = { ...spec.process, terminal: false, env, args };
      spec.root = { path: rootfs, readonly: false };
      writeFileSync(file, JSON.stringify(spec));
      count += 1;
      const name = `decant-test-${process.pid}-${count}`;
      return run(['runc', '--root', join(folder, 'runc'), 'run', '--bundle', bundle, name]);
    },
  };
}
