import { describe, expect, test } from 'vitest';
import {
  formatHistory,
  formatImages,
  historyJson,
  imagesJson,
  type HistoryRow,
  type ImageRow,
} from './images.ts';
import type { PackageList } from '../../inspect/packages/package.ts';
import { formatInspect, inspectJson, type ImageSummary } from './inspect.ts';
import { formatPackages, packagesJson } from './packages.ts';
import { doctorJson, formatDoctor, formatPrune, pruneJson, type Check } from './reports.ts';
import { formatTable } from '../../report/text/table.ts';

const WIDE = { width: Infinity, color: false, now: Date.parse('2026-01-08T00:00:00Z') };
const ID = `sha256:${'1234567890abcdef'.repeat(4)}`;
const DIGEST = `sha256:${'fedcba0987654321'.repeat(4)}`;

function object(json: string): unknown {
  return JSON.parse(json);
}

describe('a table', () => {
  const columns = [
    { title: 'NAME', least: 4 },
    { title: 'SIZE', align: 'right' },
    { title: 'BY', least: 6 },
  ] as const;
  const rows = [
    ['a-rather-long-name', '1 MB', 'RUN something long that nobody reads'],
    ['大小', '10 MB', 'COPY'],
  ];

  test('is as wide as it needs to be', () => {
    expect(formatTable(columns, rows, WIDE)).toBe(
      [
        'NAME                 SIZE  BY',
        'a-rather-long-name   1 MB  RUN something long that nobody reads',
        '大小                10 MB  COPY',
      ].join('\n'),
    );
  });

  test('is cut to the terminal, the widest columns first', () => {
    expect(formatTable(columns, rows, { ...WIDE, width: 40 })).toBe(
      [
        'NAME              SIZE  BY',
        'a-rather-long-…   1 MB  RUN something l…',
        '大小             10 MB  COPY',
      ].join('\n'),
    );
  });

  test('cuts no column below its least width', () => {
    expect(formatTable(columns, rows, { ...WIDE, width: 5 })).toBe(
      ['NAME   SIZE  BY', 'a-r…   1 MB  RUN s…', '大小  10 MB  COPY'].join('\n'),
    );
  });

  test('keeps hostile cells and titles on their line', () => {
    const text = formatTable(
      [{ title: 'A\u001B[2J' }],
      [['x\ny\u001B[2J\tz'], ['x'.repeat(1_000_000)]],
      WIDE,
    );
    expect(text.split('\n', 2)).toEqual(['A', 'x y z']);
    expect(text.includes('\u001B')).toBe(false);
  });

  test('has a bold heading in colour', () => {
    expect(formatTable([{ title: 'A' }], [], { ...WIDE, color: true })).toBe('\u001B[1mA\u001B[22m');
  });
});

describe('images', () => {
  const images: readonly ImageRow[] = [
    {
      name: 'calc:latest',
      id: ID,
      digest: DIGEST,
      platform: 'linux/amd64',
      packedSize: 600_000,
      unpackedSize: 1_230_000,
    },
    {
      id: ID,
      digest: DIGEST,
      created: '2026-01-05T00:00:00Z',
      packedSize: 261_000_000,
      unpackedSize: 861_000_000,
    },
  ];

  test('as text', () => {
    expect(formatImages(images, WIDE)).toMatchInlineSnapshot(`
      "NAME         ID            CREATED       SIZE  UNPACKED
      calc:latest  1234567890ab  -           600 kB   1.23 MB
      <none>       1234567890ab  3 days ago  261 MB    861 MB"
    `);
    expect(formatImages([], WIDE)).toBe('NAME  ID  CREATED  SIZE  UNPACKED');
  });

  test('as JSON', () => {
    expect(object(imagesJson(images))).toEqual([
      images[0],
      {
        name: null,
        id: ID,
        digest: DIGEST,
        created: '2026-01-05T00:00:00Z',
        packedSize: 261_000_000,
        unpackedSize: 861_000_000,
      },
    ]);
  });
});

describe('history', () => {
  const history: readonly HistoryRow[] = [
    { createdBy: 'ENTRYPOINT ["/calc"]', instruction: 'ENTRYPOINT ["/calc"]' },
    {
      createdBy: 'COPY /calc /calc # buildkit',
      instruction: 'COPY /calc /calc',
      comment: 'poured',
      layer: { digest: DIGEST, packedSize: 600_000, unpackedSize: 1_230_000 },
    },
  ];

  test('as text', () => {
    expect(formatHistory(history, WIDE)).toMatchInlineSnapshot(`
      "CREATED  CREATED BY              SIZE  UNPACKED  COMMENT
      -        ENTRYPOINT ["/calc"]       -         -
      -        COPY /calc /calc      600 kB   1.23 MB  poured"
    `);
  });

  test('as JSON', () => {
    expect(object(historyJson(history))).toEqual([{ ...history[0], layer: null }, history[1]]);
  });
});

describe('inspect', () => {
  const image: ImageSummary = {
    names: ['calc:latest', 'calc:1'],
    id: ID,
    digest: DIGEST,
    platform: 'linux/amd64',
    packedSize: 600_000,
    unpackedSize: 1_230_000,
    files: 1,
    config: {
      user: '65532',
      entrypoint: ['/calc'],
      command: [],
      environment: ['PATH=/bin', 'MODE=fast'],
      labels: { version: '1' },
      ports: ['80/tcp', '443/tcp'],
    },
    layers: [
      {
        digest: DIGEST,
        diffId: ID,
        packedSize: 600_000,
        unpackedSize: 1_230_000,
        createdBy: 'COPY /calc /calc # buildkit',
        instruction: 'COPY /calc /calc',
      },
    ],
  };

  test('as text', () => {
    expect(formatInspect(image, WIDE)).toMatchInlineSnapshot(`
      "calc:latest, calc:1
        id          sha256:1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef
        digest      sha256:fedcba0987654321fedcba0987654321fedcba0987654321fedcba0987654321
        platform    linux/amd64
        created     -
        size        600 kB packed, 1.23 MB unpacked, 1 file
        user        65532
        entrypoint  ["/calc"]
        expose      80/tcp, 443/tcp
        env         PATH=/bin
        env         MODE=fast
        label       version=1

      #  LAYER           SIZE  UNPACKED  INSTRUCTION
      1  fedcba098765  600 kB   1.23 MB  COPY /calc /calc"
    `);
  });

  test('as JSON', () => {
    expect(object(inspectJson(image))).toEqual(image);
    expect(Object.keys(JSON.parse(inspectJson(image)))).toEqual([
      'names',
      'id',
      'digest',
      'platform',
      'packedSize',
      'unpackedSize',
      'files',
      'config',
      'layers',
    ]);
  });
});

describe('prune', () => {
  const report = {
    dryRun: false,
    removed: [
      { kind: 'images', count: 2, size: 0 },
      { kind: 'blobs', count: 12, size: 861_000_000 },
      { kind: 'locks', count: 0, size: 0 },
    ],
  };

  test('as text', () => {
    expect(formatPrune(report, WIDE)).toMatchInlineSnapshot(`
      "REMOVED  COUNT    SIZE
      images       2     0 B
      blobs       12  861 MB
      freed 861 MB"
    `);
    expect(formatPrune({ ...report, dryRun: true }, WIDE)).toContain('would free 861 MB');
    expect(formatPrune({ dryRun: false, removed: [] }, WIDE)).toBe('nothing to remove');
  });

  test('as JSON', () => {
    expect(object(pruneJson(report))).toEqual({ ...report, freed: 861_000_000 });
  });
});

describe('doctor', () => {
  const checks: readonly Check[] = [
    { name: 'bubblewrap', status: 'ok', detail: 'version 0.11 at /usr/bin/bwrap' },
    {
      name: 'subordinate ids',
      status: 'failed',
      detail: 'none in /etc/subuid',
      hint: 'add a range for your user',
    },
  ];

  test('as text', () => {
    expect(formatDoctor(checks, WIDE)).toMatchInlineSnapshot(`
      "ok       bubblewrap: version 0.11 at /usr/bin/bwrap
      failed   subordinate ids: none in /etc/subuid
               hint: add a range for your user
      1 of 2 checks failed"
    `);
    expect(formatDoctor(checks.slice(0, 1), WIDE)).toMatch(/\nthis machine can build$/);
  });

  test('as JSON', () => {
    expect(object(doctorJson(checks))).toEqual({ healthy: false, checks });
  });
});

describe('packages', () => {
  const list: PackageList = {
    distribution: { id: 'debian', name: 'Debian 13' },
    packages: [
      {
        manager: 'dpkg',
        name: 'a',
        version: '1',
        licenses: ['GPL-2.0-or-later', 'Apache-2.0', 'BSD-3-Clause', 'MIT'],
        purl: 'pkg:deb/debian/a@1',
        path: 'var/lib/dpkg/status',
        files: ['usr/bin/a'],
      },
      {
        manager: 'npm',
        name: 'b',
        version: '2',
        licenses: [],
        purl: 'pkg:npm/b@2',
        path: 'x',
        partOf: 'pkg:deb/debian/a@1',
      },
    ],
    warnings: [],
  };

  test('are counted by manager', () => {
    expect(formatPackages(list, WIDE)).toBe(
      [
        'MANAGER  NAME  VERSION  LICENCES                           FOUND IN',
        'dpkg     a     1        GPL-2.0-or-later, Apache-2.0 (+2)  /var/lib/dpkg/status',
        "npm      b     2                                           /x (the distribution's)",
        '',
        '2 packages on Debian 13: 1 dpkg, 1 npm',
      ].join('\n'),
    );
  });

  test('as JSON have paths as they are in the image', () => {
    expect(object(packagesJson(list))).toMatchObject({
      distribution: { id: 'debian' },
      packages: [{ path: '/var/lib/dpkg/status', files: ['/usr/bin/a'] }, { partOf: 'pkg:deb/debian/a@1' }],
      warnings: [],
    });
  });
});
