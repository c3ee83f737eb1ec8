/** What is shipped, of one example and of all: sizes, files, layers, and whether there is a shell to break into. */
import { need, run } from '../processes.mjs';
import { DECANT } from './build.mjs';
import { bad, check, good, megabytes, say, times, title } from './terminal.mjs';

export async function compareSizes({ single, poured, promised = { bytes: Infinity, ratio: 1 } }) {
  const compared = await need(DECANT, ['compare', '--sizes', '--format', 'json', single.name, poured.name]);
  const { images, ratio } = JSON.parse(compared);
  const [large, small] = images;
  const shells = [await hasShell(single), await hasShell(poured)];
  const rows = [
    ['', 'single stage', 'poured', 'ratio'],
    ['unpacked', megabytes(large.unpackedSize), megabytes(small.unpackedSize), times(ratio.unpacked)],
    ['packed', megabytes(large.packedSize), megabytes(small.packedSize), times(ratio.packed)],
    ['files', String(large.files), String(small.files), times(ratio.files)],
    ['layers', String(large.layers), String(small.layers), ''],
    ['shell', ...shells.map((has) => (has ? 'yes' : 'none')), ''],
  ];
  for (const [label, ...cells] of rows) {
    say(`  ${label.padEnd(10)}${cells.map((cell) => cell.padStart(14)).join('')}`.trimEnd());
  }
  const isSmall = small.unpackedSize <= promised.bytes && ratio.unpacked >= promised.ratio;
  const factor = ratio.unpacked < 10 ? times(ratio.unpacked).split(' ')[0] : Math.floor(ratio.unpacked);
  const verdict = `the poured image is ${factor} times smaller`;
  say(`\n  ${isSmall ? good(verdict) : bad(`${verdict}: at least ${promised.ratio} was promised`)}`);
  const isClosed = !shells[1] || check(false, 'the poured image has a shell');
  return { isGood: isSmall && isClosed, images, ratio };
}

async function hasShell({ name }) {
  const { status } = await run(DECANT, [
    'run',
    '--rm',
    '--network',
    'none',
    '--entrypoint',
    '/bin/sh',
    name,
    '-c',
    'exit 0',
  ]);
  return status === 0;
}

/** All that were shown, a line each. */
export function showOverview(results) {
  title('all of them');
  say(row(['example', 'language', 'onto', 'single', 'poured', 'ratio', 'layers', 'built in']));
  for (const { example, images, ratio, seconds, status } of results) {
    const names = [example.name, example.language, example.onto];
    if (!images) {
      say(`${row(names)}  ${bad('failed')}`);
      continue;
    }
    const [large, small] = images;
    const sizes = [megabytes(large.unpackedSize), megabytes(small.unpackedSize), times(ratio.unpacked)];
    const line = row([...names, ...sizes, `${large.layers} → ${small.layers}`, `${seconds.toFixed(1)} s`]);
    say(status === 0 ? line : `${line}  ${bad('failed')}`);
  }
  const succeeded = results.filter(({ status }) => status === 0).length;
  const verdict = `${succeeded} of ${results.length} examples say the same from both images`;
  say(`\n  ${succeeded === results.length ? good(verdict) : bad(verdict)}`);
}

/** Columns of words to the left, of numbers to the right. */
function row(cells) {
  const widths = [16, 10, 9, -9, -9, -11, -8, -10];
  const padded = cells.map((cell, index) =>
    widths[index] > 0 ? cell.padEnd(widths[index]) : cell.padStart(-widths[index]),
  );
  return `  ${padded.join('')}`.trimEnd();
}
