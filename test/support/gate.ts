/**
 * A step that waits for the test, and a test that waits for the step: neither has to guess how long the other takes. They
 * meet in a cache mount, which the step sees as a directory and the test finds in the store.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { until } from './until.ts';

export interface Gate {
  /** What the step needs: `RUN ${mount} …`. */
  readonly mount: string;
  /** What the step runs: it says that it is there, and goes on once the gate is open. */
  readonly wait: string;
  /** Comes back when the step is there. */
  readonly reached: () => Promise<void>;
  readonly open: () => void;
}

const PLACE = '/gate';

/** @param home The store of the build. */
export function createGate(home: string): Gate {
  const id = randomBytes(8).toString('hex');
  const folder = (): string | undefined => {
    const there = namesBelow(join(home, 'mounts')).find((name) => name.endsWith(`/here-${id}`));
    return there && join(home, 'mounts', dirname(there));
  };
  return {
    mount: `--mount=type=cache,id=gate-${id},target=${PLACE}`,
    wait: `touch ${PLACE}/here-${id}; until [ -e ${PLACE}/open ]; do sleep 0.05; done`,
    reached: () => until('the step at the gate', () => folder() !== undefined),
    open: () => writeFileSync(join(folder() ?? '', 'open'), ''),
  };
}

/**
 * What each of several steps runs, that are to be under way at the same time: each waits until all are there, and fails
 * where one does not come.
 */
export function meeting(id: string, count: number): (name: string) => string {
  const there = `[ "$(ls /meeting | wc -l)" -ge ${count} ]`;
  const wait = `for i in $(seq 1200); do ${there} && break; sleep 0.1; done; ${there}`;
  return (name) =>
    `RUN --mount=type=cache,id=${id},target=/meeting touch /meeting/${name}; ${wait} && echo ${name} > /${name}\n`;
}

function namesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}
