/**
 * The files that take minutes begin first, so that none of them is alone at the end. On a fresh clone vitest knows nothing
 * but their sizes, and a file that composes and installs is short.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const LONGEST = [
  'soak/bases.test.ts',
  'soak/examples.test.ts',
  'e2e/demo.test.ts',
  'e2e/differential.test.ts',
  'e2e/break-in.test.ts',
  'e2e/sandbox-debian.test.ts',
  'e2e/bases-run.test.ts',
  'e2e/sandbox.test.ts',
  'fault/hostile-archives.test.ts',
  'browser/page.test.ts',
  'e2e/suggest.test.ts',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}`));
      return index < 0 ? LONGEST.length : index;
    };
    const sorted = await super.sort(files);
    // One project after another, as they are.
    const projects = [...new Set(sorted.map(({ project }) => project))];
    return projects.flatMap((one) =>
      sorted.filter(({ project }) => project === one).toSorted((a, b) => rank(a) - rank(b)),
    );
  }
}
