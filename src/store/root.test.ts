import { expect, test } from 'vitest';

import { storeRoot } from './root.ts';

test.each<[what: string, env: Record<string, string>, uid: number, root: string]>([
  ['DECANT_HOME before all', { DECANT_HOME: '/d', XDG_DATA_HOME: '/x', HOME: '/h' }, 1000, '/d'],
  ['DECANT_HOME for root too', { DECANT_HOME: '/d' }, 0, '/d'],
  ['nothing but root', { XDG_DATA_HOME: '/x', HOME: '/root' }, 0, '/var/lib/decant'],
  ['the XDG data directory', { XDG_DATA_HOME: '/x', HOME: '/h' }, 1000, '/x/decant'],
  [
    'a relative XDG data directory, which is ignored',
    { XDG_DATA_HOME: 'x', HOME: '/h' },
    1000,
    '/h/.local/share/decant',
  ],
  [
    'empty variables, which are as good as none',
    { DECANT_HOME: '', XDG_DATA_HOME: '', HOME: '/h' },
    1000,
    '/h/.local/share/decant',
  ],
])('the store with %s', (_what, env, uid, root) => {
  expect(storeRoot(env, uid)).toBe(root);
});

test('no home, no store', () => {
  expect(() => storeRoot({}, 1000)).toThrow(expect.objectContaining({ code: 'STORE_UNWRITABLE' }) as Error);
});
