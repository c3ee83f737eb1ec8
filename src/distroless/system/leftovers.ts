/**
 * What configuring leaves behind that is no part of a system: logs of the installation, back-up copies, caches that
 * depend on the machine, and files that tell something about it.
 */
const LEFTOVERS = [
  // Logs of the installation; wtmp and the like, which are empty, stay.
  /^var\/log\/(?:.*\/)?[^/]*\.log$/,
  /^var\/log\/apt\/./,
  // Inode numbers and times of the machine that it was made on (ldconfig(8)).
  /^var\/cache\/ldconfig\/aux-cache$/,
  /^var\/cache\/apt\/.*\.bin$/,
  /^var\/lib\/apt\/lists\/(?!partial$)./,
  // Earlier states.
  /^var\/cache\/debconf\/.*-old$/,
  /^var\/lib\/dpkg\/.*-old$/,
  /^etc\/(?:passwd|group|shadow|gshadow|subuid|subgid)-$/,
  /^etc\/\.pwd\.lock$/,
  // The machine: these are made when a system starts, or lent to a container.
  /^etc\/(?:hostname|hosts|resolv\.conf|mtab|adjtime)$/,
  /^var\/lib\/dbus\/machine-id$/,
  /^(?:tmp|var\/tmp|dev|proc|sys)\/./,
  /^run\/(?!lock$)./,
];

/** Whether a path (in tree form) is no part of the system. */
export function isLeftover(path: string): boolean {
  return LEFTOVERS.some((form) => form.test(path));
}
