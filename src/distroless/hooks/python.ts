/**
 * Python: the names that programs ask for, and the place of local modules. Byte code is not made: that would mean
 * running the interpreter of the target (docs/decisions has the measurement).
 */
import type { Entry } from '../../tree/entry.ts';
import { directoryEntry, linkEntry } from './entries.ts';
import type { Hook } from './hook.ts';

export const python: Hook = {
  name: 'python',
  reason:
    'python3.N-minimal makes the directory for local modules; python3-minimal, which is not needed otherwise, has the link `python3`',
  packages: ['python3.11-minimal', 'python3.13-minimal'],
  apply({ tree, time }) {
    const versions = tree
      .list('usr/bin')
      .filter((name) => /^python3\.\d+$/.test(name))
      .toSorted((a, b) => Number(b.slice(8)) - Number(a.slice(8)));
    const entries: Entry[] = [];
    for (const name of versions) {
      const modules = `usr/local/lib/${name}/dist-packages`;
      if (!tree.get(modules)) entries.push(directoryEntry(modules, time));
    }
    const [newest] = versions;
    for (const name of newest === undefined ? [] : ['python3', 'python'])
      if (!tree.get(`usr/bin/${name}`)) entries.push(linkEntry(`usr/bin/${name}`, newest ?? '', time));
    return Promise.resolve(entries);
  },
};
