import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseGetfattr } from './xattrs.ts';

test('names and values as getfattr writes them', () => {
  const output = [
    '# file: .',
    'trusted.overlay.opaque=0x79',
    '',
    '# file: ./sp ace/f',
    'security.capability=0x0100000200200000',
    'user.empty=0x',
    'user.w\\075x\\012y=0x00ff0a',
    '',
    '# file: ./n\\012l',
    'user.a=0x01',
    '',
    '',
  ].join('\n');
  expect(Object.fromEntries(parseGetfattr(Buffer.from(output)))).toEqual({
    '': { 'trusted.overlay.opaque': Buffer.from('y') },
    'sp ace/f': {
      'security.capability': Buffer.from('0100000200200000', 'hex'),
      'user.empty': Buffer.alloc(0),
      'user.w=x\ny': Buffer.from([0, 0xff, 0x0a]),
    },
    'n\nl': { 'user.a': Buffer.from([1]) },
  });
});

test('a name that is not UTF-8', () => {
  const output = Buffer.concat([
    Buffer.from('# file: ./b'),
    Buffer.from([0xff]),
    Buffer.from('\nuser.a=0x01\n'),
  ]);
  expect([...parseGetfattr(output).keys()]).toEqual(['b\udcff']);
});

test('no output of any kind is taken for something else than attributes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      for (const attributes of parseGetfattr(Buffer.from(bytes)).values()) {
        for (const value of Object.values(attributes)) expect(value).toBeInstanceOf(Uint8Array);
      }
    }),
  );
});
