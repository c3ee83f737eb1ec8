import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readElfOutline } from './elf-sections.ts';
import { ADDRESS, elfWithSections, FIRST_SECTION } from './testing-elf-sections.ts';

const outlineOf = (file: Buffer) =>
  readElfOutline((start, length) => Promise.resolve(file.subarray(start, start + length)));

describe('sections of an ELF file', () => {
  test.each([
    [64, true],
    [64, false],
    [32, true],
    [32, false],
  ] as const)('of %i bits, little-endian: %s', async (bits, littleEndian) => {
    const file = elfWithSections(
      { '.a': Buffer.from('hello'), '.note': Buffer.from('x') },
      { class: bits, littleEndian },
    );
    const outline = await outlineOf(file);
    expect(outline).toMatchObject({ class: bits, littleEndian });
    expect(outline?.sections.map(({ name, size }) => `${name} ${size}`)).toEqual([
      ' 0',
      '.a 5',
      '.note 1',
      '.shstrtab 20',
    ]);
    const [, first] = outline?.sections ?? [];
    expect(first).toMatchObject({ offset: FIRST_SECTION, address: FIRST_SECTION + ADDRESS });
    expect(outline?.segments).toMatchObject([{ offset: FIRST_SECTION, writable: true }]);
  });

  test('may be missing', async () => {
    expect(
      await outlineOf(elfWithSections({ '.a': Buffer.from('x') }, { withoutHeaders: true })),
    ).toMatchObject({
      sections: [],
      segments: [{ writable: true }],
    });
  });

  test('of anything else there are none', async () => {
    expect(await outlineOf(Buffer.from('#!/bin/sh\n'))).toBeUndefined();
    expect(await outlineOf(Buffer.alloc(0))).toBeUndefined();
  });

  test('that are damaged throw nothing', async () => {
    const file = elfWithSections({ '.a': Buffer.from('x') });
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.nat(255), fc.nat(file.length), async (at, byte, end) => {
        const damaged = Buffer.from(file);
        damaged[at] = byte;
        await outlineOf(damaged.subarray(0, end));
      }),
    );
  });
});
