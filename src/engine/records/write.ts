/**
 * Keeps what a build said: a fold over its events that writes the whole output of each step to a file of its own, and
 * at the end a description of the build. Nothing is left out and nothing is made to fit a terminal.
 */
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DecantError } from '../../errors.ts';
import type { Emit, Event } from '../../events.ts';
import type { Store } from '../../store/store.ts';
import { NamespaceNeeded } from '../embedded/namespace.ts';
import type { BuildRecord, StepRecord } from './record.ts';
import { RECORD_FILE, logFile } from './record.ts';

export interface Recorder {
  readonly emit: Emit;
  /** Undefined before the first event. */
  readonly id: () => string | undefined;
  /** The build itself; how it ends is written down. */
  readonly during: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface BuildFacts {
  readonly context: string;
  readonly names: readonly string[];
}

/** @param emit Told every event too. */
export function recordBuild(store: Store, facts: BuildFacts, emit: Emit): Recorder {
  let steps = new Map<string, Mutable>();
  let dockerfile = '';
  let target = '';
  let beganMs = 0;
  let stages: BuildRecord['stages'];
  const startedAt = Date.now();
  let folder: Promise<{ readonly id: string; readonly path: string }> | undefined;
  let place: { readonly id: string; readonly path: string } | undefined;
  let waiting: Event[] = [];
  let lost = false;
  const logs = new Map<string, number>();

  const take = (event: Event): void => {
    if (event.type === 'build.start') {
      ({ dockerfile, target } = event);
      beganMs = event.time;
      steps = new Map(event.steps.map((info, index) => [info.id, newStep(info, index + 1)]));
    } else if (event.type === 'build.done') ({ stages } = event.summary);
    else if (event.type === 'step.output') append(event.id, event.text);
    else if ('id' in event && event.type !== 'transfer') change(steps.get(event.id), event, beganMs);
  };
  // A disk that is full, or a record that somebody removes: what can still be written down is, the build goes on.
  const append = (id: string, text: string): void => {
    const step = steps.get(id);
    if (!place || !step) return;
    try {
      let log = logs.get(id);
      if (log === undefined)
        logs.set(id, (log = openSync(join(place.path, logFile(step.number)), 'w', 0o600)));
      step.bytes += writeSync(log, text);
    } catch {
      step.clipped = true;
    }
  };
  const write = async (end: Pick<BuildRecord, 'status' | 'imageId' | 'error'>): Promise<void> => {
    if (!folder) return;
    await folder;
    for (const log of logs.values()) closeSync(log);
    logs.clear();
    if (!place) return;
    const record: BuildRecord = {
      dockerfile,
      target,
      ...facts,
      startedAt,
      milliseconds: Date.now() - startedAt,
      ...end,
      steps: [...steps.values()].map(({ startedMs: _started, ...step }) => step),
      ...(stages ? { stages } : {}),
    };
    writeFileSync(join(place.path, RECORD_FILE), JSON.stringify(record), { mode: 0o600 });
  };

  return {
    id: () => place?.id,
    emit(event) {
      emit(event);
      // The folder is made while the first steps run; what is said until then waits.
      folder ??= store.builds.create().then((made) => {
        place = made;
        waiting.forEach(take);
        waiting = [];
        return made;
      });
      folder.catch(() => (lost = true));
      if (place) take(event);
      else if (!lost) waiting.push(event);
    },
    async during(work) {
      try {
        const result = await work();
        await write({ status: 'done', ...imageIdOf(result) }).catch(ignore);
        return result;
      } catch (error) {
        // The same build is about to be done by another process, which keeps a record of its own.
        if (error instanceof NamespaceNeeded) {
          await folder?.then(({ id }) => store.builds.remove(id)).catch(ignore);
          throw error;
        }
        await write({ status: statusOf(error), error: describe(error) }).catch(ignore);
        throw error;
      }
    },
  };
}

/** That a record cannot be kept is no reason for a build to fail. */
function ignore(): void {}

type Mutable = { -readonly [K in keyof StepRecord]: StepRecord[K] } & { startedMs: number };

function newStep(
  { id, stage, index, total, text, line }: Omit<StepRecord, 'number' | 'status' | 'bytes' | 'milliseconds'>,
  number: number,
): Mutable {
  return {
    number,
    id,
    stage,
    index,
    total,
    text,
    line,
    status: 'waiting',
    bytes: 0,
    milliseconds: 0,
    startedMs: 0,
  };
}

function change(step: Mutable | undefined, event: Event, beganMs: number): void {
  if (!step) return;
  if (event.type === 'step.start') {
    step.status = 'running';
    step.startedMs = event.time;
    step.startedAfter = Math.max(0, Math.round(event.time - beganMs));
    return;
  }
  if (event.type === 'step.failed') step.message = event.message;
  const [, status] = event.type.split('.');
  step.status = (status ?? step.status) as StepRecord['status'];
  if (step.startedMs > 0) step.milliseconds = Math.round(event.time - step.startedMs);
}

function imageIdOf(result: unknown): { readonly imageId?: string } {
  if (typeof result !== 'object' || result === null || !('imageId' in result)) return {};
  return typeof result.imageId === 'string' ? { imageId: result.imageId } : {};
}

function statusOf(error: unknown): BuildRecord['status'] {
  return error instanceof DecantError && error.code === 'INTERRUPTED' ? 'interrupted' : 'failed';
}

function describe(error: unknown): NonNullable<BuildRecord['error']> {
  if (!(error instanceof DecantError)) return { code: 'INTERNAL', message: String(error) };
  const { code, message, place, processStatus } = error;
  return {
    code,
    message,
    ...(place ? { line: place.start } : {}),
    ...(processStatus === undefined ? {} : { exitCode: processStatus }),
  };
}
