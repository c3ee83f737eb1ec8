import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { pageAssets } from './assets.ts';
import { ratio } from './figures.ts';
import { renderPage } from './page.ts';
import { testData, testImage } from './testing.ts';

const assets = pageAssets();
const page = renderPage(testData(), assets);

const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(page)?.[1] ?? '';
const sha = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

describe('the page', () => {
  test('has a section for all there is to show, and links to each', () => {
    const ids = [...page.matchAll(/<section id="(\w+)"/g)].map(([, id]) => id);
    expect(ids).toEqual(['scale', 'map', 'stages', 'timeline', 'surface', 'layers', 'packages', 'config']);
    expect([...page.matchAll(/<li><a href="#(\w+)">/g)].map(([, id]) => id)).toEqual(ids);
  });

  test('says what was saved', () => {
    expect(page).toContain('calculator:single');
    expect(page).toMatch(/85\.6 MB.*→.*1\.30 MB/s);
    expect(page).toContain('65 times less');
    expect(page).toMatch(/2 stages: 84\.3 MB are left behind\. 1\.30 MB are shipped\./);
  });

  test('is the same bytes each time', () => {
    expect(renderPage(testData(), pageAssets())).toBe(page);
  });

  test('of one image compares nothing', () => {
    const one = renderPage({ version: '1', images: [testImage()] }, assets);
    expect(one).not.toContain('id="scale"');
    expect(one).not.toContain('id="stages"');
    expect(one).not.toContain('id="surface"');
    expect(one).toContain('1.30 MB');
  });

  test('of an empty image and one without layers is still a page', () => {
    const empty = testImage({ name: 'empty', files: [], layers: [] });
    const shown = renderPage({ version: '1', images: [empty, testImage()] }, assets);
    expect(shown).toContain('There is nothing in it.');
    const both = renderPage({ version: '1', images: [empty, empty] }, assets);
    for (const text of [shown, both])
      expect(text.replace(assets.script, '')).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe('nothing of the page can be made to act', () => {
  test('it may run its own script and have its own style, and nothing else', () => {
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `style-src '${sha(assets.style)}'`,
      `script-src '${sha(assets.script)}'`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(page).toContain(`<style>${assets.style}</style>`);
    expect(page).toContain(`<script>${assets.script}</script>`);
    expect(page).not.toMatch(/<[^>]*\s(?:style|on\w+)=/);
    expect(page).not.toMatch(/(?:src|href)="(?!#|data:)/);
  });

  const NASTY = `"><script>alert(1)</script><!--'\u202E\u0000`;
  const data = testData();
  const hostile = data.images.map((image) => ({
    ...image,
    name: image.name + NASTY,
    digest: NASTY,
    platform: NASTY,
    config: {
      user: NASTY,
      entrypoint: [NASTY],
      command: [NASTY],
      workingDirectory: NASTY,
      ports: [NASTY],
      volumes: [NASTY],
      variables: [NASTY],
    },
    layers: image.layers.map((layer) => ({ ...layer, createdBy: NASTY, digest: NASTY })),
    files: image.files.map((file) => ({ ...file, path: `${NASTY}/${file.path}` })),
    packages: image.packages.map(() => ({ type: NASTY, name: NASTY, version: NASTY })),
    surface: {
      score: 1,
      points: 1,
      grade: NASTY,
      findings: [
        { kind: NASTY, level: 'error' as const, points: 1, place: NASTY, detail: NASTY, neededBy: NASTY },
      ],
    },
    build: image.build && {
      ...image.build,
      steps: image.build.steps.map((step) => ({ ...step, stage: NASTY, text: NASTY, status: NASTY })),
      stages: image.build.stages.map((stage) => ({
        ...stage,
        base: NASTY,
        poured: [{ kind: 'context' as const, from: NASTY, paths: [NASTY] }],
      })),
    },
  }));

  test('whatever images, files, packages and instructions are called', () => {
    const shown = renderPage({ version: '1', images: hostile }, assets);
    const tags = (text: string): readonly string[] =>
      [...new Set([...text.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, name = '']) => name))].sort();
    expect(tags(shown)).toEqual(tags(page));
    expect(shown.match(/<script/g)?.length).toBe(page.match(/<script/g)?.length);
    expect(shown).not.toContain('<!--');
    expect(shown).not.toContain('\u202E');
    expect(shown).not.toContain('\u0000');
  });
});

test.each([
  [1000, 1, '1,000 times less'],
  [1999, 100, '19 times less'],
  [199, 100, '1.99 times less'],
  [100, 199, '1.99 times more'],
  [5, 5, 'the same'],
  [5, 0, 'none left'],
  [0, 5, ''],
])('from %d to %d is %j, rounded towards one', (before, after, text) => {
  expect(ratio(before, after)).toBe(text);
});
