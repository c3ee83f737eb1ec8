/**
 * The records of a full system: what dpkg would have written had it unpacked the packages itself, and not yet configured
 * them (dpkg(1), "unpacked"), so that `dpkg --configure -a` in the system finishes the installation. Paths in them are
 * the packages' own: dpkg finds its files through the links of the merged /usr.
 */
import type { Deb } from '../../debian/deb/deb.ts';
import type { FileEntry, Node } from '../../tree/entry.ts';
import { md5 } from './content.ts';
import { textFile } from './status-d.ts';

const ADMIN = 'var/lib/dpkg';
const SCRIPTS = new Set(['preinst', 'postinst', 'prerm', 'postrm', 'config']);

/**
 * Entries for `/var/lib/dpkg`, each with its directory.
 *
 * @param debs Sorted as they are to stand in the status file.
 * @param time Seconds since 1970.
 */
export function fullStatus(debs: readonly Deb[], time: number): readonly Node[] {
  const directories = ['', '/alternatives', '/info', '/parts', '/triggers', '/updates'];
  return [
    ...directories.map((name) => directory(ADMIN + name, time)),
    textFile(`${ADMIN}/status`, debs.map(statusStanza).join('\n'), time),
    textFile(`${ADMIN}/available`, '', time),
    textFile(`${ADMIN}/diversions`, '', time),
    textFile(`${ADMIN}/statoverride`, '', time),
    // The layout in which packages of several architectures may be there at once.
    textFile(`${ADMIN}/info/format`, '1\n', time),
    ...debs.flatMap((deb) => infoFiles(deb, time)),
    ...triggerFiles(debs, time),
  ];
}

/** The stanza as the package has it, with its state and the sums of its conffiles as they were unpacked. */
export function statusStanza(deb: Deb): string {
  const conffiles = conffileSums(deb);
  const [first = '', ...rest] = withoutField(deb.controlText, 'Conffiles').trimEnd().split('\n');
  const lines = /^Package:/i.test(first) ? [first, STATUS, ...rest] : [STATUS, first, ...rest];
  if (conffiles.length > 0) lines.push('Conffiles:', ...conffiles);
  return `${lines.join('\n')}\n`;
}

const STATUS = 'Status: install ok unpacked';

function withoutField(text: string, name: string): string {
  return text.replace(new RegExp(String.raw`^${name}:.*\n(?:[ \t].*\n?)*`, 'im'), '');
}

function conffileSums(deb: Deb): readonly string[] {
  const files = new Map<string, FileEntry>();
  for (const entry of deb.layer.entries) if (entry.type === 'file') files.set(entry.path, entry);
  return deb.conffiles.flatMap((path) => {
    const file = files.get(path);
    return file ? [` /${path} ${md5(file)}`] : [];
  });
}

/** As dpkg names them: with the architecture where the package may be there in several. */
function infoFiles(deb: Deb, time: number): readonly Node[] {
  const same = deb.control.get('Multi-Arch') === 'same';
  const name = `${ADMIN}/info/${deb.name}${same ? `:${deb.architecture}` : ''}`;
  const paths = deb.layer.entries.map(({ path }) => (path === '' ? '/.' : `/${path}`));
  const listed = paths[0] === '/.' ? paths : ['/.', ...paths];
  return [
    textFile(`${name}.list`, listed.map((path) => `${path}\n`).join(''), time),
    ...[...deb.controlFiles]
      .filter(([file]) => file !== 'control')
      .map(([file, bytes]) => textFile(`${name}.${file}`, bytes, time, SCRIPTS.has(file) ? 0o755 : 0o644)),
  ];
}

/** Who is interested in which trigger (deb-triggers(5); dpkg's doc/spec/triggers.txt, "internals"). */
function triggerFiles(debs: readonly Deb[], time: number): readonly Node[] {
  const files: string[] = [];
  const named = new Map<string, string[]>();
  for (const deb of debs) {
    const owner = deb.control.get('Multi-Arch') === 'same' ? `${deb.name}:${deb.architecture}` : deb.name;
    for (const [, directive = '', trigger = ''] of deb.triggers.matchAll(/^\s*(interest\S*)\s+(\S+)/gm)) {
      const waiting = directive === 'interest-noawait' ? '/noawait' : '';
      if (trigger.startsWith('/')) files.push(`${trigger} ${owner}${waiting}\n`);
      else if (/^[a-z0-9][a-z0-9+.-]*$/i.test(trigger)) {
        named.set(trigger, [...(named.get(trigger) ?? []), `${owner}${waiting}\n`]);
      }
    }
  }
  return [
    textFile(`${ADMIN}/triggers/File`, files.join(''), time),
    textFile(`${ADMIN}/triggers/Unincorp`, '', time),
    ...[...named].map(([trigger, owners]) => textFile(`${ADMIN}/triggers/${trigger}`, owners.join(''), time)),
  ];
}

function directory(path: string, mtime: number): Node {
  return { type: 'directory', path, mode: 0o755, uid: 0, gid: 0, mtime };
}
