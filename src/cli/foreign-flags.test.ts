import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { addForeignFlags, answerForeignFlags, FOREIGN_FLAGS } from './foreign-flags.ts';

function given(...args: readonly string[]): Readonly<Record<string, unknown>> {
  const command = new Command().exitOverride();
  addForeignFlags(command);
  return command.parse(args, { from: 'user' }).opts();
}

describe('flags of other builders', () => {
  test.each([
    [['--builder', 'mine'], '--builder is not used: there is no daemon'],
    [['-m', '1g'], '--memory is not used: RUN steps have no limits'],
    [['--rm'], '--rm is not used'],
  ])('%j is passed over with an answer', (args, message) => {
    expect(answerForeignFlags(given(...args))).toEqual([expect.stringContaining(message)]);
  });

  test.each([[['--squash']], [['--policy', 'x']]])('%j is refused', (args) => {
    expect(() => answerForeignFlags(given(...args))).toThrow(`${args[0]?.split('=')[0]}: `);
  });

  test('those that are not given need no answer', () => {
    expect(answerForeignFlags(given())).toEqual([]);
  });

  test('are answered in one line each, and shown in no help', () => {
    const command = new Command();
    addForeignFlags(command);
    expect(command.helpInformation()).not.toContain('--builder');
    for (const { answer } of FOREIGN_FLAGS) expect(answer).toMatch(/^[a-zA-Z][^\n]{8,120}$/);
  });
});
