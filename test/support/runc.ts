/** runc by itself, without a daemon or a store around it: the plainest of the other runtimes. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ended } from './process.ts';
import { mustRun, run } from './process.ts';

interface Spec {
  process: {
    terminal: boolean;
    args: readonly string[];
    env: readonly string[];
    user: Ids;
    capabilities: Record<string, readonly string[]>;
  };
  root: { path: string; readonly: boolean };
  linux: { namespaces: readonly { readonly type: string }[] };
}

export interface Ids {
  readonly uid: number;
  readonly gid: number;
}

export interface Runc {
  /** Runs a program in a directory of files, which it may change; as root unless told. */
  readonly run: (
    rootfs: string,
    env: readonly string[],
    args: readonly string[],
    user?: Ids,
  ) => Promise<Ended>;
}

/** What Docker leaves to root. */
const CAPABILITIES = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'NET_RAW',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
].map((name) => `CAP_${name}`);

/** With the network of this machine, and the capabilities that Docker gives. */
export async function createRunc(folder: string): Promise<Runc> {
  const bundle = join(folder, 'bundle');
  mkdirSync(bundle);
  await mustRun(['runc', 'spec', '--bundle', bundle]);
  const file = join(bundle, 'config.json');
  const spec = JSON.parse(readFileSync(file, 'utf8')) as Spec;
  spec.linux = {
    ...spec.linux,
    namespaces: spec.linux.namespaces.filter(({ type }) => type !== 'network'),
  };
  let count = 0;
  return {
    run(rootfs, env, args, user = { uid: 0, gid: 0 }) {
      const capabilities = {
        bounding: CAPABILITIES,
        permitted: user.uid === 0 ? CAPABILITIES : [],
        effective: user.uid === 0 ? CAPABILITIES : [],
      };
      spec.process = { ...spec.process, terminal: false, env, args, user, capabilities };
      spec.root = { path: rootfs, readonly: false };
      writeFileSync(file, JSON.stringify(spec));
      count += 1;
      const name = `decant-test-${process.pid}-${count}`;
      return run(['runc', '--root', join(folder, 'runc'), 'run', '--bundle', bundle, name]);
    },
  };
}
