/** All hooks, in the order in which they are applied. */
import { accounts, nameServices } from './accounts.ts';
import { alternatives } from './alternatives.ts';
import { baseFiles, directories } from './base-files.ts';
import { busybox } from './busybox.ts';
import { certificates } from './certificates.ts';
import type { Hook } from './hook.ts';
import { javaKeystore } from './java-keystore.ts';
import { ldCache } from './ld-cache.ts';
import { osRelease } from './os-release.ts';
import { php } from './php.ts';
import { python } from './python.ts';
import { fontconfig, javaPreferences, nginx, readline, timeZone } from './settings.ts';

export const builtInHooks: readonly Hook[] = [
  directories,
  baseFiles,
  accounts,
  nameServices,
  osRelease,
  certificates,
  javaKeystore,
  timeZone,
  readline,
  fontconfig,
  javaPreferences,
  php,
  nginx,
  python,
  busybox,
  alternatives,
  // Last: it sees the libraries that others linked.
  ldCache,
];
