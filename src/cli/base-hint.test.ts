import { describe, expect, test } from 'vitest';
import { refuseBase } from './base-hint.ts';

describe('a base that the store does not have', () => {
  test.each([
    ['gcr.io/distroless/static-debian12', 'base build static-debian12 -t gcr.io/distroless/static-debian12`'],
    [
      'gcr.io/distroless/python3-debian13:nonroot',
      'base build python3-debian13:nonroot -t gcr.io/distroless/python3-debian13:nonroot`',
    ],
    ['debian:bookworm', 'base build debian:bookworm`'],
    ['debian:12-slim', 'base build debian:bookworm-slim -t debian:12-slim`'],
    ['cc-debian12', 'base build cc-debian12`'],
  ])('%s can be composed, and how is said', (reference, command) => {
    expect(() => refuseBase(reference)).toThrow(
      expect.objectContaining({
        code: 'IMAGE_UNKNOWN',
        message: `the image "${reference}" is not in the store`,
        hint: expect.stringMatching(/--bases compose/) as string,
      }) as Error,
    );
    expect(() => refuseBase(reference)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining(command) as string }) as Error,
    );
  });

  test.each(['alpine:3', 'gcr.io/distroless/java21-debian12', 'registry.example/app', 'debian:sarge'])(
    'nothing is said of %s',
    async (reference) => {
      expect(await refuseBase(reference)).toBe(false);
    },
  );
});
