/**
 * The few machine instructions that a straight line of system calls needs, for x86-64 (AMD64 Architecture
 * Programmer's Manual, volume 3) and arm64 (Arm Architecture Reference Manual, C6.2). Every operation has one
 * fixed size per machine, so that addresses are known before anything is encoded.
 */

/**
 * `argument` is the position of a system call's argument; -1 is the call's number. `flag` survives system calls. `read`
 * takes the 32 bits at an address for a call's result.
 */
export type Operation =
  | { readonly do: 'load'; readonly argument: number; readonly value: number }
  | { readonly do: 'syscall' }
  | { readonly do: 'read'; readonly address: number }
  | { readonly do: 'set-flag'; readonly value: number }
  | { readonly do: 'label'; readonly name: string }
  | { readonly do: 'jump'; readonly to: string }
  | { readonly do: 'jump-if-zero'; readonly to: string }
  | { readonly do: 'jump-if-error'; readonly error: number; readonly to: string }
  | { readonly do: 'jump-if-result'; readonly result: number; readonly to: string }
  | { readonly do: 'jump-if-flag'; readonly to: string };

export interface Machine {
  readonly name: 'x64' | 'arm64';
  size(operation: Operation): number;
  /** `distance`: bytes from the start of this operation to the label it jumps to. */
  encode(operation: Operation, distance: number): readonly number[];
}

/** The code, in order. A jump to a label that does not exist is a fault of the caller. */
export function assemble(machine: Machine, operations: readonly Operation[]): Buffer {
  const labels = new Map<string, number>();
  let at = 0;
  for (const operation of operations) {
    if (operation.do === 'label') labels.set(operation.name, at);
    at += machine.size(operation);
  }
  const code = Buffer.alloc(at);
  at = 0;
  for (const operation of operations) {
    const target = 'to' in operation ? labels.get(operation.to) : at;
    if (target === undefined) throw new Error(`no label for ${JSON.stringify(operation)}`);
    code.set(machine.encode(operation, target - at), at);
    at += machine.size(operation);
  }
  return code;
}

/** The size of all operations, in bytes. */
export function codeSize(machine: Machine, operations: readonly Operation[]): number {
  return operations.reduce((sum, operation) => sum + machine.size(operation), 0);
}

const X64_SIZES: Readonly<Record<Operation['do'], number>> = {
  load: 10,
  syscall: 2,
  read: 12,
  'set-flag': 6,
  label: 0,
  jump: 5,
  'jump-if-zero': 9,
  'jump-if-error': 12,
  'jump-if-result': 12,
  'jump-if-flag': 10,
};

/** `mov register, imm64` of rax, rdi, rsi, rdx, r10, r8, r9. */
const X64_MOVES: readonly (readonly [number, number])[] = [
  [0x48, 0xb8],
  [0x48, 0xbf],
  [0x48, 0xbe],
  [0x48, 0xba],
  [0x49, 0xba],
  [0x49, 0xb8],
  [0x49, 0xb9],
];

export const X64: Machine = {
  name: 'x64',
  size: (operation) => X64_SIZES[operation.do],
  encode(operation, distance) {
    const to = (head: readonly number[]): number[] => [
      ...head,
      ...littleEndian(distance - X64_SIZES[operation.do], 4),
    ];
    switch (operation.do) {
      case 'load':
        return [...(X64_MOVES[operation.argument + 1] ?? []), ...littleEndian(operation.value, 8)];
      case 'syscall':
        return [0x0f, 0x05];
      case 'read': // mov rax, imm64; mov eax, [rax]
        return [0x48, 0xb8, ...littleEndian(operation.address, 8), 0x8b, 0x00];
      case 'set-flag': // mov r12d, imm32
        return [0x41, 0xbc, ...littleEndian(operation.value, 4)];
      case 'label':
        return [];
      case 'jump':
        return to([0xe9]);
      case 'jump-if-zero': // test rax, rax; jz
        return to([0x48, 0x85, 0xc0, 0x0f, 0x84]);
      case 'jump-if-error': // cmp rax, -error; je
        return to([0x48, 0x3d, ...littleEndian(-operation.error, 4), 0x0f, 0x84]);
      case 'jump-if-result': // cmp rax, result; je
        return to([0x48, 0x3d, ...littleEndian(operation.result, 4), 0x0f, 0x84]);
      case 'jump-if-flag': // test r12d, r12d; jnz; nop
        return [0x90, ...to([0x45, 0x85, 0xe4, 0x0f, 0x85])];
    }
  },
};

const ARM64_SIZES: Readonly<Record<Operation['do'], number>> = {
  load: 16,
  syscall: 4,
  read: 20,
  'set-flag': 4,
  label: 0,
  jump: 4,
  'jump-if-zero': 4,
  'jump-if-error': 8,
  'jump-if-result': 24,
  'jump-if-flag': 4,
};

export const ARM64: Machine = {
  name: 'arm64',
  size: (operation) => ARM64_SIZES[operation.do],
  encode(operation, distance) {
    const words = (...list: readonly number[]): number[] => list.flatMap((word) => littleEndian(word, 4));
    const offset19 = (from: number): number => (((distance - from) >> 2) & 0x7ffff) << 5;
    switch (operation.do) {
      case 'load':
        return words(...moves(operation.argument < 0 ? 8 : operation.argument, operation.value));
      case 'syscall': // svc #0
        return words(0xd4000001);
      case 'read': // ldr w0, [x0]
        return words(...moves(0, operation.address), 0xb9400000);
      case 'set-flag': // movz x19, imm16
        return words(0xd2800000 | (operation.value << 5) | 19);
      case 'label':
        return [];
      case 'jump': // b
        return words(0x14000000 | ((distance >> 2) & 0x3ffffff));
      case 'jump-if-zero': // cbz x0
        return words(0xb4000000 | offset19(0));
      case 'jump-if-error': // cmn x0, #error; b.eq
        return words(0xb100001f | (operation.error << 10), 0x54000000 | offset19(4));
      case 'jump-if-result': // cmp x0, x9; b.eq
        return words(...moves(9, operation.result), 0xeb09001f, 0x54000000 | offset19(20));
      case 'jump-if-flag': // cbnz x19
        return words(0xb5000013 | offset19(0));
    }
  },
};

/** movz, then movk for each higher 16 bits. */
function moves(register: number, value: number): number[] {
  const part = (index: number): number => Math.floor(value / 2 ** (16 * index)) & 0xffff;
  return [
    0xd2800000 | (part(0) << 5) | register,
    0xf2a00000 | (part(1) << 5) | register,
    0xf2c00000 | (part(2) << 5) | register,
    0xf2e00000 | (part(3) << 5) | register,
  ];
}

function littleEndian(value: number, bytes: 4 | 8): number[] {
  const low = value >>> 0;
  const word = [low & 0xff, (low >>> 8) & 0xff, (low >>> 16) & 0xff, low >>> 24];
  return bytes === 4 ? word : [...word, ...littleEndian(Math.floor(value / 2 ** 32), 4)];
}
