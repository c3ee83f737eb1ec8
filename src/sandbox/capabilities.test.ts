import { expect, test } from 'vitest';
import { givenCapabilities } from './capabilities.ts';

test("root of the machine gives Docker's default set", () => {
  const { mask, names, dropped } = givenCapabilities(0x1ffffffffffn);
  expect(mask.toString(16)).toBe('a80425fb');
  expect(names).toHaveLength(14);
  expect(dropped).toContain(21); // CAP_SYS_ADMIN
  expect(dropped).not.toContain(0); // CAP_CHOWN
});

test('nothing is given that decant does not have', () => {
  expect(givenCapabilities(0b11n)).toMatchObject({ mask: 3n, names: ['CAP_CHOWN', 'CAP_DAC_OVERRIDE'] });
  expect(givenCapabilities(0n)).toMatchObject({ mask: 0n, names: [] });
});
