import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { parseOutput } from './output.ts';

const STDOUT = new PassThrough();

describe('an output', () => {
  test.each([
    ['type=image', { type: 'image' }],
    ['type=oci,dest=a.tar', { type: 'oci', destination: 'a.tar' }],
    ['type=oci,dest=a,tar=false', { type: 'oci', destination: 'a', isDirectory: true }],
    [
      'type=docker,dest=a.tar,compression=uncompressed',
      { type: 'docker', destination: 'a.tar', compression: 'none' },
    ],
    ['type=docker', { type: 'docker', destination: STDOUT }],
    ['type=tar,dest=-', { type: 'tar', destination: STDOUT }],
    ['type=local,dest=out', { type: 'local', destination: 'out' }],
    ['out', { type: 'local', destination: 'out' }],
    ['-', { type: 'tar', destination: STDOUT }],
    ['type=tar,dest=a=b.tar', { type: 'tar', destination: 'a=b.tar' }],
  ])('%s', (text, expected) => {
    expect(parseOutput(text, STDOUT)).toMatchObject(expected);
  });

  test.each([
    ['type=zip', 'there is no output type "zip"'],
    ['dest=a', 'it has no type'],
    ['type=local', 'type=local needs dest=DIRECTORY'],
    ['type=oci,tar=false', 'needs dest=DIRECTORY'],
    ['type=tar,what', '"what" is not KEY=VALUE'],
    ['type=tar,dest=a,push=true', '"push" is not known for type=tar'],
    ['type=oci,compression=lzma', 'compression is gzip or none, not "lzma"'],
  ])('%s is refused: %s', (text, message) => {
    expect(() => parseOutput(text, STDOUT)).toThrow(message);
  });
});
