/** Processors: ELF's numbers (System V ABI, `e_machine`), the platforms of images, and where Debian keeps libraries. */
import type { Elf } from '../../codec/elf.ts';

export interface Machine {
  /** As images name it: `linux/arm64`. */
  readonly platform: string;
  /** Debian's folder of libraries: `aarch64-linux-gnu`. */
  readonly triplet: string;
}

interface Row extends Machine {
  readonly machine: number;
  readonly class: 32 | 64;
  readonly littleEndian: boolean;
}

const row = (machine: number, bits: 32 | 64, platform: string, triplet: string, little = true): Row => ({
  machine,
  class: bits,
  littleEndian: little,
  platform: `linux/${platform}`,
  triplet,
});

const MACHINES: readonly Row[] = [
  row(62, 64, 'amd64', 'x86_64-linux-gnu'),
  row(183, 64, 'arm64', 'aarch64-linux-gnu'),
  row(3, 32, '386', 'i386-linux-gnu'),
  row(40, 32, 'arm/v7', 'arm-linux-gnueabihf'),
  row(21, 64, 'ppc64le', 'powerpc64le-linux-gnu'),
  row(22, 64, 's390x', 's390x-linux-gnu', false),
  row(243, 64, 'riscv64', 'riscv64-linux-gnu'),
];

/** Undefined for a processor that Debian has no packages for. */
export function machineOf(elf: Elf): Machine | undefined {
  return MACHINES.find(
    (one) => one.machine === elf.machine && one.class === elf.class && one.littleEndian === elf.littleEndian,
  );
}

export function machineOfPlatform(platform: string): Machine | undefined {
  return MACHINES.find((one) => one.platform === platform);
}

/** Where the loader looks of its own accord (ld.so(8)), Debian's folders first. */
export function libraryFolders({ triplet }: Machine): readonly string[] {
  return [`usr/lib/${triplet}`, `lib/${triplet}`, 'usr/local/lib', 'lib64', 'usr/lib64', 'lib', 'usr/lib'];
}
