/** Images that rest elsewhere on this machine, as named contexts name them: `docker-daemon:NAME`, with or without `//`. */

const LOCAL = /^(docker-daemon|docker-archive|oci-archive):(?:\/\/)?(.+)$/s;

/** The location as containers-transports(5) has it, or undefined for what is none of these. */
export function localImage(text: string): string | undefined {
  const [, transport, rest] = LOCAL.exec(text) ?? [];
  return transport === undefined ? undefined : `${transport}:${rest}`;
}
