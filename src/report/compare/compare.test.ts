import { describe, expect, test } from 'vitest';
import type { ComparedImage, Comparison } from '../../inspect/compare/comparison.ts';
import { formatBandwidth, formatSeconds } from './figures.ts';
import { comparisonJson } from './json.ts';
import { comparisonMarkdown } from './markdown.ts';
import { formatDifference, formatRatio } from './ratio.ts';
import { formatComparison } from './text.ts';

const layer = { digest: 'sha256:1', diffId: 'sha256:2', packedSize: 1, unpackedSize: 2, shared: false };
const single: ComparedImage = {
  name: 'calc:single',
  digest: 'sha256:fe',
  id: 'sha256:12',
  platform: 'linux/amd64',
  packedSize: 261_000_000,
  unpackedSize: 861_000_000,
  files: 24_123,
  layers: [layer, layer, layer, layer],
};
const poured: ComparedImage = {
  ...single,
  name: 'calc:poured',
  packedSize: 600_000,
  unpackedSize: 1_000_000,
  files: 1,
  layers: [layer],
};
const sizes: Comparison = {
  images: [single, poured],
  sharedLayers: { count: 0, packedSize: 0, unpackedSize: 0 },
  deployment: [{ bandwidth: 100e6, fresh: [20.88, 0.048], update: 0.048 }],
};
const whole: Comparison = {
  ...sizes,
  sharedLayers: { count: 1, packedSize: 30_000_000, unpackedSize: 80_000_000 },
  files: {
    added: 1,
    removed: 1,
    changed: 1,
    same: 4,
    list: [
      { change: 'removed', path: 'usr/bin/gcc\u001B[2J', type: 'file', sizes: [1_500_000, 0], what: [] },
      { change: 'changed', path: 'app', type: 'file', sizes: [10, 2010], what: ['content', 'mode'] },
      { change: 'added', path: 'link', type: 'symlink', sizes: [0, 0], what: [] },
    ],
  },
  packages: {
    added: 1,
    removed: 1,
    changed: 1,
    same: 2,
    list: [
      { change: 'changed', manager: 'dpkg', name: 'libc6', versions: [['2.36'], ['2.41']] },
      { change: 'removed', manager: 'dpkg', name: 'curl', versions: [['7.88'], []] },
      { change: 'added', manager: 'npm', name: 'left-pad', versions: [[], ['1', '2']] },
    ],
  },
  surface: {
    scores: [
      { value: 4.2, grade: 'F' },
      { value: 98.1, grade: 'A' },
    ],
    counts: [
      { name: 'shells', values: [3, 0] },
      { name: 'clients', values: [0, 0] },
    ],
    added: [],
    removed: ['shell: /bin/sh', 'shell: /bin/bash', 'download: /usr/bin/curl'],
  },
  vulnerabilities: { counts: [{ severity: 'high', values: [7, 0] }], added: [], removed: ['CVE-1 in curl'] },
  measured: [
    { pullSeconds: 3.2, unpackSeconds: 5 },
    { pullSeconds: 0.02, unpackSeconds: 0.004 },
  ],
};
const WIDE = { width: Infinity, color: false, most: 2 };

describe('a comparison', () => {
  test('of sizes alone, as text', () => {
    expect(formatComparison(sizes, WIDE)).toMatchInlineSnapshot(`
      "                    calc:single  calc:poured  RATIO
      packed                   261 MB       600 kB  435 times smaller
      unpacked                 861 MB      1.00 MB  861 times smaller
      files                     24123            1  24123 times fewer
      layers                        4            1  4 times fewer
      pull at 100 Mbit/s       20.9 s       0.05 s  434 times shorter"
    `);
  });

  test('of all, as text; of long lists the beginning', () => {
    expect(formatComparison(whole, WIDE)).toMatchInlineSnapshot(`
      "                       calc:single  calc:poured  RATIO
      packed                      261 MB       600 kB  435 times smaller
      unpacked                    861 MB      1.00 MB  861 times smaller
      files                        24123            1  24123 times fewer
      layers                           4            1  4 times fewer
      packages                         4            4  the same
      score                      4.2 (F)     98.1 (A)  better
      shells                           3            0  none left
      vulnerabilities, high            7            0  none left
      pull at 100 Mbit/s          20.9 s       0.05 s  434 times shorter
      pulled here                 3.20 s       0.02 s  160 times shorter
      unpacked here               5.00 s       0.00 s  1250 times shorter

      1 layer shared: 30.0 MB packed, 80.0 MB unpacked

      packages: 1 added, 1 removed, 1 changed
        ~ libc6 2.36 → 2.41 (dpkg)
        - curl 7.88 (dpkg)
        … and 1 more

      attack surface: 0 findings added, 3 removed
        - shell: /bin/sh
        - shell: /bin/bash
        … and 1 more

      vulnerabilities: 0 findings added, 1 removed
        - CVE-1 in curl

      files: 1 added, 1 removed, 1 changed
        - /usr/bin/gcc␛[2J (1.50 MB)
        ~ /app (+2.00 kB: content, mode)
        … and 1 more"
    `);
  });

  test('says that it is of two platforms', () => {
    const other = { ...poured, platform: 'linux/arm64' };
    expect(formatComparison({ ...sizes, images: [single, other] }, WIDE)).toContain(
      'different platforms: linux/amd64 and linux/arm64',
    );
  });

  test('as Markdown', () => {
    expect(comparisonMarkdown(whole)).toMatchInlineSnapshot(`
      "### \`calc:poured\` is 861 times smaller

      | | \`calc:single\` | \`calc:poured\` | |
      |---|---:|---:|---|
      | packed | 261 MB | 600 kB | 435 times smaller |
      | unpacked | 861 MB | 1.00 MB | 861 times smaller |
      | files | 24123 | 1 | 24123 times fewer |
      | layers | 4 | 1 | 4 times fewer |
      | packages | 4 | 4 | the same |
      | score | 4.2 (F) | 98.1 (A) | better |
      | shells | 3 | 0 | none left |
      | vulnerabilities, high | 7 | 0 | none left |
      | pull at 100 Mbit/s | 20.9 s | 0.05 s | 434 times shorter |
      | pulled here | 3.20 s | 0.02 s | 160 times shorter |
      | unpacked here | 5.00 s | 0.00 s | 1250 times shorter |

      <details><summary>Packages: 1 added, 1 removed, 1 changed</summary>

      \`\`\`diff
      ~ libc6 2.36 → 2.41 (dpkg)
      - curl 7.88 (dpkg)
      + left-pad 1, 2 (npm)
      \`\`\`

      </details>

      <details><summary>Attack surface: 0 added, 3 removed</summary>

      \`\`\`diff
      - shell: /bin/sh
      - shell: /bin/bash
      - download: /usr/bin/curl
      \`\`\`

      </details>

      <details><summary>Vulnerabilities: 0 added, 1 removed</summary>

      \`\`\`diff
      - CVE-1 in curl
      \`\`\`

      </details>

      <details><summary>Files: 1 added, 1 removed, 1 changed</summary>

      \`\`\`diff
      - /usr/bin/gcc␛[2J (1.50 MB)
      ~ /app (+2.00 kB: content, mode)
      + /link (symlink)
      \`\`\`

      </details>
      "
    `);
  });

  test('as Markdown is one comment, whatever the images hold', () => {
    const list = Array.from({ length: 5000 }, (_, index) => ({
      change: 'added' as const,
      path: `${index}${'`'.repeat(9)}${'x'.repeat(4000)}`,
      type: 'file',
      sizes: [0, 1] as const,
      what: [],
    }));
    const hostile = comparisonMarkdown({
      ...whole,
      images: [{ ...single, name: 'a`b|c\n# d' }, poured],
      files: { added: 5000, removed: 0, changed: 0, same: 0, list },
    });
    expect(hostile.length).toBeLessThan(60_000);
    expect(hostile).toContain('… and 4950 more');
    expect(hostile).toContain('`` a`b\\|c␊# d ``');
    // No name ends the block that it stands in.
    expect(hostile).toContain(`\n${'`'.repeat(10)}diff\n`);
  });

  test('as JSON has the figures that it always had, and the rest beside them', () => {
    const json = JSON.parse(comparisonJson(whole)) as Record<string, unknown>;
    expect(json).toMatchObject({
      images: [
        { name: 'calc:single', packedSize: 261_000_000, files: 24_123, layers: 4 },
        { name: 'calc:poured', unpackedSize: 1_000_000, files: 1, layers: 1 },
      ],
      ratio: { packed: 435, unpacked: 861, files: 24_123 },
      surface: { scores: [{ grade: 'F' }, { grade: 'A' }] },
    });
    expect(Object.keys(json)).toEqual([
      'images',
      'ratio',
      'layers',
      'sharedLayers',
      'files',
      'packages',
      'surface',
      'vulnerabilities',
      'deployment',
      'measured',
    ]);
    const none = { ...poured, files: 0 };
    expect(JSON.parse(comparisonJson({ ...sizes, images: [single, none] }))).toMatchObject({
      ratio: { files: null },
    });
  });
});

describe('a ratio', () => {
  test.each([
    [861_000_000, 1_000_000, '861 times smaller'],
    [799.99, 1, '799 times smaller'],
    [1, 2.5, '2.50 times larger'],
    [2.5, 1, '2.50 times smaller'],
    [1000, 1123, '12.3 % larger'],
    [1000, 900, '10.0 % smaller'],
    [1_000_000, 1_000_900, 'nearly the same'],
    [1_000_000, 999_999, 'nearly the same'],
    [5, 5, 'the same'],
    [5, 0, ''],
  ])('of %d to %d is %s', (first, second, text) => {
    expect(formatRatio(first, second)).toBe(text);
  });

  test.each([
    [1, 3, '+2'],
    [3, 1, '-2'],
    [3, 3, '0'],
  ])('from %d to %d is %s', (first, second, text) => {
    expect(formatDifference(first, second, String)).toBe(text);
  });
});

describe('a line and the time on it', () => {
  test.each([
    [10e6, '10 Mbit/s'],
    [1e9, '1 Gbit/s'],
    [96e6, '96 Mbit/s'],
    [56_000, '56 kbit/s'],
  ])('%d is %s', (bits, text) => {
    expect(formatBandwidth(bits)).toBe(text);
  });

  test.each([
    [0.048, '0.05 s'],
    [12.34, '12.3 s'],
    [209, '3 min 29 s'],
    [7260, '2 h 1 min'],
  ])('%d is %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });
});
