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
    ['type=oci,dest=a,compression=gzip,compression-level=9', { compression: 'gzip-9' }],
    ['type=oci,dest=a,compression-level=4', { compression: 'gzip' }],
    ['type=oci,dest=a,compression=zstd', { compression: 'zstd' }],
    ['type=oci,compression=zstd,compression-level=3', { compression: 'zstd' }],
    ['type=oci,compression=zstd,compression-level=19', { compression: 'zstd-19' }],
    ['type=oci,compression=zstd,force-compression=true', { forceCompression: true }],
    ['type=image,"name=a,b:1"', { type: 'image', names: ['a', 'b:1'] }],
    [
      'type=image,annotation.Org.x=1,annotation-index.y=2',
      {
        annotations: [
          { level: 'manifest', name: 'Org.x', value: '1' },
          { level: 'index', name: 'y', value: '2' },
        ],
      },
    ],
    ['type=local,dest=out,platform-split=false', { platformSplit: false }],
    ['type=image,oci-mediatypes=true,rewrite-timestamp=true,unpack=false,store=true', { type: 'image' }],
    ['type=cacheonly', { type: 'cacheonly' }],
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
    ['type=oci,push-by-digest=true', '"push-by-digest" is not known for type=oci'],
    ['type=oci,compression=lzma', 'compression is gzip, zstd or uncompressed, not "lzma"'],
    ['type=oci,compression=estargz', 'is not made; take zstd or gzip'],
    ['type=oci,compression=zstd,compression-level=23', 'the level of zstd is 1 to 22'],
    ['type=oci,compression-level=0', 'the level of gzip is 1 to 9'],
    ['type=image,annotation-indices.a=b', 'there are no annotations of "indices"'],
    ['type=tar,dest=a,annotation.a=b', '"annotation.a" is not known for type=tar'],
    ['type=oci,compresion=gzip', 'did you mean'],
    ['type=local,dest=a,mode=delete', 'mode=delete is not done here'],
    ['type=oci,source-date-epoch=1', '--build-arg SOURCE_DATE_EPOCH='],
  ])('%s is refused: %s', (text, message) => {
    expect(() => parseOutput(text, STDOUT)).toThrow(message);
  });

  test.each([
    ['type=oci,oci-mediatypes=false', 'oci-mediatypes=false is not used'],
    ['type=image,rewrite-timestamp=false', 'rewrite-timestamp=false is not used'],
    ['type=image,store=false', 'type=registry'],
    ['type=image,registry.insecure=true', 'registries.yaml says'],
    ['type=image,compatibility-version=20', 'the version of decant'],
    ['type=image,attestation-inline=true', 'manifests of their own'],
  ])('%s is taken, and answered: %s', (text, message) => {
    expect(parseOutput(text, STDOUT).answers).toEqual([expect.stringContaining(message)]);
  });
});
