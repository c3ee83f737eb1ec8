import { expect, test } from 'vitest';
import { seccompProgram } from './seccomp.ts';

const X64 = 0xc000003e;
const I386 = 0x40000003;
const ARM64 = 0xc00000b7;
const ARM = 0x40000028;

interface Call {
  readonly audit: number;
  readonly number: number;
  readonly args?: readonly number[];
}

/** The few instructions of classic BPF that the program uses, as the kernel runs them. */
function evaluate(program: Buffer, { audit, number, args = [] }: Call): string {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(audit, 4);
  args.forEach((value, index) => data.writeBigUInt64LE(BigInt(value), 16 + index * 8));
  let accumulator = 0;
  for (let at = 0; at < program.length; at += 8) {
    const code = program.readUInt16LE(at);
    const value = program.readUInt32LE(at + 4);
    const goOver = (holds: boolean): number => 8 * program.readUInt8(at + (holds ? 2 : 3));
    if (code === 0x20) accumulator = data.readUInt32LE(value);
    else if (code === 0x05) at += value * 8;
    else if (code === 0x15) at += goOver(accumulator === value);
    else if (code === 0x45) at += goOver((accumulator & value) !== 0);
    else if (code === 0x06) return RESULTS[value] ?? `unknown ${value}`;
    else throw new Error(`unknown instruction ${code}`);
  }
  throw new Error('the program does not end');
}

const RESULTS: Readonly<Record<number, string>> = {
  0x7fff0000: 'allow',
  0x00050001: 'EPERM',
  0x00050026: 'ENOSYS',
};

const NEW_USER = 0x10000000;

test.each<[string, 'x64' | 'arm64', Call, string]>([
  ['read', 'x64', { audit: X64, number: 0 }, 'allow'],
  ['execve', 'x64', { audit: X64, number: 59 }, 'allow'],
  ['keyctl', 'x64', { audit: X64, number: 250 }, 'EPERM'],
  ['bpf', 'x64', { audit: X64, number: 321 }, 'EPERM'],
  ['io_uring_setup', 'x64', { audit: X64, number: 425 }, 'EPERM'],
  ['clone3', 'x64', { audit: X64, number: 435 }, 'ENOSYS'],
  ['clone for a process', 'x64', { audit: X64, number: 56, args: [17] }, 'allow'],
  ['clone with a user namespace', 'x64', { audit: X64, number: 56, args: [17 + NEW_USER] }, 'EPERM'],
  ['unshare of files', 'x64', { audit: X64, number: 272, args: [0x400] }, 'allow'],
  ['unshare of users', 'x64', { audit: X64, number: 272, args: [0x400 + NEW_USER] }, 'EPERM'],
  ['ioctl TIOCSTI', 'x64', { audit: X64, number: 16, args: [0, 0x5412] }, 'EPERM'],
  ['ioctl TIOCSTI with high bits', 'x64', { audit: X64, number: 16, args: [0, 0x100005412] }, 'EPERM'],
  ['ioctl TIOCLINUX', 'x64', { audit: X64, number: 16, args: [0, 0x541c] }, 'EPERM'],
  ['ioctl TCGETS', 'x64', { audit: X64, number: 16, args: [0, 0x5401] }, 'allow'],
  ['x32', 'x64', { audit: X64, number: 0x40000000 }, 'ENOSYS'],
  ['i386 keyctl', 'x64', { audit: I386, number: 288 }, 'EPERM'],
  ['i386 unshare of users', 'x64', { audit: I386, number: 310, args: [NEW_USER] }, 'EPERM'],
  ['i386 number that is keyctl on x86-64', 'x64', { audit: I386, number: 250 }, 'allow'],
  ['an unknown architecture', 'x64', { audit: ARM64, number: 0 }, 'ENOSYS'],
  ['read', 'arm64', { audit: ARM64, number: 63 }, 'allow'],
  ['keyctl', 'arm64', { audit: ARM64, number: 219 }, 'EPERM'],
  ['clone with a user namespace', 'arm64', { audit: ARM64, number: 220, args: [NEW_USER] }, 'EPERM'],
  ['ioctl TIOCSTI', 'arm64', { audit: ARM64, number: 29, args: [0, 0x5412] }, 'EPERM'],
  ['arm keyctl', 'arm64', { audit: ARM, number: 311 }, 'EPERM'],
])('%s on %s', (_, architecture, call, expected) => {
  expect(evaluate(seccompProgram(architecture), call)).toBe(expected);
});
