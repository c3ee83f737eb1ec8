import { describe, expect, test } from 'vitest';
import { ARM64, X64, assemble, codeSize } from './assembler.ts';
import type { Operation } from './assembler.ts';

/** Checked with GNU as 2.40; of x64's cmp, the form with 32 bits. */
const ENCODINGS: readonly { readonly operation: Operation; readonly x64: string; readonly arm64: string }[] =
  [
    {
      operation: { do: 'load', argument: 0, value: 0x1122334455 }, // mov rdi; movz x0, movk x0
      x64: '48bf5544332211000000',
      arm64: 'a08a88d2 6046a4f2 2002c0f2 0000e0f2',
    },
    {
      operation: { do: 'load', argument: 3, value: -100 }, // mov r10
      x64: '49ba9cffffffffffffff',
      arm64: '83f39fd2 e3ffbff2 e3ffdff2 e3fffff2',
    },
    {
      operation: { do: 'load', argument: -1, value: 221 }, // mov rax; movz x8
      x64: '48b8dd00000000000000',
      arm64: 'a81b80d2 0800a0f2 0800c0f2 0800e0f2',
    },
    { operation: { do: 'syscall' }, x64: '0f05', arm64: '010000d4' },
    {
      operation: { do: 'read', address: 0x1122334455 }, // mov rax, mov eax; movz x0, movk x0, ldr w0
      x64: '48b85544332211000000 8b00',
      arm64: 'a08a88d2 6046a4f2 2002c0f2 0000e0f2 000040b9',
    },
    { operation: { do: 'set-flag', value: 1 }, x64: '41bc01000000', arm64: '330080d2' },
    { operation: { do: 'jump', to: 'end' }, x64: 'e900000000', arm64: '01000014' },
    { operation: { do: 'jump-if-zero', to: 'end' }, x64: '4885c0 0f8400000000', arm64: '200000b4' },
    {
      operation: { do: 'jump-if-error', error: 13, to: 'end' },
      x64: '483df3ffffff 0f8400000000',
      arm64: '1f3400b1 20000054',
    },
    {
      operation: { do: 'jump-if-result', result: 70_000, to: 'end' }, // cmp; je; movz x9, movk x9, cmp, b.eq
      x64: '483d70110100 0f8400000000',
      arm64: '092e82d2 2900a0f2 0900c0f2 0900e0f2 1f0009eb 20000054',
    },
    { operation: { do: 'jump-if-flag', to: 'end' }, x64: '90 4585e4 0f8500000000', arm64: '330000b5' },
  ];

describe.each(ENCODINGS)('$operation', ({ operation, x64, arm64 }) => {
  const program: Operation[] = [operation, { do: 'label', name: 'end' }];
  test('x64', () => expect(assemble(X64, program).toString('hex')).toBe(x64.replaceAll(' ', '')));
  test('arm64', () => expect(assemble(ARM64, program).toString('hex')).toBe(arm64.replaceAll(' ', '')));
});

test.each([X64, ARM64])('a jump back has a negative distance: $name', (machine) => {
  const code = assemble(machine, [
    { do: 'label', name: 'start' },
    { do: 'syscall' },
    { do: 'jump', to: 'start' },
  ]);
  // jmp rel32 -7; b #-4
  expect(code.toString('hex')).toBe(machine === X64 ? '0f05e9f9ffffff' : '010000d4ffffff17');
});

test('the size is known before anything is encoded', () => {
  for (const { operation } of ENCODINGS) {
    const program: Operation[] = [operation, { do: 'label', name: 'end' }];
    for (const machine of [X64, ARM64])
      expect(assemble(machine, program)).toHaveLength(codeSize(machine, program));
  }
});

test('a jump to nowhere is refused', () => {
  expect(() => assemble(X64, [{ do: 'jump', to: 'nowhere' }])).toThrow(/no label/);
});
