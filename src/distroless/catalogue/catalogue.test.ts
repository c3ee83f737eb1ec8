import { describe, expect, test } from 'vitest';
import { catalogueRecipe, findRecipe, parseBaseName } from './catalogue.ts';
import { FAMILIES } from './families.ts';

describe('names of bases', () => {
  test.each([
    ['python3', { family: 'python3', suite: '13', variant: 'latest' }],
    ['python3-debian12', { family: 'python3', suite: '12', variant: 'latest' }],
    ['base-nossl-debian13:nonroot', { family: 'base-nossl', suite: '13', variant: 'nonroot' }],
    [
      'gcr.io/distroless/static-debian12:debug-nonroot',
      { family: 'static', suite: '12', variant: 'debug-nonroot' },
    ],
    ['static:latest', { family: 'static', suite: '13', variant: 'latest' }],
    ['debian:bookworm', undefined],
    ['static-debian11', undefined],
    ['static:edge', undefined],
    ['gcr.io/other/static', undefined],
  ])('%s', (text, expected) => {
    expect(parseBaseName(text)).toEqual(expected);
  });
});

describe('every family', () => {
  const all = FAMILIES.flatMap((family) => family.suites.map((suite) => [family.name, suite] as const));

  test.each(all)('%s on Debian %s has certificates, users and a path', (name, suite) => {
    const recipe = findRecipe(name, suite);
    expect(recipe.packages).toContain('ca-certificates');
    expect(recipe.environment).toMatchObject({ SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt' });
    expect(recipe.user).toBe('0');
  });

  test.each(all)(
    '%s on Debian %s excludes nothing that it asks for, and gives each reason',
    (name, suite) => {
      const { packages, exclude } = findRecipe(name, suite);
      expect(exclude.filter((each) => packages.includes(each.package))).toEqual([]);
      expect(exclude.filter((each) => each.reason.length < 10)).toEqual([]);
    },
  );

  test('stands on one that there is', () => {
    const names = FAMILIES.map((family) => family.name);
    expect(FAMILIES.flatMap((family) => family.on ?? []).filter((name) => !names.includes(name))).toEqual([]);
  });
});

test('a family that another leaves a package out of can ask for it', () => {
  const names = (recipe: string) => findRecipe(recipe, '13').exclude.map((each) => each.package);
  expect(names('base')).toContain('libgcc-s1');
  expect(names('cc')).not.toContain('libgcc-s1');
});

test('a base that there is not is refused with the nearest name', () => {
  expect(() => findRecipe('pyhton3', '13')).toThrow(
    expect.objectContaining({
      code: 'BASE_UNKNOWN',
      hint: expect.stringContaining('python3') as string,
    }) as Error,
  );
  expect(catalogueRecipe('nothing', '13')).toBeUndefined();
});
