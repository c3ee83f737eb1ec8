import { expect, test } from 'vitest';
import { stepOutput } from './step-output.ts';

function collectOutput() {
  const told: [string, string][] = [];
  return { told, output: stepOutput((stream, text) => told.push([stream, text])) };
}

test('lines are told whole, however they arrive', () => {
  const { told, output } = collectOutput();
  for (const chunk of ['on', 'e\ntwo', '\nthr']) output.write('stdout', Buffer.from(chunk));
  output.end();
  expect(told.map(([, text]) => text).join('')).toBe('one\ntwo\nthr\n');
});

test('a character cut in two is put together', () => {
  const { told, output } = collectOutput();
  const bytes = Buffer.from('ä\n');
  output.write('stdout', bytes.subarray(0, 1));
  output.write('stdout', bytes.subarray(1));
  expect(told).toEqual([['stdout', 'ä\n']]);
});

test('the two streams do not mix within a line', () => {
  const { told, output } = collectOutput();
  output.write('stdout', Buffer.from('out'));
  output.write('stderr', Buffer.from('err\n'));
  output.write('stdout', Buffer.from('put\n'));
  expect(told).toEqual([
    ['stderr', 'err\n'],
    ['stdout', 'output\n'],
  ]);
});

test('the last lines are kept, and a line without end is cut', () => {
  const { told, output } = collectOutput();
  for (let line = 0; line < 100; line += 1) output.write('stdout', Buffer.from(`${line}\n`));
  expect(output.lastLines()).toHaveLength(61);
  expect(output.lastLines()[0]).toMatch(/^\(\d+ more before this/);
  expect(output.lastLines().at(-1)).toBe('99');
  output.write('stdout', Buffer.alloc(200_000, 'x'));
  expect(told.at(-1)?.[1].length).toBeGreaterThan(64 * 1024);
});
