/**
 * What BuildKit's linter says of every Dockerfile in test/fixtures/lint, recorded, and what decant says: the same rules,
 * messages and lines. Where BuildKit goes on to an error, decant ends in one too.
 */
import { describe, expect, test } from 'vitest';
import { outlineOf, targetsOf } from '../../src/dockerfile/outline.ts';
import { parseDockerfile } from '../../src/dockerfile/parse.ts';
import { automaticArguments } from '../../src/plan/scope.ts';
import { casesIn, checkCase, PLATFORM, recorded } from './fixtures.ts';

/** Where both are right to differ. */
const DIFFERENT: Readonly<Record<string, string>> = {
  'skip-spaces': 'BuildKit reads the value of a directive only up to its first blank',
  'undefined-var-in-mount': 'an unset target is refused when the step is planned',
};
/** decant parses the whole file before it checks any of it. */
const NOTHING_BEFORE: ReadonlySet<string> = new Set(['parse-error']);

const cases = casesIn('lint');

describe.each(cases.map((each) => [each.name, each] as const))('%s', (name, each) => {
  test(DIFFERENT[name] ?? 'is seen as BuildKit sees it', async () => {
    const report = await checkCase(each);
    const { error } = each.expected;
    if (name in DIFFERENT) {
      expect(report.error === undefined).not.toBe(error === undefined);
      return;
    }
    expect(report.error === undefined).toBe(error === undefined);
    if (!NOTHING_BEFORE.has(name)) expect(recorded(report)).toEqual(each.expected.findings);
  });
});

describe('what can be built, and with what,', () => {
  test.each(cases.filter(({ expected }) => expected.targets).map((each) => [each.name, each] as const))(
    'is the same list of targets: %s',
    (_name, { source, expected }) => {
      const targets = targetsOf(parseDockerfile(source)).map(({ lines: _lines, default: is, ...target }) =>
        is ? { ...target, default: true } : target,
      );
      expect(targets).toEqual(expected.targets);
    },
  );

  test.each(cases.filter(({ expected }) => expected.outline).map((each) => [each.name, each] as const))(
    'is the same outline: %s',
    (_name, { source, expected, options }) => {
      const buildArguments = new Map(Object.entries(options.buildArguments ?? {}));
      const automatic = automaticArguments(PLATFORM, PLATFORM, options.target ?? 'default');
      const { args, secrets, ssh, ...rest } = outlineOf(parseDockerfile(source), {
        target: options.target,
        buildArguments,
        automatic,
      });
      const {
        args: wanted = [],
        secrets: secret = [],
        ssh: agents = [],
        ...described
      } = expected.outline ?? {};
      expect(rest).toEqual(described);
      expect(
        byName(args.map(({ lines: _lines, value, ...each }) => (value ? { ...each, value } : each))),
      ).toEqual(byName(wanted));
      for (const [own, theirs] of [
        [secrets, secret],
        [ssh, agents],
      ] as const)
        expect(own.map(({ name, required }) => (required ? { name, required } : { name }))).toEqual(theirs);
    },
  );
});

/** BuildKit leaves the order of arguments of one line to chance. */
function byName(args: readonly object[]): readonly string[] {
  const text = (each: object): string => JSON.stringify(each, ['name', 'value', 'description']);
  return args.map(text).toSorted();
}
