/** File capabilities as `security.capability` keeps them (capabilities(7); include/uapi/linux/capability.h, vfs_cap_data). */

const NAMES = [
  ['chown', 'dac_override', 'dac_read_search', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid', 'setpcap'],
  ['linux_immutable', 'net_bind_service', 'net_broadcast', 'net_admin', 'net_raw', 'ipc_lock', 'ipc_owner'],
  ['sys_module', 'sys_rawio', 'sys_chroot', 'sys_ptrace', 'sys_pacct', 'sys_admin', 'sys_boot', 'sys_nice'],
  ['sys_resource', 'sys_time', 'sys_tty_config', 'mknod', 'lease', 'audit_write', 'audit_control', 'setfcap'],
  ['mac_override', 'mac_admin', 'syslog', 'wake_alarm', 'block_suspend', 'audit_read', 'perfmon', 'bpf'],
  ['checkpoint_restore'],
].flat();

const REVISION_1 = 0x01000000;
const REVISION_MASK = 0xff000000;
const EFFECTIVE = 1;

/** `cap_net_raw,cap_net_admin=ep`, as getcap prints them; undefined for bytes that are none or grant nothing. */
export function fileCapabilities(value: Uint8Array): string | undefined {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (bytes.length < 12) return undefined;
  const magic = bytes.readUInt32LE(0);
  const words = (magic & REVISION_MASK) === REVISION_1 ? 1 : 2;
  if (bytes.length < 4 + words * 8) return undefined;
  const set = (offset: number): bigint =>
    BigInt(bytes.readUInt32LE(4 + offset)) |
    (words === 2 ? BigInt(bytes.readUInt32LE(12 + offset)) << 32n : 0n);
  const [permitted, inheritable] = [set(0), set(4)];
  const both = permitted | inheritable;
  if (both === 0n) return undefined;
  const names = Array.from({ length: 64 }, (_, bit) => bit)
    .filter((bit) => (both >> BigInt(bit)) & 1n)
    .map((bit) => `cap_${NAMES[bit] ?? bit}`);
  const flags = [magic & EFFECTIVE ? 'e' : '', inheritable === 0n ? '' : 'i', permitted === 0n ? '' : 'p'];
  return `${names.join(',')}=${flags.join('')}`;
}
