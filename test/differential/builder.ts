/** What the suite asks of a builder, and the work of running all cases on one. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BaseImages } from './base.ts';
import type { Case } from './cases.ts';
import { layOutContext } from './cases.ts';
import type { Owner } from './files.ts';
import { settle } from './files.ts';
import type { BuiltImage } from './image.ts';
import type { Outcome } from './outcome.ts';
import { FAILS, imageOutcome } from './outcome.ts';

export type BuildResult =
  | { readonly kind: 'image'; readonly image: BuiltImage }
  /** The builder said no; `output` is what it said. */
  | { readonly kind: 'failed'; readonly status: number; readonly output: string };

export interface Builder {
  /** Who owns the contexts: the user the builder runs as. */
  readonly owner: Owner;
  /** `scratch` is an empty folder of the case's own. */
  readonly build: (testCase: Case, context: string, scratch: string) => Promise<BuildResult>;
  /** Lets go of what would keep the folder from being removed. */
  readonly stop?: () => Promise<void>;
}

export interface CaseRun {
  readonly outcome: Outcome;
  /** Absent where the build failed. */
  readonly imageId?: string;
  readonly status: number;
  readonly output: string;
}

/** By case name. Runs as many builds at once as `width`; an error that is not the builder's own ends everything. */
export async function runCases(
  builder: Builder,
  cases: readonly Case[],
  base: BaseImages,
  folder: string,
  width = 2,
): Promise<Map<string, CaseRun>> {
  const runs = new Map<string, CaseRun>();
  const queue = [...cases];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      runs.set(next.name, await runCase(builder, next, base, join(folder, next.name)));
  };
  await Promise.all(Array.from({ length: width }, work));
  return runs;
}

async function runCase(builder: Builder, testCase: Case, base: BaseImages, folder: string): Promise<CaseRun> {
  const [context, scratch] = [join(folder, 'context'), join(folder, 'scratch')];
  await mkdir(scratch, { recursive: true });
  await settle(scratch, 0o755, builder.owner);
  await layOutContext(testCase, context, builder.owner);
  const result = await builder.build(testCase, context, scratch);
  if (result.kind === 'failed') return { outcome: FAILS, status: result.status, output: result.output };
  return { outcome: imageOutcome(result.image, base), imageId: result.image.id, status: 0, output: '' };
}
