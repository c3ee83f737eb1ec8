/**
 * What system this is (os-release(5)). ID and VERSION_ID are what scanners go by; the name says that it is not a whole
 * system, and the distribution's addresses are left out, since what is missing here is not theirs to answer for.
 */
import { fileEntry } from './entries.ts';
import type { Hook } from './hook.ts';

export const osRelease: Hook = {
  name: 'os-release',
  reason: 'the file of base-files would call this a whole Debian',
  packages: ['base-files'],
  apply({ suite: { id, version, codename }, time }) {
    const name = id === 'debian' ? 'Debian GNU/Linux' : 'Ubuntu';
    const fields = {
      PRETTY_NAME: 'Distroless',
      NAME: name,
      ID: id,
      VERSION_ID: version,
      VERSION: `${name} ${version} (${codename})`,
      VERSION_CODENAME: codename,
    };
    const text = Object.entries(fields)
      .map(([name, value]) => `${name}="${value}"\n`)
      .join('');
    return Promise.resolve([fileEntry('usr/lib/os-release', text, time)]);
  },
};
