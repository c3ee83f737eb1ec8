import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecantError } from '../errors.ts';
import { zipFile } from './testing-zip.ts';
import { isZip, readZip, unzip } from './zip.ts';

const FILES = { 'META-INF/MANIFEST.MF': 'Manifest-Version: 1.0\n', 'a/': '', 'a/ü.txt': 'x'.repeat(5000) };
/** Written by Python's zipfile. */
const OF_PYTHON = [
  'UEsDBBQAAAAAAAAAIQAAAAAAAAAAAAAAAAAJAAAATUVUQS1JTkYvUEsDBBQAAAAIAAAAIQAv+vhICwAAAHgAAAAFAAAAYS50',
  'eHTLSM3JyVfIoDsJAFBLAQIUAxQAAAAAAAAAIQAAAAAAAAAAAAAAAAAJAAAAAAAAAAAAAACAAQAAAABNRVRBLUlORi9QSwEC',
  'FAMUAAAACAAAACEAL/r4SAsAAAB4AAAABQAAAAAAAAAAAAAAgAEnAAAAYS50eHRQSwUGAAAAAAIAAgBqAAAAVQAAAAAA',
].join('');
const LIMIT = 1_000_000;

const contents = (archive: Buffer): Record<string, string> =>
  Object.fromEntries(
    readZip(archive, 'a.zip').map((entry) => [entry.name, unzip(archive, entry, LIMIT, 'a.zip').toString()]),
  );

describe('a zip archive', () => {
  test.each([
    ['deflated', {}],
    ['stored', { method: 0 as const }],
    ['with Zip64 sizes', { wide: true }],
    ['with a comment', { comment: 'made by hand' }],
    ['behind a script', { prefix: '#!/bin/sh\nexec java -jar "$0"\n' }],
    ['behind a script, with Zip64 sizes', { prefix: '#!/bin/sh\n', wide: true }],
  ])('%s', (_, sample) => {
    expect(contents(zipFile(FILES, sample))).toEqual(FILES);
  });

  test('without entries', () => {
    expect(readZip(zipFile({}), 'a.zip')).toEqual([]);
  });

  test('of another program', () => {
    const made = Buffer.from(OF_PYTHON, 'base64');
    expect(contents(made)).toEqual({ 'META-INF/': '', 'a.txt': 'hello '.repeat(20) });
  });

  test('is told by its first bytes', () => {
    expect(isZip(zipFile(FILES))).toBe(true);
    expect(isZip(Buffer.from('PK'))).toBe(false);
  });
});

describe('a hostile one', () => {
  const archive = zipFile({ 'a.txt': 'x'.repeat(5000) });
  const changed = (at: number, bytes: readonly number[]): Buffer => {
    const copy = Buffer.from(archive);
    copy.set(bytes, at);
    return copy;
  };
  const directory = archive.indexOf('PK\u0001\u0002');
  const end = archive.indexOf('PK\u0005\u0006');

  test.each([
    ['that is something else', Buffer.from('#!/bin/sh\n'), /no zip archive/],
    ['that is cut off', archive.subarray(0, -1), /no zip archive/],
    ['whose directory leads out', changed(end + 16, [0xff, 0xff, 0xff, 0x0f]), /leads out/],
    ['that claims more entries', changed(end + 10, [9, 0]), /ends after 1 of 9/],
    ['whose entry leads out of the directory', changed(directory + 28, [0xff, 0x7f]), /leads out/],
    ['whose entry is not there', changed(directory + 42, [7, 0, 0, 0]), /nothing where/],
    ['whose data leads out', changed(directory + 20, [0xff, 0xff, 0]), /leads out/],
    ['whose data is damaged', changed(40, [0xff, 0xff]), /damaged/],
    ['that says too small a size', changed(directory + 24, [1, 0, 0, 0]), /damaged/],
    ['that is encrypted', changed(directory + 8, [1, 0]), /encrypted/],
    ['packed in a way unknown', changed(directory + 10, [14, 0]), /unknown/],
  ])('%s', (_, bytes, message) => {
    expect(() => contents(bytes)).toThrow(message);
  });

  test('that grows beyond what is allowed', () => {
    const [entry] = readZip(archive, 'a.zip');
    expect(entry && (() => unzip(archive, entry, 4999, 'a.zip'))).toThrow(/more than the 4999/);
  });

  test('of any bytes ends in an error of ours or an answer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: archive.length - 1 }), fc.nat(255), (at, value) => {
        try {
          contents(changed(at, [value]));
        } catch (error) {
          expect(error).toBeInstanceOf(DecantError);
        }
      }),
    );
  });
});
