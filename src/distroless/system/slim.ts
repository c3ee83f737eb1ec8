/**
 * The smaller variant of a full system: without documentation, manuals and translations, now and for every package
 * that is installed later (dpkg(1), `--path-exclude`).
 */
const LEFT_OUT = [
  '/usr/share/doc',
  '/usr/share/man',
  '/usr/share/info',
  '/usr/share/groff',
  '/usr/share/lintian',
  '/usr/share/linda',
  '/usr/share/locale',
];

/** For `mergePackages`. */
export const SLIM_LEAVES_OUT: readonly string[] = [
  ...LEFT_OUT.map((folder) => `${folder}/**`),
  '!/usr/share/locale/locale.alias',
];

/** What scripts write there themselves, which dpkg's settings do not keep away. */
export function isLeftOutOfSlim(path: string): boolean {
  return LEFT_OUT.some((folder) => `/${path}`.startsWith(`${folder}/`));
}

export const SLIM_CONFIGURATION_PATH = 'etc/dpkg/dpkg.cfg.d/slim';

/** The same for dpkg, whose asterisks match slashes. */
export const SLIM_CONFIGURATION = [
  ...LEFT_OUT.map((folder) => `path-exclude=${folder}/*`),
  'path-include=/usr/share/doc/*/copyright',
  'path-include=/usr/share/locale/locale.alias',
  '',
].join('\n');
