/** What the page shows of the build that made an image: its steps with their times, its stages with what was poured. */
import { listBuilds } from '../../engine/records/read.ts';
import type { KeptBuild } from '../../engine/records/read.ts';
import type { StageSummary } from '../../events.ts';
import type { PageBuild, PageStage } from '../../report/page/data.ts';
import { cleanLine } from '../../report/text/clean.ts';
import type { Store } from '../../store/store.ts';

/**
 * The build of an image that tells most: of those whose records are kept, the newest of those that took the fewest
 * steps from the cache. Sizes that it did not look at, another build of the same image may know.
 */
export function pageBuild(store: Pick<Store, 'builds'>, imageId: string): PageBuild | undefined {
  const builds = listBuilds(store).filter((build) => build.imageId === imageId && build.status === 'done');
  const cached = ({ steps }: KeptBuild): number => steps.filter(({ status }) => status === 'cached').length;
  const [best] = builds.toSorted((a, b) => cached(a) - cached(b));
  return best && describeBuild(best, builds);
}

/** @param others Builds of the same image, to complete what this one does not say. */
export function describeBuild(build: KeptBuild, others: readonly KeptBuild[] = []): PageBuild {
  const told = [build, ...others].flatMap(({ stages }) => (stages ? [stages] : []));
  return {
    id: build.id,
    milliseconds: build.milliseconds,
    steps: build.steps.map(({ number, stage, text, status, startedAfter, milliseconds }) => ({
      number,
      stage,
      text: cleanLine(text),
      status,
      startedAt: startedAfter,
      milliseconds,
    })),
    stages: (told[0] ?? []).map((stage) => stageOf(stage, told)),
  };
}

function stageOf(stage: StageSummary, told: readonly (readonly StageSummary[])[]): PageStage {
  const same = told.flatMap((stages) => stages.filter((other) => other.stage === stage.stage));
  const { kind, name } = stage.from;
  return {
    name: stage.stage,
    isTarget: stage.isTarget,
    base: kind === 'stage' ? `the stage ${name}` : cleanLine(name),
    size: same.find(({ size }) => size !== undefined)?.size,
    poured: stage.poured.map(({ kind: from, from: place, paths, size }, index) => ({
      kind: from,
      from: cleanLine(place),
      paths: paths.map(cleanLine),
      size: size ?? same.map(({ poured }) => poured[index]?.size).find((known) => known !== undefined),
    })),
  };
}
