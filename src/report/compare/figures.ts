/** What of a comparison is a row of a table, in text and in Markdown alike. */
import type { Comparison, ComparedImage } from '../../inspect/compare/comparison.ts';
import { formatBytes } from '../text/bytes.ts';
import { formatRatio } from './ratio.ts';

export interface Figure {
  readonly name: string;
  readonly values: readonly [string, string];
  /** How the second compares with the first. */
  readonly ratio: string;
}

export function figuresOf(comparison: Comparison): readonly Figure[] {
  const { images, deployment, measured, surface, packages, vulnerabilities } = comparison;
  const pair = (of: (image: ComparedImage) => number): readonly [number, number] => [
    of(images[0]),
    of(images[1]),
  ];
  const figures: Figure[] = [
    sized(
      'packed',
      pair((image) => image.packedSize),
    ),
    sized(
      'unpacked',
      pair((image) => image.unpackedSize),
    ),
    counted(
      'files',
      pair((image) => image.files),
    ),
    counted(
      'layers',
      pair((image) => image.layers.length),
    ),
  ];
  if (packages) {
    const { added, removed, changed, same } = packages;
    figures.push(counted('packages', [removed + changed + same, added + changed + same]));
  }
  if (surface) {
    const [one, other] = surface.scores;
    const shown = ({ value, grade }: typeof one): string => `${value} (${grade})`;
    const ratio = other.value === one.value ? 'the same' : other.value > one.value ? 'better' : 'worse';
    figures.push({ name: 'score', values: [shown(one), shown(other)], ratio });
    for (const { name, values } of surface.counts)
      if (Math.max(...values) > 0) figures.push(counted(name, values));
  }
  for (const { severity, values } of vulnerabilities?.counts ?? [])
    if (Math.max(...values) > 0) figures.push(counted(`vulnerabilities, ${severity}`, values));
  for (const { bandwidth, fresh } of deployment)
    figures.push(timed(`pull at ${formatBandwidth(bandwidth)}`, fresh));
  if (measured) {
    const [one, other] = measured;
    figures.push(timed('pulled here', [one.pullSeconds, other.pullSeconds]));
    figures.push(timed('unpacked here', [one.unpackSeconds, other.unpackSeconds]));
  }
  return figures;
}

/** `100 Mbit/s` */
export function formatBandwidth(bits: number): string {
  const [unit, size] =
    bits >= 1e9
      ? (['Gbit/s', 1e9] as const)
      : bits >= 1e6
        ? (['Mbit/s', 1e6] as const)
        : (['kbit/s', 1e3] as const);
  return `${Number((bits / size).toFixed(2))} ${unit}`;
}

/** `0.08 s`, `12.3 s`, `4 min 10 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function sized(name: string, values: readonly [number, number]): Figure {
  return { name, values: [formatBytes(values[0]), formatBytes(values[1])], ratio: formatRatio(...values) };
}

function counted(name: string, values: readonly [number, number]): Figure {
  const [first, second] = values;
  const ends = second === 0 && first > 0 ? 'none left' : first === 0 && second > 0 ? 'new' : undefined;
  return {
    name,
    values: [String(first), String(second)],
    ratio: ends ?? formatRatio(first, second, 'fewer', 'more'),
  };
}

function timed(name: string, values: readonly [number, number]): Figure {
  return {
    name,
    values: [formatSeconds(values[0]), formatSeconds(values[1])],
    ratio: formatRatio(...values, 'shorter', 'longer'),
  };
}
