/** The ways in which an image's files can be laid out: by where they are, by what they belong to, by what brought them. */
import { byPathOrder } from '../../../tree/layer.ts';
import type { PageFile, PageImage } from '../data.ts';
import { gather } from './tree.ts';
import type { Area } from './tree.ts';

export interface Group {
  readonly id: 'directory' | 'package' | 'layer';
  /** After the word "by". */
  readonly label: string;
  /** What is shown and what is not. */
  readonly note: string;
}

export const GROUPS: readonly Group[] = [
  { id: 'directory', label: 'directory', note: 'What the container sees: each file where it is.' },
  {
    id: 'package',
    label: 'package',
    note: 'What the container sees: each file below the package it belongs to, and what belongs to none.',
  },
  {
    id: 'layer',
    label: 'layer',
    note: 'What is shipped: each file below the layer it is in. Hatched is what a later layer hides: nobody sees it, everybody pulls it.',
  },
];

/** An image with its areas in each of the ways. */
export interface MappedImage {
  readonly name: string;
  readonly areas: Readonly<Record<Group['id'], Area>>;
}

/** @param most Areas that each map may have, about. */
export function mapImage(image: PageImage, most: number): MappedImage {
  const files = [...image.files].sort(byPathOrder);
  const seen = files.filter(({ isHidden }) => !isHidden);
  const grouped = (files: readonly PageFile[], labelOf: (file: PageFile) => string): Area =>
    gather(image.name, groupBy(files, labelOf), most);
  const labels = image.packages.map(({ name, version }) => `${name} ${version}`.trim());
  const layers = image.layers.map(({ createdBy }, index) => layerName(index, createdBy));
  return {
    name: image.name,
    areas: {
      directory: gather('/', new Map([['', seen]]), most),
      package: grouped(seen, ({ owner }) =>
        owner === undefined ? NO_PACKAGE : (labels[owner] ?? NO_PACKAGE),
      ),
      layer: grouped(files, ({ layer }) => layers[layer] ?? ''),
    },
  };
}

function groupBy(
  files: readonly PageFile[],
  labelOf: (file: PageFile) => string,
): ReadonlyMap<string, readonly PageFile[]> {
  const groups = new Map<string, PageFile[]>();
  for (const file of files) {
    const label = labelOf(file);
    const group = groups.get(label);
    if (group) group.push(file);
    else groups.set(label, [file]);
  }
  return groups;
}

export const NO_PACKAGE = 'no package';

export function layerName(index: number, createdBy: string): string {
  return `${index + 1} · ${createdBy === '' ? 'unknown instruction' : createdBy}`.slice(0, MAX_NAME);
}

const MAX_NAME = 80;
