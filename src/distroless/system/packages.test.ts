import { expect, test } from 'vitest';
import type { Package, PackageIndex } from '../../debian/package.ts';
import { systemPackages } from './packages.ts';

function indexOf(...packages: readonly Partial<Package>[]): PackageIndex {
  return {
    architecture: 'amd64',
    names: () => packages.map(({ name = '' }) => name),
    versions: (name) => packages.filter((one) => one.name === name) as readonly Package[],
    providers: () => [],
  };
}

test('a system begins with what is essential or required, and with apt', () => {
  const index = indexOf(
    { name: 'apt', priority: 'important' },
    { name: 'bash', essential: true, priority: 'optional' },
    { name: 'hello', priority: 'optional' },
    { name: 'tzdata', priority: 'required' },
    { name: 'usr-is-merged', priority: 'optional' },
    { name: 'vim', priority: 'important' },
  );
  expect(systemPackages(index)).toEqual(['apt', 'bash', 'tzdata', 'usr-is-merged']);
});
