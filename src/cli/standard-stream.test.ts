import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, expect, test } from 'vitest';
import { standardStream } from './standard-stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'decant-stream-'));
afterAll(() => rmSync(folder, { recursive: true }));

function streamOn(descriptor: number) {
  const later = new PassThrough();
  const errors: unknown[] = [];
  let opened = 0;
  const stream = standardStream({
    descriptor,
    open: () => ((opened += 1), later as unknown as NodeJS.WriteStream),
    onError: (error) => errors.push(error),
  });
  return { stream, later, errors, opened: () => opened };
}

test('text goes straight into a file', () => {
  const path = join(folder, 'file');
  const descriptor = openSync(path, 'w');
  const { stream, opened, errors } = streamOn(descriptor);
  stream.write('one\n');
  stream.write('zwölf\n');
  closeSync(descriptor);
  expect(readFileSync(path, 'utf8')).toBe('one\nzwölf\n');
  expect([opened(), errors, stream.isTerminal()]).toEqual([0, [], false]);
});

test('what a full pipe does not take is left to the stream, and so is all that comes after', () => {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const { stream, later, errors } = streamOn(descriptor);
  const text = `${'x'.repeat(200_000)}end\n`;
  stream.write(text);
  stream.write('after\n');
  const taken = Buffer.alloc(300_000);
  const length = readSync(descriptor, taken);
  closeSync(descriptor);
  expect(length).toBeGreaterThan(0);
  expect(taken.toString('latin1', 0, length) + (later.read() as Buffer).toString('latin1')).toBe(
    `${text}after\n`,
  );
  expect(errors).toEqual([]);
});

test('once somebody has the stream, text waits behind what is in it', () => {
  const path = join(folder, 'shared');
  const descriptor = openSync(path, 'w');
  const { stream, later, opened } = streamOn(descriptor);
  stream.stream().write('first ');
  stream.write('second');
  closeSync(descriptor);
  expect([String(later.read()), readFileSync(path, 'utf8'), opened()]).toEqual(['first second', '', 1]);
});

test('what cannot be written is told', () => {
  const path = join(folder, 'read-only');
  writeFileSync(path, '');
  const descriptor = openSync(path, 'r');
  const { stream, errors, later } = streamOn(descriptor);
  stream.write('text');
  expect(errors).toMatchObject([{ code: 'EBADF' }]);
  stream.stream();
  later.emit('error', new Error('later'));
  expect(errors).toMatchObject([{ code: 'EBADF' }, { message: 'later' }]);
  closeSync(descriptor);
});
