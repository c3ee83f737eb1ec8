/**
 * Links that packages register with update-alternatives(1) when they are configured: the name in the program's place
 * leads to /etc/alternatives, and from there to the one of highest priority. Manual pages are not linked.
 */
import type { Entry } from '../../tree/entry.ts';
import { baseName } from '../../tree/path.ts';
import { resolvePath, type Tree } from '../../tree/tree.ts';
import { linkEntry } from './entries.ts';
import type { Hook } from './hook.ts';

interface Alternative {
  readonly link: string;
  readonly target: string;
  /** The highest wins. */
  readonly priority: number;
}

const ALTERNATIVES: readonly Alternative[] = [
  program('awk', 'mawk', 5),
  program('awk', 'gawk', 10),
  program('nawk', 'mawk', 5),
  program('nawk', 'gawk', 10),
  program('js', 'nodejs', 200),
  program('lua', 'lua5.4', 130),
  program('nc', 'nc.openbsd', 50),
  program('pager', 'less', 77),
  program('pager', 'more', 50),
  program('phar', 'phar.default', 100),
  program('phar.phar', 'phar.phar.default', 100),
  program('php', 'php.default', 100),
  program('which', 'which.debianutils', 0),
  ...['8.2', '8.4'].flatMap((version) =>
    ['phar', 'phar.phar', 'php'].map((name) =>
      program(name, `${name}${version}`, Number(version.replace('.', ''))),
    ),
  ),
];

export const alternatives: Hook = {
  name: 'alternatives',
  reason:
    'packages that offer the same program are configured with update-alternatives, which makes the links',
  packages: [],
  apply({ tree, time }) {
    const best = new Map<string, Alternative>();
    for (const one of [...ALTERNATIVES, ...javaPrograms(tree)]) {
      const { link, target, priority } = one;
      const other = best.get(link);
      if (other && other.priority >= priority) continue;
      // What a package has at that path is the package's; a link into /etc/alternatives is waiting for us.
      const present = tree.get(resolvePath(tree, link, 'parents'));
      if (present && !(present.type === 'symlink' && present.target.startsWith('/etc/alternatives/')))
        continue;
      if (tree.get(resolvePath(tree, target))?.type === 'file') best.set(link, one);
    }
    const entries: Entry[] = [];
    for (const { link, target } of best.values()) {
      const through = `etc/alternatives/${baseName(link)}`;
      entries.push(linkEntry(through, `/${target}`, time), linkEntry(link, `/${through}`, time));
    }
    return Promise.resolve(entries);
  },
};

function program(name: string, target: string, priority: number): Alternative {
  return { link: `usr/bin/${name}`, target: `usr/bin/${target}`, priority };
}

/** Each program of each Java runtime, newer ones first: `java-21-openjdk-amd64` has priority 2111, 17 has 1711. */
function javaPrograms(tree: Tree): readonly Alternative[] {
  return tree.list(JVMS).flatMap((name) => {
    const [, version] = /^java-(\d+)-openjdk-\w+$/.exec(name) ?? [];
    if (version === undefined) return [];
    const priority = Number(version) * 100 + 11;
    const home = `${JVMS}/${name}`;
    return [
      ...tree
        .list(`${home}/bin`)
        .map((tool) => ({ link: `usr/bin/${tool}`, target: `${home}/bin/${tool}`, priority })),
      { link: 'usr/bin/jexec', target: `${home}/lib/jexec`, priority },
    ];
  });
}

const JVMS = 'usr/lib/jvm';
