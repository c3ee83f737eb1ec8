/**
 * PHP's settings. Each program of PHP (`cli`, `fpm`) has its own php.ini and its own links to the modules' settings,
 * which Debian's phpenmod makes with the priority that a module's file states.
 */
import type { Entry } from '../../tree/entry.ts';
import { walk } from '../../tree/tree.ts';
import { directoryEntry, fileEntry, linkEntry } from './entries.ts';
import type { Hook, HookContext } from './hook.ts';

export const php: Hook = {
  name: 'php',
  reason: 'packages of PHP copy their settings to /etc/php and enable the modules that they ship',
  packages: ['php-common'],
  async apply(context) {
    const { tree, time } = context;
    const entries: Entry[] = [];
    if (tree.get('var/lib/php/sessions')) entries.push(directoryEntry('var/lib/php/sessions', time, 0o1733));
    for (const version of tree.list('usr/lib/php').filter((name) => /^\d+\.\d+$/.test(name))) {
      const modules = await modulesOf(context, version);
      for (const { name, bytes } of modules)
        entries.push(fileEntry(`etc/php/${version}/mods-available/${name}.ini`, bytes, time));
      for (const program of tree.list(`usr/lib/php/${version}/sapi`))
        entries.push(...(await programSettings(context, version, program, modules)));
    }
    return entries;
  },
};

interface Module {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** `/usr/share/php8.4-readline/readline/readline.ini`: a package, a group of modules, a module. */
async function modulesOf(
  { whole: { tree, read } }: HookContext,
  version: string,
): Promise<readonly Module[]> {
  const modules: Module[] = [];
  for (const directory of tree.list('usr/share').filter((name) => name.startsWith(`php${version}-`))) {
    for (const { type, path } of walk(tree, `usr/share/${directory}`)) {
      const [, name] = /^usr\/share\/[^/]+\/[^/]+\/([\w-]+)\.ini$/.exec(path) ?? [];
      const bytes = type === 'file' && name !== undefined ? await read(path) : undefined;
      if (name !== undefined && bytes) modules.push({ name, bytes });
    }
  }
  return modules;
}

async function programSettings(
  { tree, whole: { read }, time }: HookContext,
  version: string,
  program: string,
  modules: readonly Module[],
): Promise<readonly Entry[]> {
  const etc = `etc/php/${version}/${program}`;
  const entries: Entry[] = modules.map(({ name, bytes }) =>
    linkEntry(
      `${etc}/conf.d/${priorityOf(bytes)}-${name}.ini`,
      `/etc/php/${version}/mods-available/${name}.ini`,
      time,
    ),
  );
  if (!tree.get(`${etc}/php.ini`)) {
    const base = `usr/lib/php/${version}/php.ini-production`;
    const settings = (await read(`${base}.${program}`)) ?? (await read(base));
    if (settings) entries.push(fileEntry(`${etc}/php.ini`, settings, time));
  }
  return entries;
}

function priorityOf(settings: Uint8Array): string {
  return /^;\s*priority\s*=\s*(\d{1,3})\s*$/m.exec(Buffer.from(settings).toString('latin1'))?.[1] ?? '20';
}
