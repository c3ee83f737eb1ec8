export type Architecture = 'x64' | 'arm64';

/** That of this process. Others, decant does not run on. */
export const ARCHITECTURE: Architecture = process.arch === 'arm64' ? 'arm64' : 'x64';

/** Numbers of the system calls: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h. */
export const SYSTEM_CALLS = {
  capset: { x64: 126, arm64: 91 },
  chdir: { x64: 80, arm64: 49 },
  clone: { x64: 56, arm64: 220 },
  close_range: { x64: 436, arm64: 436 },
  close: { x64: 3, arm64: 57 },
  connect: { x64: 42, arm64: 203 },
  dup3: { x64: 292, arm64: 24 },
  execve: { x64: 59, arm64: 221 },
  exit_group: { x64: 231, arm64: 94 },
  fchmod: { x64: 91, arm64: 52 },
  fchown: { x64: 93, arm64: 55 },
  fchownat: { x64: 260, arm64: 54 },
  getppid: { x64: 110, arm64: 173 },
  mount: { x64: 165, arm64: 40 },
  openat: { x64: 257, arm64: 56 },
  ppoll: { x64: 271, arm64: 73 },
  prctl: { x64: 157, arm64: 167 },
  prlimit64: { x64: 302, arm64: 261 },
  read: { x64: 0, arm64: 63 },
  rt_sigaction: { x64: 13, arm64: 134 },
  setgroups: { x64: 116, arm64: 159 },
  setresgid: { x64: 119, arm64: 149 },
  setresuid: { x64: 117, arm64: 147 },
  socket: { x64: 41, arm64: 198 },
  umask: { x64: 95, arm64: 166 },
  wait4: { x64: 61, arm64: 260 },
  write: { x64: 1, arm64: 64 },
} as const;

export type SystemCall = keyof typeof SYSTEM_CALLS;
