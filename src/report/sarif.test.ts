/** The properties that SARIF 2.1.0 requires, and those that code scanning reads. */
import { expect, test } from 'vitest';
import type { CheckReport } from '../check/check.ts';
import { BUILDKIT_RULES } from '../dockerfile/lint/rules.ts';
import { DecantError } from '../errors.ts';
import { sarifLog } from './sarif.ts';

interface Log {
  readonly $schema: string;
  readonly version: string;
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly name: string; readonly rules: readonly Descriptor[] } };
    readonly results: readonly Result[];
  }[];
}

interface Descriptor {
  readonly id: string;
  readonly shortDescription: { readonly text: string };
  readonly defaultConfiguration: { readonly level: string };
}

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string };
      readonly region: { readonly startLine: number; readonly endLine: number };
    };
  }[];
}

const finding = (start: number, end: number) => ({
  rule: BUILDKIT_RULES.LegacyKeyValueFormat,
  message: 'a message',
  lines: { start, end },
});

function log(reports: readonly Partial<CheckReport>[]): Log {
  const whole = reports.map((report): CheckReport => {
    return { file: 'Dockerfile', source: '', findings: [], failOnFindings: false, ...report };
  });
  return JSON.parse(JSON.stringify(sarifLog(whole, '1.2.3'))) as Log;
}

test('a run has its tool, and every result names a rule of it', () => {
  const error = new DecantError('DOCKERFILE_SYNTAX', 'wrong', {
    hint: 'right',
    place: { file: 'b', start: 4, end: 5 },
  });
  const { $schema, version, runs } = log([{ findings: [finding(2, 3)] }, { file: 'b', error }]);
  expect([$schema, version]).toEqual(['https://json.schemastore.org/sarif-2.1.0.json', '2.1.0']);
  const [run] = runs;
  expect(run?.tool.driver.name).toBe('decant');
  expect(run?.results.map(({ ruleIndex }) => run.tool.driver.rules[ruleIndex]?.id)).toEqual(
    run?.results.map(({ ruleId }) => ruleId),
  );
  expect(run?.results).toMatchObject([
    {
      ruleId: 'LegacyKeyValueFormat',
      level: 'warning',
      message: { text: 'a message' },
      locations: [{ physicalLocation: { region: { startLine: 2, endLine: 3 } } }],
    },
    {
      ruleId: 'DOCKERFILE_SYNTAX',
      level: 'error',
      message: { text: 'wrong (right)' },
      locations: [{ physicalLocation: { region: { startLine: 4, endLine: 5 } } }],
    },
  ]);
});

test('a run without findings has an empty list of them, which says that it ran', () => {
  expect(log([{}]).runs[0]?.results).toEqual([]);
});

test.each([
  ['Dockerfile', 'Dockerfile'],
  ['./a b/Dockerfile#1', 'a%20b/Dockerfile%231'],
  ['/srv/ä/Dockerfile', 'file:///srv/%C3%A4/Dockerfile'],
  ['../x/Dockerfile', '../x/Dockerfile'],
])('the file %s is the URI %s', (file, uri) => {
  const [result] = log([{ file, findings: [finding(1, 1)] }]).runs[0]?.results ?? [];
  expect(result?.locations[0]?.physicalLocation.artifactLocation.uri).toBe(uri);
});
