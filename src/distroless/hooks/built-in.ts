/** All hooks, in the order in which they are applied. */
import { accounts, nameServices } from './accounts.ts';
import { certificates } from './certificates.ts';
import type { Hook } from './hook.ts';
import { osRelease } from './os-release.ts';

export const builtInHooks: readonly Hook[] = [accounts, nameServices, osRelease, certificates];
