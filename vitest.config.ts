import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

// Unit tests sit beside the code and need nothing but Node. Whole-program tests start the built program, so they run
// after the build. Each file has a store of its own, and two files run side by side: a step waits for programs and for
// the disk more than it computes, and more of them would make those wait that have a time to keep.
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/conformance/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/{browser,e2e,fault,fuzz}/**/*.test.ts'],
          globalSetup: ['test/support/ordinary-user.ts'],
          testTimeout: 300_000,
          hookTimeout: 1_200_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'soak',
          include: ['test/soak/**/*.test.ts'],
          globalSetup: ['test/support/ordinary-user.ts', 'test/soak/bases/store.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 1_800_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
