/**
 * System calls that a process in the sandbox is refused (seccomp(2), a classic BPF program): ways to capabilities it
 * was not given, and to things that no namespace separates. It refuses what Docker's default profile refuses and
 * dropped capabilities do not refuse already: new user namespaces (in which it would have all capabilities), the
 * kernel's key rings, BPF, performance events, userfaultfd, io_uring; and putting characters into a terminal's input.
 */

interface Abi {
  /** AUDIT_ARCH_* of include/uapi/linux/audit.h. */
  readonly audit: number;
  readonly ioctl: number;
  readonly clone: number;
  readonly unshare: number;
  /** setns, add_key, request_key, keyctl, bpf, perf_event_open, userfaultfd */
  readonly refused: readonly number[];
}

/** Each processor runs the programs of its 32-bit predecessor as well, with other numbers. */
const ABIS = {
  x64: [
    { audit: 0xc000003e, ioctl: 16, clone: 56, unshare: 272, refused: [308, 248, 249, 250, 321, 298, 323] },
    { audit: 0x40000003, ioctl: 54, clone: 120, unshare: 310, refused: [346, 286, 287, 288, 357, 336, 374] },
  ],
  arm64: [
    { audit: 0xc00000b7, ioctl: 29, clone: 220, unshare: 97, refused: [268, 217, 218, 219, 280, 241, 282] },
    { audit: 0x40000028, ioctl: 54, clone: 120, unshare: 337, refused: [375, 309, 310, 311, 386, 364, 388] },
  ],
} as const satisfies Record<string, readonly Abi[]>;

/** Numbers that are the same everywhere: clone3 hides its flags in memory, so libc has to fall back to clone. */
const CLONE3 = 435;
const IO_URING = [425, 426, 427];
/** The x32 variant of x86-64 has the same audit value, with this bit in its numbers. */
const X32_BIT = 0x40000000;

const CLONE_NEWUSER = 0x10000000;
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;

const ALLOW = 0x7fff0000;
const REFUSE = 0x00050001; // SECCOMP_RET_ERRNO, EPERM
const ABSENT = 0x00050026; // SECCOMP_RET_ERRNO, ENOSYS

/** Offsets in struct seccomp_data; of arguments the lower half, since both architectures are little-endian. */
const NUMBER = 0;
const ARCHITECTURE = 4;
const ARGUMENT_0 = 16;
const ARGUMENT_1 = 24;

/** The program, as the kernel and bubblewrap's `--seccomp` take it. */
export function seccompProgram(architecture: keyof typeof ABIS): Buffer {
  const blocks = ABIS[architecture].map((abi) => rulesOf(abi));
  return Buffer.concat([
    load(ARCHITECTURE),
    ...ABIS[architecture].flatMap(({ audit }, index) => {
      const block = blocks[index] ?? Buffer.alloc(0);
      // Over the block of another architecture; blocks end by returning.
      return [jump(EQUAL, audit, 1, 0), statement(JUMP_ALWAYS, block.length / 8), block];
    }),
    give(ABSENT),
  ]);
}

function rulesOf(abi: Abi): Buffer {
  return Buffer.concat([
    load(NUMBER),
    ...(abi.audit === ABIS.x64[0].audit ? [jump(ANY_BIT, X32_BIT, 0, 1), give(ABSENT)] : []),
    ...[...abi.refused, ...IO_URING].flatMap((number) => [jump(EQUAL, number, 0, 1), give(REFUSE)]),
    jump(EQUAL, CLONE3, 0, 1),
    give(ABSENT),
    ...[abi.clone, abi.unshare].flatMap((number) => [
      jump(EQUAL, number, 0, 4),
      load(ARGUMENT_0),
      jump(ANY_BIT, CLONE_NEWUSER, 0, 1),
      give(REFUSE),
      give(ALLOW),
    ]),
    jump(EQUAL, abi.ioctl, 0, 4),
    load(ARGUMENT_1),
    jump(EQUAL, TIOCSTI, 1, 0),
    jump(EQUAL, TIOCLINUX, 0, 1),
    give(REFUSE),
    give(ALLOW),
  ]);
}

/** Codes of linux/bpf_common.h. */
const LOAD_WORD = 0x20;
const JUMP_ALWAYS = 0x05;
const EQUAL = 0x15;
const ANY_BIT = 0x45;
const RETURN = 0x06;

function load(offset: number): Buffer {
  return statement(LOAD_WORD, offset);
}

function give(result: number): Buffer {
  return statement(RETURN, result);
}

function statement(code: number, value: number): Buffer {
  return jump(code, value, 0, 0);
}

/** struct sock_filter; `yes` and `no` are how many instructions to go over. */
function jump(code: number, value: number, yes: number, no: number): Buffer {
  const instruction = Buffer.alloc(8);
  instruction.writeUInt16LE(code, 0);
  instruction.writeUInt8(yes, 2);
  instruction.writeUInt8(no, 3);
  instruction.writeUInt32LE(value, 4);
  return instruction;
}
