/** Checking Dockerfiles from the command line: what is found, in which form, and with which status it ends. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Workbench } from '../support/workbench.ts';
import { BASE, withBase } from '../support/workbench.ts';

const GOOD =
  'FROM golang:1.24 AS build\nRUN go build\nFROM scratch\nCOPY --from=build /a /a\nUSER 1\nENTRYPOINT ["/a"]\n';

let bench: Workbench;
beforeAll(async () => {
  bench = await withBase();
});
afterAll(() => bench.remove());

interface Answer {
  readonly files: readonly {
    readonly file: string;
    readonly findings: readonly {
      readonly rule: string;
      readonly level: string;
      readonly startLine: number;
    }[];
    readonly error?: { readonly code: string; readonly startLine: number };
  }[];
  readonly summary: { readonly errors: number; readonly warnings: number; readonly notes: number };
}

const folder = (text: string, more: Readonly<Record<string, string>> = {}): string =>
  bench.files({ Dockerfile: text, ...more });

const rulesOf = async (args: readonly string[]): Promise<readonly string[]> => {
  const { stdout } = await bench.decant(['check', '--format', 'json', ...args]);
  return (JSON.parse(stdout) as Answer).files.flatMap(({ findings }) => findings.map(({ rule }) => rule));
};

describe('decant check', () => {
  test('finds nothing in a good Dockerfile, and ends with 0', async () => {
    const { status, stdout } = await bench.decant(['check', folder(GOOD)]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/Dockerfile: no findings\n$/);
  });

  test('shows the place, the reason and the fix', async () => {
    const { status, stdout } = await bench.decant(['check', folder('FROM scratch\nCMD run\n')]);
    expect(status).toBe(1);
    expect(stdout).toContain('error: ShellMissing - docs/checks.md#shellmissing\n');
    expect(stdout).toContain('  >>> 2 | CMD run\n');
    expect(stdout).toMatch(/why: .*no|fix: Write a JSON array/);
  });

  test.each([
    ['a note', GOOD.replace('USER 1\n', ''), ['--fail-on', 'warning'], 0],
    ['a note that counts', GOOD.replace('USER 1\n', ''), ['--fail-on', 'note'], 1],
    ['a warning', `${GOOD}ENV A b\n`, [], 1],
    ['a warning that does not count', `${GOOD}ENV A b\n`, ['--fail-on', 'error'], 0],
    ['a warning that has to', `# check=error=true\n${GOOD}ENV A b\n`, ['--fail-on', 'error'], 1],
    ['an error of the Dockerfile', 'FROM\n', ['--fail-on', 'error'], 1],
    ['a skipped warning', `${GOOD}ENV A b\n`, ['--skip', 'LegacyKeyValueFormat'], 0],
  ])('%s decides the status', async (_what, text, flags, status) => {
    expect((await bench.decant(['check', ...flags, folder(text)])).status).toBe(status);
  });

  test('looks for Dockerfiles in folders, and goes on behind one that is wrong', async () => {
    const root = bench.files({
      'a/Dockerfile': 'RNU x\n',
      'b/web.Dockerfile': GOOD,
      'c/Containerfile.dev': GOOD,
      'node_modules/x/Dockerfile': 'FROM\n',
      'd/Dockerfile.dockerignore': '*\n',
    });
    const { stdout, status } = await bench.decant(['check', '--format', 'json', root]);
    const { files, summary } = JSON.parse(stdout) as Answer;
    expect(status).toBe(1);
    expect(files.map(({ file }) => file.slice(root.length + 1))).toEqual([
      'a/Dockerfile',
      'b/web.Dockerfile',
      'c/Containerfile.dev',
    ]);
    expect(files[0]?.error).toMatchObject({ code: 'DOCKERFILE_SYNTAX', startLine: 1 });
    expect(summary.errors).toBe(1);
  });

  test('looks into a base of the store', async () => {
    const text = `FROM ${BASE}\nCOPY --chown=nobody-here x /x\nCMD run\nENTRYPOINT ["a"]\n`;
    const rules = await rulesOf([folder(text, { x: '' })]);
    expect(rules).toContain('UserMissing');
    expect(rules).not.toContain('ShellMissing');
  });

  test('reads the ignore file beside the Dockerfile, and standard input', async () => {
    const ignored = folder('FROM scratch\nCOPY tmp/x /\n', { '.dockerignore': 'tmp\n' });
    expect(await rulesOf([ignored])).toContain('CopyIgnoredFile');
    const { stdout } = await bench.decant(['check', '-'], { input: 'FROM scratch\nMAINTAINER x\n' });
    expect(stdout).toContain('MaintainerDeprecated');
  });

  test('takes from decant.yaml what a project does without', async () => {
    const project = folder(`${GOOD}ENV A b\n`, { 'decant.yaml': 'check:\n  skip: [LegacyKeyValueFormat]\n' });
    expect((await bench.decant(['check'], { cwd: project })).status).toBe(0);
    const lax = folder(`${GOOD}ENV A b\n`, { 'decant.yaml': 'check:\n  fail-on: error\n' });
    expect((await bench.decant(['check'], { cwd: lax })).status).toBe(0);
    expect((await bench.decant(['check', '--fail-on', 'warning'], { cwd: lax })).status).toBe(1);
  });

  test('writes SARIF', async () => {
    const { stdout } = await bench.decant(['check', '--format', 'sarif', folder('FROM scratch\nCMD run\n')]);
    const log = JSON.parse(stdout) as { version: string; runs: { results: { ruleId: string }[] }[] };
    expect(log.version).toBe('2.1.0');
    expect(log.runs[0]?.results.map(({ ruleId }) => ruleId)).toContain('ShellMissing');
  });

  test('works where no store can be made', async () => {
    const { stdout } = await bench.decant(['check', folder(GOOD)], { home: '/proc/nowhere' });
    expect(stdout).toContain('no findings');
  });

  test.each([
    [['check', 'nowhere'], 1, 'there is no Dockerfile "nowhere"'],
    [['check', '--fail-on', 'never', '.'], 2, '--fail-on'],
    [['check', '--skip', 'ShellMising', '.'], 2, 'did you mean ShellMissing?'],
    [['build', '--call', 'outlin', '.'], 2, 'did you mean outline?'],
    [['build', '--call', 'subrequests.describe', '.'], 2, 'is not a question that can be answered'],
    [['build', '--check', '--call', 'targets', '.'], 2, 'different things'],
    [['build', '--call', 'outline,format=xml', '.'], 2, 'format=xml'],
  ])('%j is refused with %d', async (args, status, text) => {
    const ended = await bench.decant(args);
    expect(ended.status).toBe(status);
    expect(ended.stderr).toContain(text);
  });
});

describe('decant build', () => {
  test('--check finds what BuildKit finds, and what keeps the image from working', async () => {
    const context = folder(`FROM ${BASE}\nMAINTAINER x\nFROM scratch\nRUN x\n`);
    const { stdout, status } = await bench.decant(['build', '--check', context]);
    expect([...stdout.matchAll(/^(?:error|warning|note): (\w+)/gm)].map(([, rule]) => rule)).toEqual([
      'MaintainerDeprecated',
      'ShellMissing',
    ]);
    expect(status).toBe(1);
    const ignored = await bench.decant(['build', '--call', 'check,ignorestatus', context]);
    expect(ignored.status).toBe(0);
  });

  test('--call answers as buildx does', async () => {
    const context = folder(
      'FROM scratch\n# A about a\nARG A=1\nFROM scratch AS last\nARG B=2\nMAINTAINER x\n',
    );
    const call = async (what: string): Promise<unknown> =>
      JSON.parse((await bench.decant(['build', '--call', `${what},format=json`, context])).stdout);
    expect(await call('check')).toMatchObject({
      warnings: [{ ruleName: 'MaintainerDeprecated', location: { ranges: [{ start: { line: 6 } }] } }],
      sources: [{ filename: 'Dockerfile' }],
    });
    expect(await call('outline')).toMatchObject({ name: 'last', args: [{ name: 'B', value: '2' }] });
    expect(await call('targets')).toMatchObject({
      targets: [{ base: 'scratch' }, { name: 'last', default: true }],
    });
    const { stdout } = await bench.need(['build', '--call', 'outline', '--target', '0', context]);
    expect(stdout).toMatch(/^A +1 +about a$/m);
  });

  test('warns while it builds, in every form of progress', async () => {
    const context = folder(`FROM ${BASE}\nMAINTAINER x\nCMD run\n`);
    const plain = await bench.need(['build', '--progress', 'plain', context]);
    expect(plain.stderr).toContain('WARNING: MaintainerDeprecated: Maintainer instruction is deprecated');
    const json = await bench.need(['build', '--progress', 'json', context]);
    const events = json.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const rules = events.filter(({ type }) => type === 'warning').map(({ rule, line }) => [rule, line]);
    expect(rules).toEqual([
      ['MaintainerDeprecated', 2],
      ['JSONArgsRecommended', 3],
    ]);
  });

  test('fails for findings where the Dockerfile or a build argument asks for it', async () => {
    const context = folder(`# check=error=true\nFROM ${BASE}\nMAINTAINER x\n`);
    const { status, stderr } = await bench.decant(['build', context]);
    expect(status).toBe(1);
    expect(stderr).toContain('lint violation found for rules: MaintainerDeprecated [CHECK_FAILED]');
    const argument = 'BUILDKIT_DOCKERFILE_CHECK=skip=MaintainerDeprecated;error=true';
    await bench.need(['build', '--build-arg', argument, context]);
  });
});

test('the answer is a terminal-safe one', async () => {
  const { stdout } = await bench.decant(['check', '-'], { input: 'FROM scratch\nENV \u001b[31m x\n' });
  expect(stdout).not.toContain('\u001b');
});
