/** Attempts to break in, in the forms of an audit that other programs read. */
import { describe, expect, test } from 'vitest';
import type { BreakIn } from '../audit/break-in/types.ts';
import { auditOf } from '../audit/testing.ts';
import { file } from '../tree/testing.ts';
import { auditJunit } from './audit-junit.ts';
import { auditMarkdown } from './audit-markdown.ts';
import { auditSarif } from './audit-sarif.ts';

const ATTEMPTS: BreakIn = {
  tried: 3,
  worked: 2,
  users: [
    {
      user: '0:0',
      declared: false,
      attempts: [
        { kind: 'shell', what: 'sh', args: ['sh', '-c', 'x'], worked: true, detail: 'decant-42 <b>' },
        { kind: 'drop', what: '/tmp', args: ['/tmp/x'], worked: true, detail: '' },
      ],
    },
    {
      user: 'app|user',
      declared: true,
      attempts: [
        { kind: 'shell', what: 'sh', args: [], worked: false, refusal: 'no-permission', detail: 'no' },
      ],
    },
  ],
};

const audit = await auditOf({ layers: [[file('app', 'x')]], config: { User: 'app|user' } });

describe('what breaking in came to', () => {
  test('is a result of SARIF for each attempt that worked', () => {
    const { runs } = auditSarif(audit, '1.0.0', ATTEMPTS) as {
      runs: [
        { tool: { driver: { rules: { id: string }[] } }; results: { ruleId: string; ruleIndex: number }[] },
      ];
    };
    const [{ tool, results }] = runs;
    const attempts = results.filter(({ ruleId }) => ruleId.startsWith('break-in-'));
    expect(attempts).toMatchObject([
      { ruleId: 'break-in-shell', message: { text: 'shell sh worked as root: decant-42 <b>' } },
      { ruleId: 'break-in-drop', message: { text: 'drop /tmp worked as root' } },
    ]);
    expect(results.map(({ ruleIndex }) => tool.driver.rules[ruleIndex]?.id)).toEqual(
      results.map(({ ruleId }) => ruleId),
    );
  });

  test('is a test of JUnit for each attempt, which fails by working', () => {
    const without = /failures="(\d+)"/.exec(auditJunit(audit, {}, []))?.[1];
    const xml = auditJunit(audit, {}, [], ATTEMPTS);
    expect(xml).toContain(`failures="${Number(without) + 2}"`);
    expect(xml).toContain(
      '<failure type="break-in" message="it worked: decant-42 &lt;b&gt;">it worked: decant-42 &lt;b&gt;</failure>',
    );
    expect(xml).toContain('name="breaking in as app|user, as the image is run: shell sh"/>');
  });

  test('is a table of Markdown, with nothing of the image that could be markup', () => {
    const text = auditMarkdown({ audit, violations: [], attempts: ATTEMPTS });
    expect(text).toContain('**Breaking in: 2 of 3 attempts worked**');
    expect(text).toContain('| root | 2 of 2 | shell sh, drop /tmp |');
    expect(text).toContain(String.raw`| app\|user, as the image is run | 0 of 1 |  |`);
  });

  test('is left out where nothing was tried', () => {
    const texts = [
      JSON.stringify(auditSarif(audit, '1.0.0')),
      auditJunit(audit, {}, []),
      auditMarkdown({ audit, violations: [] }),
    ];
    for (const text of texts) expect(text).not.toMatch(/break/i);
  });
});
