/**
 * Capabilities (capabilities(7)) that a process in the sandbox may have: Docker's default set, and of it only what
 * decant has itself. A process that is not root has none.
 */
import { readFileSync } from 'node:fs';

/** Docker's default set, with the numbers of include/uapi/linux/capability.h. */
const DEFAULT_CAPABILITIES = {
  CAP_CHOWN: 0,
  CAP_DAC_OVERRIDE: 1,
  CAP_FOWNER: 3,
  CAP_FSETID: 4,
  CAP_KILL: 5,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_SETPCAP: 8,
  CAP_NET_BIND_SERVICE: 10,
  CAP_NET_RAW: 13,
  CAP_SYS_CHROOT: 18,
  CAP_MKNOD: 27,
  CAP_AUDIT_WRITE: 29,
  CAP_SETFCAP: 31,
} as const;

/** Numbers beyond the last one that exists are refused by the kernel, which does no harm. */
const HIGHEST_NUMBER = 63;

export interface Capabilities {
  readonly names: readonly string[];
  /** Numbers of all others, to be dropped from the bounding set. */
  readonly dropped: readonly number[];
  /** The set as bits. */
  readonly mask: bigint;
}

/** What of Docker's default set this process has to give. */
export function givenCapabilities(own: bigint = ownCapabilities()): Capabilities {
  const given = Object.entries(DEFAULT_CAPABILITIES).filter(([, number]) => (own >> BigInt(number)) & 1n);
  const numbers = new Set<number>(given.map(([, number]) => number));
  return {
    names: given.map(([name]) => name),
    dropped: Array.from({ length: HIGHEST_NUMBER + 1 }, (_, number) => number).filter(
      (number) => !numbers.has(number),
    ),
    mask: [...numbers].reduce((mask, number) => mask | (1n << BigInt(number)), 0n),
  };
}

/** All that this process has: for `--security=insecure`. */
export function allCapabilities(own: bigint = ownCapabilities()): Capabilities {
  return { names: ['ALL'], dropped: [], mask: own };
}

/** CAP_SYS_RESOURCE: what raising a limit takes. */
const SYS_RESOURCE = 24n;

/** What is needed besides until limits are set; the init program gives it up with all others. */
export function forLimits(own: bigint = ownCapabilities()): readonly string[] {
  return (own >> SYS_RESOURCE) & 1n ? ['CAP_SYS_RESOURCE'] : [];
}

/** The effective set of this process, as bits. */
export function ownCapabilities(): bigint {
  const status = readFileSync('/proc/self/status', 'utf8');
  return BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
}
