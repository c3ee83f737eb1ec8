/** Dockerfiles of the kinds that well-known projects have: nothing is complained of that BuildKit would not complain of. */
import { describe, expect, test } from 'vitest';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import { printDockerfile } from '../../src/dockerfile/print.ts';
import { plan } from '../../src/plan/testing.ts';
import { casesIn, checkCase, PLATFORM, recorded } from './fixtures.ts';

const cases = casesIn('projects');

test('there are twenty or more', () => {
  expect(cases.length).toBeGreaterThanOrEqual(20);
});

describe.each(cases.map((each) => [each.name, each] as const))('%s', (_name, each) => {
  const { source, options } = each;

  test('parses, and is the same when it is printed and parsed again', () => {
    const first = parseDockerfile(source);
    const second = parseDockerfile(printDockerfile(first));
    expect(second.stages.map(({ instructions }) => instructions.map(({ text }) => text))).toEqual(
      first.stages.map(({ instructions }) => instructions.map(({ text }) => text)),
    );
  });

  test('is checked as BuildKit checks it, and with nothing added', async () => {
    const report = await checkCase(each);
    expect(report.error).toBeUndefined();
    expect(report.findings).toHaveLength(each.expected.findings.length);
    expect(recorded(report)).toEqual(each.expected.findings);
  });

  test('is planned, whatever stage is asked for', async () => {
    const everything = new Proxy(options.images ?? {}, { get: (images, name) => images[String(name)] ?? {} });
    const { stages } = parseDockerfile(source);
    for (const target of stages.map(({ index }) => String(index))) {
      const { target: planned } = await plan(source, { target, images: everything, platform: PLATFORM });
      expect(planned.operation.digest).toMatch(/^[0-9a-f]{64}$/);
    }
  });
});
