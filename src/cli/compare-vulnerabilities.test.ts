import { describe, expect, test } from 'vitest';
import type { Package, PackageList } from '../inspect/packages/package.ts';
import { testDatabase } from '../vulnerabilities/testing.ts';
import { compareVulnerabilities } from './compare-vulnerabilities.ts';

const debian = (...packages: readonly (readonly [name: string, version: string])[]): PackageList => ({
  distribution: { id: 'debian', versionId: '12', codename: 'bookworm' },
  packages: packages.map(([name, version]): Package => {
    return {
      manager: 'dpkg',
      name,
      version,
      architecture: 'amd64',
      licenses: [],
      purl: `pkg:deb/${name}`,
      path: 'x',
    };
  }),
  warnings: [],
});

describe('vulnerabilities of two images', () => {
  test('are those of one and not of the other, by id, package and severity', async () => {
    const { store, take, remove } = await testDatabase();
    const advisory = {
      id: 'DEBIAN-CVE-2024-1',
      modified: '2024-01-01T00:00:00Z',
      aliases: ['CVE-2024-1'],
      affected: [
        {
          package: { ecosystem: 'Debian:12', name: 'curl' },
          ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '7.88-2' }] }],
        },
      ],
    };
    await take(Buffer.from(JSON.stringify(advisory)), 'one.json');
    const compared = compareVulnerabilities(store, debian(['curl', '7.88-1']), debian(['curl', '7.88-2']));
    expect(compared?.added).toEqual([]);
    expect(compared?.removed).toEqual([expect.stringMatching(/^CVE-2024-1 in curl \(\w+\)$/)]);
    expect(compared?.counts.reduce((sum, { values }) => sum + values[0], 0)).toBe(1);
    expect(compared?.counts.reduce((sum, { values }) => sum + values[1], 0)).toBe(0);
    await remove();
  });

  test('are not told of where nothing is known', async () => {
    const { store, remove } = await testDatabase();
    expect(compareVulnerabilities(store, debian(['curl', '1']), debian())).toBeUndefined();
    await remove();
  });
});
