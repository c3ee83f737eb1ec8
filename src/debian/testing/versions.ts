/** Versions at random, for tests. */
import fc from 'fast-check';

import { isVersion } from '../version.ts';

/** They are near each other, as in an archive: the same few parts in other orders. */
const part = fc.constantFrom(
  '0',
  '1',
  '2',
  '9',
  '10',
  '01',
  '.',
  '+',
  '~',
  'a',
  'b',
  'rc',
  'dfsg',
  'deb12u',
  '-',
  'Z',
);

export const versionText: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('', '', '', '0:', '1:'),
    fc.constantFrom('0', '1', '2', '10'),
    fc.array(part, { maxLength: 7 }),
  )
  .map(([epoch, first, parts]) => `${epoch}${first}${parts.join('')}`)
  .filter(isVersion);
