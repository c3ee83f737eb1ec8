/** Settings that packages copy or link into /etc when they are configured, as Debian's defaults are. */
import { DecantError } from '../../errors.ts';
import type { Entry } from '../../tree/entry.ts';
import { directoryEntry, fileEntry, linkEntry } from './entries.ts';
import type { Hook } from './hook.ts';

export const timeZone: Hook = {
  name: 'time-zone',
  reason: 'tzdata links /etc/localtime; without the link, programs take the time zone for UTC',
  packages: ['tzdata'],
  apply({ tree, suite, options, time }) {
    const { timeZone: zone } = options;
    if (zone === undefined) return Promise.resolve([]);
    const file = `usr/share/zoneinfo/${zone}`;
    const type = /^[A-Za-z][\w+-]*(?:\/[\w+-]+)*$/.test(zone) ? tree.get(file)?.type : undefined;
    if (type !== 'file' && type !== 'symlink') {
      throw new DecantError('USAGE', `there is no time zone "${zone}" in the packages`, {
        hint: 'names are like "Europe/Berlin"; since Debian 13, older names are in the package tzdata-legacy',
      });
    }
    const link = linkEntry('etc/localtime', `/${file}`, time);
    // Since Debian 13, nothing reads the name from a file of its own.
    return Promise.resolve(
      suite.version === '12' ? [link, fileEntry('etc/timezone', `${zone}\n`, time)] : [link],
    );
  },
};

export const fontconfig: Hook = {
  name: 'fontconfig',
  reason: 'fontconfig-config asks how to draw text and links the answers; these are the defaults',
  packages: ['fontconfig-config'],
  apply: ({ tree, time }) =>
    Promise.resolve(
      ['10-hinting-slight.conf', '70-no-bitmaps.conf', '70-no-bitmaps-except-emoji.conf']
        .filter((name, index, names) => {
          // The newer of the last two replaced the older.
          if (index === 1 && tree.get(`${AVAILABLE}/${names[2]}`)) return false;
          return tree.get(`${AVAILABLE}/${name}`) && !tree.get(`etc/fonts/conf.d/${name}`);
        })
        .map((name) => linkEntry(`etc/fonts/conf.d/${name}`, `/${AVAILABLE}/${name}`, time)),
    ),
};

const AVAILABLE = 'usr/share/fontconfig/conf.avail';

export const readline: Hook = {
  name: 'readline',
  reason: 'readline-common copies the key bindings that it ships',
  packages: ['readline-common'],
  async apply({ tree, whole: { read }, time }) {
    const bindings = tree.get('etc/inputrc') ? undefined : await read('usr/share/readline/inputrc');
    return bindings ? [fileEntry('etc/inputrc', bindings, time)] : [];
  },
};

/** Where nginx writes: a container's log is what its process prints, and only root could write files in the packages' place. */
const NGINX_LOGS = [
  ['access.log', '/dev/stdout'],
  ['error.log', '/dev/stderr'],
] as const;

export const nginx: Hook = {
  name: 'nginx',
  reason:
    'nginx-common enables its default site and makes the log files, which are the standard streams here',
  packages: ['nginx-common'],
  async apply({ tree, read, time }) {
    const entries: Entry[] = NGINX_LOGS.map(([name, target]) =>
      linkEntry(`var/log/nginx/${name}`, target, time),
    );
    const page = await read('usr/share/nginx/html/index.html');
    if (page) entries.push(fileEntry('var/www/html/index.nginx-debian.html', page, time));
    if (tree.get('etc/nginx/sites-available/default') && !tree.get('etc/nginx/sites-enabled/default')) {
      entries.push(linkEntry('etc/nginx/sites-enabled/default', '/etc/nginx/sites-available/default', time));
    }
    return entries;
  },
};

const JAVA_PREFERENCES = 'etc/.java/.systemPrefs';

export const javaPreferences: Hook = {
  name: 'java-preferences',
  reason:
    'Java runtimes make the store of system-wide preferences, and warn in every program that uses them where it is missing',
  packages: ['java-common', 'openjdk-17-jre-headless', 'openjdk-21-jre-headless', 'openjdk-25-jre-headless'],
  apply: ({ time }) =>
    Promise.resolve([
      directoryEntry(JAVA_PREFERENCES, time),
      fileEntry(`${JAVA_PREFERENCES}/.system.lock`, '', time),
      fileEntry(`${JAVA_PREFERENCES}/.systemRootModFile`, '', time),
    ]),
};
