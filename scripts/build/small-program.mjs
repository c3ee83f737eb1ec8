/** A program of its own (System V ABI, chapters 4 and 5) that makes the file `written` and ends: nothing else is needed to run it. */

const HEADER_BYTES = 64 + 56;
const ADDRESS = 0x400000;

const MACHINES = {
  x64: {
    number: 62,
    // lea rdi, [name]; mov esi, O_CREAT|O_WRONLY; mov edx, 0644; mov eax, open; syscall; xor edi, edi; mov eax, exit; syscall
    code: '488d3d1a000000be41000000baa4010000b8020000000f0531ffb83c0000000f05',
  },
  arm64: {
    number: 183,
    // mov x0, AT_FDCWD; adr x1, name; mov x2, O_CREAT|O_WRONLY; mov x3, 0644; mov x8, openat; svc; mov x0, 0; mov x8, exit; svc
    code:
      '600c8092' +
      '01010010' +
      '220880d2' +
      '833480d2' +
      '080780d2' +
      '010000d4' +
      '000080d2' +
      'a80b80d2' +
      '010000d4',
  },
};

/** Undefined for another kind of machine than those that decant runs on. */
export function smallProgram() {
  const machine = MACHINES[process.arch];
  if (!machine) return undefined;
  const code = Buffer.concat([Buffer.from(machine.code, 'hex'), Buffer.from('written\0')]);
  const header = Buffer.alloc(HEADER_BYTES);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(2, 16); // ET_EXEC
  header.writeUInt16LE(machine.number, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(ADDRESS + HEADER_BYTES), 24);
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  const size = BigInt(HEADER_BYTES + code.length);
  header.writeUInt32LE(1, 64); // PT_LOAD
  header.writeUInt32LE(5, 68); // readable, executable
  for (const [value, at] of [
    [0n, 72],
    [BigInt(ADDRESS), 80],
    [BigInt(ADDRESS), 88],
    [size, 96],
    [size, 104],
    [0x10000n, 112],
  ])
    header.writeBigUInt64LE(value, at);
  return Buffer.concat([header, code]);
}
