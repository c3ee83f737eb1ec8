/**
 * Where each area of a map is drawn: a squarified treemap (Bruls, Huizing and van Wijk, "Squarified Treemaps"), folders
 * as frames with their name on top. Areas that would be too small to see are left to the frame around them.
 */
import { hierarchy, treemap } from 'd3-hierarchy';
import type { Area } from './tree.ts';

export interface Tile {
  readonly area: Area;
  /** Names of the areas around it, without the outermost. */
  readonly path: readonly string[];
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly isFrame: boolean;
}

export interface LayoutOptions {
  readonly width: number;
  readonly height: number;
  /** Height of a frame's title; none without it, and the areas touch their frames. */
  readonly title?: number;
}

/** A frame comes before what is in it. */
export function layOut(root: Area, { width, height, title = 0 }: LayoutOptions): readonly Tile[] {
  if (root.size === 0) return [];
  const nodes = hierarchy<Area>(root, ({ children }) => children);
  // Not the sum of the children: a path can be a file in one layer and a folder in another.
  nodes.each((node) => Object.assign(node, { value: node.data.size }));
  const hasTitle = (node: Box): boolean =>
    title > 0 && node.y1 - node.y0 >= title * 2.2 && node.x1 - node.x0 >= MIN_TITLE_WIDTH;
  const laid = treemap<Area>()
    .size([width, height])
    .paddingOuter((node) => (title > 0 && node.depth > 0 ? FRAME : 0))
    .paddingTop((node) => (node.depth === 0 ? 0 : hasTitle(node) ? title : title > 0 ? FRAME : 0))(nodes);
  const tiles: Tile[] = [];
  const visit = (node: typeof laid, path: readonly string[]): void => {
    const [w, h] = [node.x1 - node.x0, node.y1 - node.y0];
    if (w < MIN_SIDE || h < MIN_SIDE) return;
    const isOpen = node.children !== undefined && w * h >= MIN_FRAME_AREA;
    const own = node.depth === 0 ? path : [...path, node.data.name];
    if (node.depth > 0)
      tiles.push({
        area: node.data,
        path: own,
        x: node.x0,
        y: node.y0,
        width: w,
        height: h,
        isFrame: isOpen,
      });
    if (isOpen) for (const child of node.children ?? []) visit(child, own);
  };
  visit(laid, []);
  return tiles;
}

interface Box {
  readonly x0: number;
  readonly x1: number;
  readonly y0: number;
  readonly y1: number;
}

/** Pixels. */
const FRAME = 2;
const MIN_SIDE = 2.5;
const MIN_FRAME_AREA = 500;
const MIN_TITLE_WIDTH = 44;
