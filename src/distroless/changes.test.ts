import { expect, test } from 'vitest';
import { type ListedPackage, packageChanges, totalSize } from './changes.ts';

/** `name version` as a package. */
function listed(text: string, more: Partial<ListedPackage> = {}): ListedPackage {
  const [name = '', version = ''] = text.split(' ');
  return { name, version, architecture: 'amd64', source: { name, version }, ...more };
}

const told = (before: readonly ListedPackage[], after: readonly ListedPackage[]) =>
  packageChanges(before, after).map(
    ({ name, kind, before: old, after: now }) =>
      `${name} ${kind} ${old?.version ?? '-'} ${now?.version ?? '-'}`,
  );

test('packages are added, removed and moved, in the order of Debian versions', () => {
  const before = ['a 1.0', 'b 2~rc1', 'c 9', 'd 1', 'e 1'].map((text) => listed(text));
  const after = ['b 2', 'a 1.0', 'c 10', 'd 0.9', 'f 1'].map((text) => listed(text));
  expect(told(before, after)).toEqual([
    'b upgraded 2~rc1 2',
    'c upgraded 9 10',
    'd downgraded 1 0.9',
    'e removed 1 -',
    'f added - 1',
  ]);
});

test('the same version in other bytes is rebuilt, where the bytes of both are known', () => {
  const [one, other] = ['a', 'b'].map((letter) => listed('a 1', { digest: `sha256:${letter.repeat(64)}` }));
  expect(told([one as ListedPackage], [other as ListedPackage])).toEqual(['a rebuilt 1 1']);
  expect(told([one as ListedPackage], [listed('a 1')])).toEqual([]);
});

test('of two architectures of a package each has its own change', () => {
  const both = (version: string) => [
    listed(`a ${version}`),
    listed(`a ${version}`, { architecture: 'i386' }),
  ];
  expect(told(both('1'), both('2'))).toEqual(['a upgraded 1 2', 'a:i386 upgraded 1 2']);
});

test('sizes add up only where all are known', () => {
  const some = [listed('a 1', { size: 2 }), listed('b 1', { size: 3 })];
  expect(totalSize(some)).toBe(5);
  expect(totalSize([...some, listed('c 1')])).toBeUndefined();
});
