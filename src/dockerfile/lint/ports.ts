/** EXPOSE: a port is `[[address:]host:]container[-last][/protocol]`, of which only the last two make sense here. */
import type { LineRange } from '../ast.ts';
import type { Reporter } from './reporter.ts';
import { BUILDKIT_RULES as RULES } from './rules.ts';

export function checkPort(port: string, lines: LineRange, reporter: Reporter): void {
  const colon = port.lastIndexOf(':');
  const slash = port.indexOf('/', colon + 1);
  const protocol = slash < 0 ? '' : port.slice(slash + 1);
  if (protocol !== protocol.toLowerCase()) {
    const message = `Defined protocol '${port}' in EXPOSE instruction should be lowercase`;
    reporter.report(RULES.ExposeProtoCasing, lines, message);
  }
  // `:80` has neither an address nor a port of the host.
  if (/[^:]/.test(port.slice(0, Math.max(colon, 0)))) {
    const message = `EXPOSE instruction should not define an IP address or host-port mapping, found '${port}'`;
    reporter.report(RULES.ExposeInvalidFormat, lines, message);
  }
}
