import { expect, test } from 'vitest';
import type { Plan } from './plan.ts';
import { recipeText } from './recipe-text.ts';
import { recipeOf } from './smallest.ts';

const PLAN: Plan = {
  name: 'app-base',
  suite: '13',
  family: 'base-nossl',
  reasons: [{ path: 'app', text: 'needs libc.so.6' }],
  extras: [
    {
      package: 'libgcc-s1',
      reasons: ['a', 'b', 'c', 'd'].map((path) => ({ path, text: 'needs libgcc_s.so.1' })),
    },
  ],
  links: [{ path: '/bin/x', target: '/usr/bin/y', reason: { path: 'run', text: 'begins with #!/bin/x' } }],
  environment: { LD_LIBRARY_PATH: '/app/lib' },
};

test('says why for every line', () => {
  expect(recipeText(PLAN, { remarks: ['What app asks for.'] })).toBe(`# What app asks for.
name: "app-base"
suite: 13
# app needs libc.so.6
from: base-nossl
packages:
  # a needs libgcc_s.so.1
  # b needs libgcc_s.so.1
  # c needs libgcc_s.so.1
  # and 1 more
  - libgcc-s1
files:
  # run begins with #!/bin/x
  - { path: "/bin/x", link: "/usr/bin/y" }
environment:
  LD_LIBRARY_PATH: "/app/lib"
`);
});

test('is read back as the recipe that it says, and what it names is not left out', () => {
  const recipe = recipeOf(PLAN);
  expect(recipe).toMatchObject({ name: 'app-base', suite: { version: '13' } });
  expect(recipe.packages).toContain('libgcc-s1');
  expect(recipe.exclude.map((excluded) => excluded.package)).not.toContain('libgcc-s1');
  expect(recipe.environment).toMatchObject({ LD_LIBRARY_PATH: '/app/lib' });
  expect(recipe.files).toEqual([{ path: '/bin/x', type: 'link', content: '/usr/bin/y' }]);
});

test('names of files stay in their comments', () => {
  const hostile = 'a\npackages: [telnetd]\u2028# \u001b[31m';
  const reasons = [{ path: hostile, text: 'needs libc.so.6' }];
  const text = recipeText({ ...PLAN, name: hostile, reasons, extras: [] }, { remarks: [hostile] });
  expect(text.split('\n')).toHaveLength(11);
  expect(text).not.toContain('\u001b');
  expect(recipeOf({ ...PLAN, reasons, extras: [] }).packages).not.toContain('telnetd');
});
