import { describe, expect, test } from 'vitest';
import { testData } from '../testing.ts';
import { mapImage } from './groups.ts';
import { layOut } from './layout.ts';
import type { Tile } from './layout.ts';

const [single] = testData().images;
if (!single) throw new Error('there is no image');
const { areas } = mapImage(single, 500);
const SIZE = { width: 1000, height: 500 };

const areaOf = ({ width, height }: Tile): number => width * height;

describe('a layout without frames', () => {
  const tiles = layOut(areas.directory, SIZE).filter(({ isFrame }) => !isFrame);

  test('gives every byte the same area', () => {
    const perByte = (SIZE.width * SIZE.height) / areas.directory.size;
    expect(tiles.length).toBeGreaterThan(3);
    for (const tile of tiles) expect(areaOf(tile) / (tile.area.size * perByte)).toBeCloseTo(1, 2);
  });

  test('lets nothing overlap and nothing stand out', () => {
    for (const a of tiles) {
      expect(a.x).toBeGreaterThanOrEqual(0);
      expect(a.x + a.width).toBeLessThanOrEqual(SIZE.width + 0.001);
      for (const b of tiles) {
        const apart =
          a === b ||
          a.x + a.width <= b.x + 0.001 ||
          b.x + b.width <= a.x + 0.001 ||
          a.y + a.height <= b.y + 0.001 ||
          b.y + b.height <= a.y + 0.001;
        expect(apart).toBe(true);
      }
    }
  });
});

test('frames come before what is in them, and leave room for their titles', () => {
  const tiles = layOut(areas.directory, { ...SIZE, title: 18 });
  const go = tiles.find(({ area }) => area.name === 'lib/go-1.19');
  const inside = tiles.filter(({ path }) => path.includes('lib/go-1.19') && path.at(-1) !== 'lib/go-1.19');
  expect(go?.isFrame).toBe(true);
  expect(inside.length).toBeGreaterThan(1);
  for (const tile of inside) {
    expect(tiles.indexOf(tile)).toBeGreaterThan(tiles.indexOf(go as Tile));
    expect(tile.y).toBeGreaterThanOrEqual((go?.y ?? 0) + 18);
  }
});

test('by package and by layer, the areas are those of the same files', () => {
  expect(areas.package.children.map(({ name }) => name)).toEqual([
    'golang-1.19-go 1.19.8-2',
    'no package',
    'bash 5.2.15-2',
  ]);
  expect(areas.package.size).toBe(areas.directory.size);
  expect(areas.layer.size).toBe(areas.directory.size + 9_000_000);
  expect(areas.layer.children.map(({ hidden }) => hidden)).toContain(9_000_000);
});

test('nothing is laid out of nothing', () => {
  expect(layOut({ ...areas.directory, size: 0, children: [] }, SIZE)).toEqual([]);
});
