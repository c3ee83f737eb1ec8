/** Reading what is kept of builds. A record that does not read, of a build that was killed say, is passed over. */
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DecantError } from '../../errors.ts';
import type { Store } from '../../store/store.ts';
import type { BuildRecord, StepRecord } from './record.ts';
import { RECORD_FILE, logFile } from './record.ts';

export interface KeptBuild extends BuildRecord {
  readonly id: string;
}

/** The newest first. */
export function listBuilds({ builds }: Pick<Store, 'builds'>): readonly KeptBuild[] {
  return builds.list().flatMap((id) => {
    const record = readRecord(join(builds.path(id), RECORD_FILE));
    return record ? [{ id, ...record }] : [];
  });
}

/**
 * @param text An id, the beginning of one that no other has, or `latest`.
 * @throws DecantError BUILD_UNKNOWN
 */
export function findBuild(store: Pick<Store, 'builds'>, text = 'latest'): KeptBuild {
  const builds = listBuilds(store);
  const found = text === 'latest' ? builds.slice(0, 1) : builds.filter(({ id }) => id.startsWith(text));
  const [build] = found;
  if (build && found.length === 1) return build;
  const message =
    found.length > 1
      ? `several builds begin with "${text}"`
      : text === 'latest'
        ? 'there is no build yet'
        : `there is no build "${text}"`;
  throw new DecantError('BUILD_UNKNOWN', message, { hint: '`decant builds ls` lists those that are kept' });
}

/**
 * @param text A step's number (`3` or `#3`), or `failed`.
 * @throws DecantError BUILD_UNKNOWN
 */
export function findStep(build: KeptBuild, text: string): StepRecord {
  const number = Number(text.replace(/^#/, ''));
  const step = build.steps.find((each) =>
    text === 'failed' ? each.status === 'failed' : each.number === number,
  );
  if (step) return step;
  throw new DecantError('BUILD_UNKNOWN', `build ${build.id} has no step "${text}"`, {
    hint: `its steps are 1 to ${build.steps.length}: \`decant logs ${build.id}\` shows them`,
  });
}

/** What the step said; empty for one that said nothing, or that was in the cache. */
export async function* readLog(
  { builds }: Pick<Store, 'builds'>,
  build: KeptBuild,
  step: StepRecord,
): AsyncGenerator<Uint8Array> {
  const path = join(builds.path(build.id), logFile(step.number));
  if (existsSync(path)) yield* createReadStream(path) as AsyncIterable<Uint8Array>;
}

function readRecord(path: string): BuildRecord | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const record = value as BuildRecord;
    const isWhole =
      Array.isArray(record.steps) && Array.isArray(record.names) && typeof record.startedAt === 'number';
    return isWhole ? record : undefined;
  } catch {
    return undefined;
  }
}
