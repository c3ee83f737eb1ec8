import { expect, test } from 'vitest';
import { etcHosts, hostResolvConf } from './etc.ts';

test('/etc/hosts has the loopback names and those that were added', () => {
  expect(etcHosts('box', [{ name: 'db', address: '10.0.0.7' }]).toString()).toBe(
    '127.0.0.1\tlocalhost\tbox\n::1\tlocalhost\tip6-localhost\tip6-loopback\n10.0.0.7\tdb\n',
  );
});

test('a host without /etc/resolv.conf lends an empty one', () => {
  expect(hostResolvConf('/nonexistent/resolv.conf')).toHaveLength(0);
});
