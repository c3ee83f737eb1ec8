import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { collect } from '../../codec/stream.ts';
import { DecantError } from '../../errors.ts';
import type { Event } from '../../events.ts';
import { openStore } from '../../store/store.ts';
import type { Store } from '../../store/store.ts';
import { NamespaceNeeded } from '../embedded/namespace.ts';
import { findBuild, findStep, listBuilds, readLog } from './read.ts';
import { recordBuild } from './write.ts';

let root = '';
let store: Store;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'decant-records-'));
  store = await openStore(root);
});
afterEach(async () => {
  await store.close();
  rmSync(root, { recursive: true });
});

const step = (id: string, index: number) => ({
  id,
  stage: 's',
  index,
  total: 2,
  text: `RUN ${id}`,
  line: index,
});
const START: Event = {
  type: 'build.start',
  time: 0,
  dockerfile: 'D',
  target: 's',
  steps: [step('a', 1), step('b', 2)],
};
const output = (id: string, text: string): Event => ({
  type: 'step.output',
  time: 5,
  id,
  stream: 'stdout',
  text,
});

async function build(
  events: readonly Event[],
  end: () => Promise<unknown> = () => Promise.resolve({}),
): Promise<readonly Event[]> {
  const told: Event[] = [];
  const recorder = recordBuild(store, { context: '.', names: ['n'] }, (event) => void told.push(event));
  await recorder
    .during(() => {
      events.forEach(recorder.emit);
      return end();
    })
    .catch(() => undefined);
  return told;
}

const logOf = async (text: string): Promise<string> => {
  const found = findBuild(store);
  return (await collect(readLog(store, found, findStep(found, text)))).toString();
};

describe('a record', () => {
  test('has the steps, how they ended, and their logs; events are passed on', async () => {
    const events: Event[] = [
      START,
      { type: 'step.cached', time: 1, id: 'a' },
      { type: 'step.start', time: 2, id: 'b' },
      output('b', 'one\n'),
      output('b', 'two\n'),
      { type: 'step.failed', time: 12, id: 'b', message: 'no' },
    ];
    const failure = new DecantError('EXEC_FAILED', 'it failed', {
      processStatus: 3,
      place: { file: 'D', start: 2, end: 2 },
    });
    expect(await build(events, () => Promise.reject(failure))).toEqual(events);
    expect(findBuild(store)).toMatchObject({
      status: 'failed',
      names: ['n'],
      error: { code: 'EXEC_FAILED', exitCode: 3, line: 2 },
      steps: [
        { number: 1, status: 'cached', bytes: 0 },
        { number: 2, status: 'failed', bytes: 8, milliseconds: 10, message: 'no' },
      ],
    });
    expect(await logOf('failed')).toBe('one\ntwo\n');
    expect(await logOf('#1')).toBe('');
  });

  test('has the image, or that it was interrupted', async () => {
    await build([START], () => Promise.resolve({ imageId: 'sha256:1' }));
    expect(findBuild(store)).toMatchObject({ status: 'done', imageId: 'sha256:1' });
    await build([START], () => Promise.reject(new DecantError('INTERRUPTED', 'x')));
    expect(listBuilds(store)).toHaveLength(2);
    expect(listBuilds(store).map(({ status }) => status)).toContain('interrupted');
  });

  test('is not kept of a build that another process does, nor of one that never began', async () => {
    await build([START], () => Promise.reject(new NamespaceNeeded()));
    await build([]);
    expect(store.builds.list()).toEqual([]);
  });

  test('that cannot be written whole says so; the build goes on', async () => {
    const recorder = recordBuild(store, { context: '.', names: [] }, () => undefined);
    await recorder.during(async () => {
      recorder.emit(START);
      await expect.poll(recorder.id, { timeout: 60_000 }).toBeDefined();
      mkdirSync(join(store.builds.path(recorder.id() ?? ''), 'step-2.log'));
      recorder.emit(output('a', 'kept'));
      recorder.emit(output('b', 'lost'));
      return {};
    });
    expect(findBuild(store)).toMatchObject({
      status: 'done',
      steps: [{ bytes: 4 }, { bytes: 0, clipped: true }],
    });
    expect(await logOf('1')).toBe('kept');
  });

  test('that does not read is passed over', async () => {
    await build([START]);
    const [id = ''] = store.builds.list();
    for (const text of ['{', '[]', 'null', '{"steps":1}']) {
      writeFileSync(join(store.builds.path(id), 'build.json'), text);
      expect(listBuilds(store)).toEqual([]);
    }
  });
});

test('a build is found by the beginning of its id, if no other has that', async () => {
  await build([START]);
  await build([START]);
  const [first = '', second = ''] = store.builds.list();
  expect(findBuild(store, second).id).toBe(second);
  expect(() => findBuild(store, first.slice(0, 2))).toThrow('several builds begin with');
  expect(() => findBuild(store, 'nope')).toThrow('there is no build "nope"');
  expect(() => findStep(findBuild(store), '3')).toThrow('has no step "3"');
});
