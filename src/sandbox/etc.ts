/** The two files of the host's network that a container needs: /etc/resolv.conf and /etc/hosts. */
import { readFileSync } from 'node:fs';
import { systemCode } from '../errors.ts';

export interface HostAddress {
  readonly name: string;
  readonly address: string;
}

/** hosts(5), as Docker writes it, with the names of `--add-host` after it. */
export function etcHosts(hostname: string, extra: readonly HostAddress[]): Buffer {
  const lines = [
    ['127.0.0.1', 'localhost', hostname],
    ['::1', 'localhost', 'ip6-localhost', 'ip6-loopback'],
    ...extra.map(({ name, address }) => [address, name]),
  ];
  return Buffer.from(lines.map((line) => `${line.filter((word) => word !== '').join('\t')}\n`).join(''));
}

/** The host's own: the network is the host's, so its resolvers are reached, even those at 127.0.0.53. */
export function hostResolvConf(path = '/etc/resolv.conf'): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
